"""Regular expressions that cannot run away: the part of Python's that is matched in time with the text.

A pattern comes from a scenario and the text from a model, so neither may be able to hold a simulation up. Python's
engine backtracks: nested repeats take time exponential in the text, each further repeat in a row one more factor of
its length. So a pattern may have two repeats, of single characters or classes; ``*`` and ``+`` reach over at most
``REACH`` characters; groups may be optional but not repeated; there are no back-references and no looking around.
What is left is searched in the first ``MOST_TEXT`` characters of what was said.
"""

import re
from functools import lru_cache

from troupe_es.errors import BadCommand

REACH = 100
"""Most characters that one repeat reaches over."""

MOST_TEXT = 4000
"""Characters of one saying that are searched."""

ANY_CASE = "(?i)"
REPEATS = 2
OPTIONAL = 8
TOKEN = re.compile(
    r"""(?P<escape>\\(?:[bBdDwWsSnt]|[^\w\s]))
      | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<open>\((?:\?:)?(?!\?))
      | (?P<close>\))
      | (?P<edge>[\^$|])
      | (?P<count>(?:\{\d{1,3}(?:,\d{0,3})?\}|[*+?])\??)
      | (?P<char>[^\\\[\](){}*+?])""",
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=256)
def compiled(pattern: str, any_case: bool = True) -> re.Pattern[str]:
    """Return ``pattern`` as Python searches it; the case matters unless ``any_case``, or where it begins with (?i).

    Raises BadCommand saying what cannot stand in one.
    """
    written, before, left, optional = [], "", REPEATS, OPTIONAL
    place = len(ANY_CASE) if pattern.startswith(ANY_CASE) else 0
    flags = re.IGNORECASE if any_case or place else re.NOFLAG
    while place < len(pattern):
        token = TOKEN.match(pattern, place)
        if token is None:
            raise _bad(pattern, f"{pattern[place : place + 8]!r} is not understood here")
        kind, text, place = token.lastgroup or "", token[0], token.end()
        if kind == "count":
            if text[0] == "?" or text.startswith("{0,1}"):
                optional -= 1
            elif before == "close":
                raise _bad(pattern, "a group may be optional, but not repeated")
            else:
                text, left = _bounded(pattern, text), left - 1
        written.append(text)
        before = kind
    if left < 0 or optional < 0:
        raise _bad(pattern, f"it has more than {REPEATS} repeats or {OPTIONAL} optional parts")
    try:
        return re.compile("".join(written), flags)
    except re.error as error:
        raise _bad(pattern, str(error)) from None


def found(pattern: str, text: str) -> bool:
    """Say whether ``pattern`` matches anywhere in the beginning of ``text``."""
    return compiled(pattern).search(text[:MOST_TEXT]) is not None


def _bounded(pattern: str, count: str) -> str:
    """Return a repeat with an end: ``*`` and ``+`` reach over at most ``REACH`` characters."""
    lazy = "?" if len(count) > 1 and count.endswith("?") else ""
    if count[0] in "*+":
        return f"{{{int(count[0] == '+')},{REACH}}}{lazy}"
    low, comma, high = count.rstrip("?")[1:-1].partition(",")
    last = int(high or (int(low) + REACH if comma else low))
    if last > 2 * REACH:
        raise _bad(pattern, f"{count} repeats more than {2 * REACH} times")
    return f"{{{low},{last}}}{lazy}"


def _bad(pattern: str, why: str) -> BadCommand:
    return BadCommand(
        f"the pattern {pattern!r} cannot be used: {why}; it may have letters, classes, '|', optional groups and "
        f"{REPEATS} repeats of single characters"
    )
