"""What a branch changes at its fork: options and files turned into commands."""

import json
from pathlib import Path
from typing import Any

from troupe_es import commands
from troupe_es import scenario as scenarios
from troupe_es.controller.editing import edits_of
from troupe_es.controller.pictures import url_of
from troupe_es.errors import UsageError
from troupe_es.events.types import StimulusKind
from troupe_es.projections import State
from troupe_es.scenario.text import parse


def from_options(
    sets: tuple[str, ...],
    drops: tuple[str, ...],
    says: tuple[str, ...],
    to: tuple[str, ...],
    speaker: str,
    model: str,
    image: Path | None = None,
) -> list[commands.Command]:
    """Return the edits that the options of ``branch`` stand for, in a fixed order. Raises UsageError."""
    if to and not says:
        raise UsageError("--to names who hears --say: give it something to say")
    if image is not None and len(says) != 1:
        raise UsageError("--image comes with the words of one --say: say what there is to see")
    seen = None if image is None else url_of(image)
    kind: StimulusKind = "CONVERSATION" if seen is None else "VISUAL"
    return [
        *(commands.RemovePerson(who) for who in drops),
        *(commands.Change(*setting(word)) for word in sets),
        *(commands.Stimulate(words, kind, to=to, speaker=speaker, image=seen) for words in says),
        *([commands.Change("settings.model", model)] if model else []),
    ]


def setting(word: str) -> tuple[str, Any]:
    """Read PATH=VALUE: JSON where the value is JSON, else text."""
    path, equals, value = word.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {word!r}: write PATH=VALUE, such as settings.temperature=0.2")
    try:
        return path, json.loads(value, parse_constant=_no_number)
    except ValueError:
        return path, value


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def from_file(path: Path, state: State) -> list[commands.Command]:
    """Return the commands that the file of edits at ``path`` stands for in ``state``. Raises BadScenario."""
    if path.stat().st_size > scenarios.LIMIT:
        raise UsageError(f"{path}: is larger than {scenarios.LIMIT // 1_000_000} MB; no file of edits is that large")
    try:
        items = parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    return edits_of(items, str(path), state, path.parent)
