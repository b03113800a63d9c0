"""What can go wrong with a call, told apart by whether asking again can help."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNHELPFUL = frozenset({"insufficient_quota", "billing_hard_limit_reached", "account_deactivated"})
"""Codes of a 429 that no waiting cures."""

PASSING = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which asking again can help."""

FILTERED = ("content_filter", "responsibleaipolicy")
"""How servers say, with status 400, that they do not let a prompt through."""

EXCERPT = 300
"""Characters of what a server says that are shown."""


@dataclass(frozen=True)
class Fault:
    """Why an attempt failed. ``status`` is 0 when nothing came back; ``wait`` is what the server asked for.

    ``complaint`` is all the server said, in lower case.
    """

    reason: str
    status: int = 0
    wait: float | None = None
    complaint: str = ""
    code: str = ""
    overload: bool = False

    @property
    def passing(self) -> bool:
        """Whether asking again can help; a server that sends us elsewhere will go on doing so."""
        return self.code not in UNHELPFUL and (self.status < 300 or self.status >= 500 or self.status in PASSING)

    @property
    def filtered(self) -> bool:
        """Whether it is the prompt that was refused, by a filter."""
        return self.status == 400 and any(mark in self.complaint for mark in FILTERED)


def rejection(status: int, content: bytes, wait: float | None) -> Fault:
    """Return the fault that a reply with an error status is."""
    said = _parsed(content)
    error = said.get("error", said) if isinstance(said, Mapping) else said
    fields: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    words = fields.get("message") or fields.get("detail") or said
    reason = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    return Fault(
        reason=f"{status}: {brief(reason)}",
        status=status,
        wait=wait,
        complaint=json.dumps(said, ensure_ascii=False).lower(),
        code=str(fields.get("code") or ""),
        overload=status in (429, 503, 529),
    )


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")


def bottom(error: BaseException) -> BaseException:
    """Return the first cause of an error."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def root(error: BaseException) -> str:
    """Return what lies at the bottom of a connection error, in a few words."""
    first = bottom(error)
    return brief(str(first)) or type(first).__name__


def brief(text: str) -> str:
    """Return ``text`` on one line, without what a terminal would obey, cut to an excerpt."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * EXCERPT])
    return " ".join(line.split())[:EXCERPT]
