"""Claims as text: those that ship with the package, and the places in them that are filled in."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from troupe_es.commands import PutClaims
from troupe_es.errors import BadCommand

MARK = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""A place in a claim: ``{{name}}``."""

NOT = "This is not so: "
"""What a claim's denial begins with."""


def denied(text: str) -> str:
    """Return the denial of a claim: whoever judges by more than how it sounds finds that one of the two holds."""
    return NOT + text


def apart(command: PutClaims) -> tuple[PutClaims | None, PutClaims, PutClaims | None]:
    """Return what is put in a call each: what is given, the claims, their denials; None for what is not wanted."""
    alone = replace(command, given=(), twice=False)
    given = replace(alone, claims=command.given) if command.given else None
    return given, alone, replace(alone, claims=tuple(map(denied, command.claims))) if command.twice else None


def fill(text: str, variables: Mapping[str, str]) -> str:
    """Return ``text`` with every ``{{variable}}`` filled in. Raises BadCommand naming one that has no value."""

    def value(mark: re.Match[str]) -> str:
        if mark[1] not in variables:
            there = ", ".join(variables) or "none"
            raise BadCommand(f"the claim {text!r} has a place {mark[0]} that nothing is given for; given: {there}")
        return variables[mark[1]]

    return MARK.sub(value, text)


def standard(name: str) -> str:
    """Return the text of the standard claim of this name. Raises BadCommand naming those there are."""
    if name not in standards():
        raise BadCommand(f"there is no standard claim {name!r}; there are: {', '.join(standards())}")
    return standards()[name]


@cache
def standards() -> dict[str, str]:
    """Return every standard claim by name: what ships as ``standard.json``."""
    found: dict[str, str] = json.loads((files(__package__) / "standard.json").read_text(encoding="utf-8"))
    return found
