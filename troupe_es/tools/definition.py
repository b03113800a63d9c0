"""A typed Python function as a tool: its arguments' schema from the type hints, its words from the docstring.

    @tool(side_effect=True, elsewhere="refuse")
    def order_pizza(kind: str, count: int = 1) -> str:
        '''Order pizza for everybody.'''

A tool is called once for each act. Its result is recorded, and a replay takes it from the record. What acts outside
says what holds in forks, where it must not act again: ``recorded`` takes the parent's answer to the same call and
fails where there is none, ``simulate`` lets a model make the result up, ``refuse`` fails.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Required, TypeAlias, get_args, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from troupe_es import registry
from troupe_es.errors import UsageError

Elsewhere: TypeAlias = Literal["recorded", "simulate", "refuse"]
ELSEWHERE: tuple[Elsewhere, ...] = get_args(Elsewhere)

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
NOT_RUN = "not run in forks"
"""Why a tool that acts outside has no result where it must not act."""

CALL_KEY = "call_key"
"""The parameter in which an idempotent tool is told what names this one call."""


class Lost(Exception):
    """A function raises it when it cannot tell whether it acted: the outcome of the call is then unknown."""


@dataclass(frozen=True)
class Tool:
    """Something people can use, and the ``function`` that is called for it, with checked arguments, in a thread.

    ``timeout`` is in seconds; ``most`` is the most characters of a result that are kept. ``check`` returns the
    arguments as the function takes them, and raises ValueError for those that do not fit.
    """

    name: str
    description: str
    arguments: dict[str, Any]
    function: Callable[..., Any]
    side_effect: bool
    elsewhere: Elsewhere = "recorded"
    idempotent: bool = False
    timeout: float = 30.0
    most: int = 4000
    fingerprint: str = ""
    check: Callable[[dict[str, Any]], dict[str, Any]] = field(default=dict, repr=False)
    keyed: bool = False

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise UsageError(f"{self.name!r} is no name for a tool: a-z, 0-9 and _, beginning with a letter")
        if self.elsewhere not in ELSEWHERE:
            raise UsageError(f"{self.name}: elsewhere is {self.elsewhere!r}, and must be {' or '.join(ELSEWHERE)}")
        if self.timeout <= 0 or self.most < 1:
            raise UsageError(f"{self.name}: timeout and most must be above 0, not {self.timeout} and {self.most}")

    def __call__(self, *args: Any, **more: Any) -> Any:
        """Call the function as it was written."""
        return self.function(*args, **more)

    @property
    def definition(self) -> dict[str, Any]:
        """Return what the log holds of it, so that a replay needs no code."""
        return {
            "name": self.name,
            "description": self.description,
            "arguments": self.arguments,
            "side_effect": self.side_effect,
            "elsewhere": self.elsewhere,
        }


def tool(
    *,
    side_effect: bool,
    elsewhere: Elsewhere = "recorded",
    idempotent: bool = False,
    name: str | None = None,
    description: str | None = None,
    timeout: float = 30.0,
    most: int = 4000,
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a function with type hints a tool, and register it by its name.

    ``side_effect`` says whether it acts outside; ``elsewhere``, what then holds in forks. ``idempotent``: a call that
    was lost on the way may be sent again (a parameter ``call_key: str`` is told what names the call). ``timeout`` is
    in seconds; ``most`` is the most characters of a result that are kept. Raises UsageError for a function whose
    arguments have no schema.
    """

    def decorate(function: Callable[..., Any]) -> Tool:
        called = name or function.__name__
        adapter, keyed = _arguments(function, called)
        words = description or inspect.getdoc(function) or ""
        made = Tool(
            name=called,
            description=" ".join(words.split()),
            arguments=_schema(adapter, called),
            function=function,
            side_effect=side_effect,
            elsewhere=elsewhere,
            idempotent=idempotent,
            timeout=timeout,
            most=most,
            fingerprint=registry.fingerprint(function),
            check=_checked(adapter),
            keyed=keyed,
        )
        return registry.register("tool", called, made)

    return decorate


def _arguments(function: Callable[..., Any], called: str) -> tuple[TypeAdapter[dict[str, Any]], bool]:
    """Return what reads the arguments of ``function``, and whether it wants to be told the call's key."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise UsageError(f"tool {called!r}: a type hint cannot be read: {error}") from None
    fields: dict[str, Any] = {}
    parameters = inspect.signature(function).parameters
    for parameter in parameters.values():
        if parameter.name == CALL_KEY:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise UsageError(f"tool {called!r}: {parameter} cannot be told by name; write each argument out")
        if parameter.name not in hints:
            raise UsageError(f"tool {called!r}: the argument {parameter.name!r} has no type hint")
        hint = hints[parameter.name]
        fields[parameter.name] = Required[hint] if parameter.default is parameter.empty else NotRequired[hint]
    made: Any = TypedDict
    typed = made("Arguments", fields)
    typed.__pydantic_config__ = ConfigDict(extra="forbid")
    try:
        return TypeAdapter(typed), CALL_KEY in parameters
    except PydanticUserError as error:
        raise UsageError(f"tool {called!r}: its arguments have no schema: {error}") from None


def _schema(adapter: TypeAdapter[dict[str, Any]], called: str) -> dict[str, Any]:
    try:
        schema = adapter.json_schema()
    except PydanticUserError as error:
        raise UsageError(f"tool {called!r}: its arguments have no JSON Schema: {error}") from None
    without: dict[str, Any] = untitled(schema)
    return without


def untitled(part: Any) -> Any:
    """Return a JSON Schema without the titles that are made up for it; a property may be called so."""
    if isinstance(part, list):
        return [untitled(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {name: untitled(each) for name, each in part.items() if name != "title" or isinstance(each, dict)}


def _checked(adapter: TypeAdapter[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def check(arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return adapter.validate_python(arguments)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the arguments"
            raise ValueError(f"{where}: {first['msg']}") from None

    return check
