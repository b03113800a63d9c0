"""Files of answers written in advance: YAML or JSON, checked before the first one is given.

A key written twice would silently lose an answer, so it is refused; so is an answer that could not be sent.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from troupe_es import canonical
from troupe_es.errors import UsageError

KEYS = {"name", "note", "answers", "rules", "default"}
RULE = {"address", "shown", "draws", "answer"}
BYTES = 10_000_000


@dataclass(frozen=True)
class Script:
    """What a file of answers says."""

    name: str
    note: str
    answers: dict[str, str | dict[str, Any]]
    rules: list[dict[str, Any]]
    default: str | dict[str, Any] | None


def read(path: Path) -> Script:
    """Read and check the file at ``path``; raises UsageError naming the file and the wrong place."""
    content = _load(path)
    if not isinstance(content, dict):
        raise UsageError(f"{path}: a file of answers is a mapping with the keys {', '.join(sorted(KEYS))}")
    unknown = sorted(map(str, content.keys() - KEYS))
    if unknown:
        raise UsageError(f"{path}: {unknown[0]!r} is no key of a file of answers ({', '.join(sorted(KEYS))} are)")
    answers = content.get("answers", {} if "rules" in content else None)
    if not isinstance(answers, dict):
        raise UsageError(f"{path}: 'answers' must map addresses (like '1/ana/turn/0/0') to answers")
    default = content.get("default")
    return Script(
        name=_text(path, content, "name") or f"scripted:{path.stem}",
        note=_text(path, content, "note"),
        answers={str(address): _answer(path, str(address), answer) for address, answer in answers.items()},
        rules=_rules(path, content.get("rules", [])),
        default=None if default is None else _answer(path, "default", default),
    )


class _Loader(yaml.SafeLoader):
    """Safe YAML without repeated keys, and without dates: a date in an answer is a piece of text."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
        seen.add(key.value)
    return {loader.construct_object(key, True): loader.construct_object(item, True) for key, item in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: str(node.value))


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > BYTES:
            raise UsageError(f"{path}: larger than {BYTES // 1_000_000} MB; no file of answers is that large")
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader of ours
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text") from error
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        raise UsageError(f"{path}: is neither YAML nor JSON: {' '.join(str(error).split())}") from error


def _text(path: Path, content: dict[Any, Any], key: str) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{path}: {key!r} must be text, not {value!r}")
    return value


def _rules(path: Path, rules: Any) -> list[dict[str, Any]]:
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise UsageError(f"{path}: 'rules' must be a list of objects with the keys {', '.join(sorted(RULE))}")
    return [_rule(path, f"rules.{place}", rule) for place, rule in enumerate(rules)]


def _rule(path: Path, where: str, rule: dict[Any, Any]) -> dict[str, Any]:
    """Return a rule as ``Rule`` takes it."""
    unknown = sorted(map(str, rule.keys() - RULE))
    if unknown:
        raise UsageError(f"{path}: {where}: {unknown[0]!r} is no key of a rule ({', '.join(sorted(RULE))} are)")
    draws = rule.get("draws", [])
    if not isinstance(draws, list) or not all(type(draw) is int for draw in draws):
        raise UsageError(f"{path}: {where}: 'draws' must be a list of whole numbers, not {draws!r}")
    for key in ("address", "shown"):
        try:
            re.compile(_text(path, rule, key))
        except re.error as error:
            raise UsageError(f"{path}: {where}: {key!r} is no regular expression: {error}") from None
    return {**rule, "draws": tuple(draws), "answer": _answer(path, where, rule.get("answer"))}


def _answer(path: Path, address: str, answer: Any) -> str | dict[str, Any]:
    if not isinstance(answer, str | dict):
        raise UsageError(f"{path}: the answer at {address!r} must be text or a mapping, not {answer!r}")
    try:
        canonical.dumps(answer)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path}: the answer at {address!r} cannot be sent as JSON: {error}") from error
    return answer
