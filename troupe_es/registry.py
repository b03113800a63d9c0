"""The user's own code by name: faculties, tools, conditions, effects, schedules, rules and outcomes.

A log cannot hold code, so it holds the name and a fingerprint. A name means what this process was given for it: by
importing the module that registers it, which is the operator's doing (``--plugin``); a scenario can only name it.
The fingerprint is over the source as it was written, not over bytecode, so that it is the same in every process and
in every version of Python; a changed comment changes it, and a verification that holds all the same says so.
"""

import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal, TypeAlias, TypeVar, get_args, overload

from troupe_es import canonical
from troupe_es.errors import MissingCode, UsageError

Kind: TypeAlias = Literal["faculty", "tool", "condition", "effect", "schedule", "rule", "outcome"]
KINDS: tuple[Kind, ...] = get_args(Kind)
T = TypeVar("T")


@dataclass(frozen=True)
class Registered:
    """What a name stands for, and the fingerprint of its code when it was registered."""

    code: Any
    fingerprint: str


_registered: dict[tuple[Kind, str], Registered] = {}


@overload
def register(kind: Kind, name: str) -> Callable[[T], T]: ...


@overload
def register(kind: Kind, name: str, code: T) -> T: ...


def register(kind: Kind, name: str, code: Any = None) -> Any:
    """Let ``name`` stand for ``code``: a plain call, or a decorator where no code is given. Returns the code.

    A name that is registered again stands for the newest, so that a module can be loaded anew. Raises UsageError for
    a kind there is not, or a name that is none.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no kind of code {kind!r}; the kinds are: {', '.join(KINDS)}")
    if not name or name != name.strip() or not name.isprintable():
        raise UsageError(
            f"{name!r} is no name for a {kind}: write it in printable characters, without space round it"
        )
    if code is None:
        return lambda decorated: register(kind, name, decorated)
    _registered[kind, name] = Registered(code, fingerprint(code))
    return code


def find(kind: Kind, name: str) -> Any:
    """Return the code registered under ``name``. Raises MissingCode naming what there is, and the remedy."""
    return registered(kind, name).code


def registered(kind: Kind, name: str) -> Registered:
    """Return the code of this name with its fingerprint. Raises MissingCode."""
    found = _registered.get((kind, name))
    if found is None:
        there = ", ".join(sorted(names(kind))) or "none"
        raise MissingCode(f"the {kind} {name!r} is not registered here (there are: {there}): {remedy(kind)}")
    return found


def remedy(kind: Kind) -> str:
    """Return what to do where code is missing."""
    words = "import the module that registers it, or name it with --plugin MODULE"
    return f"{words}; a tool of an MCP server comes with --mcp COMMAND" if kind == "tool" else words


def known(kind: Kind, name: str) -> Registered | None:
    """Return what ``name`` stands for, or None."""
    return _registered.get((kind, name))


def names(kind: Kind) -> Iterator[str]:
    """Yield the names registered of one kind."""
    return (name for other, name in _registered if other == kind)


def forget(kind: Kind, name: str) -> None:
    """Let ``name`` stand for nothing any more."""
    _registered.pop((kind, name), None)


def fingerprint(code: Any) -> str:
    """Return the SHA-256 (hex) of the source of a function or class, an object's class standing for the object.

    Code without source (typed at a prompt) is told by its constants and names. An object that has a ``fingerprint``
    of its own is believed.
    """
    own = getattr(code, "fingerprint", None)
    if isinstance(own, str):
        return own
    written = code if inspect.isroutine(code) or inspect.isclass(code) else type(code)
    try:
        text = textwrap.dedent(inspect.getsource(inspect.unwrap(written)))
    except (OSError, TypeError):
        text = canonical.dumps(_outline(written))
    return hashlib.sha256(canonical.clean(text)[0].encode()).hexdigest()


def _outline(written: Any) -> list[Any]:
    """What can be told of code without its source."""
    if inspect.isclass(written):
        parts = sorted((name, part) for name, part in vars(written).items() if inspect.isroutine(part))
        return [written.__qualname__, *([name, _outline(part)] for name, part in parts)]
    code = getattr(inspect.unwrap(getattr(written, "__func__", written)), "__code__", None)
    return _constants(code) if code is not None else [type(written).__name__, str(written.__class__.__qualname__)]


def _constants(code: CodeType) -> list[Any]:
    inner = [_constants(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return [code.co_name, list(code.co_varnames), list(code.co_names), inner]
