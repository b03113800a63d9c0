"""Makes foreign text harmless and short, before it is recorded: what a tool, a document or a page says.

Nothing in it can end a line of a prompt but a newline that JSON escapes, and nothing in it is invisible: other line
and paragraph separators become newlines, control characters and marks that turn the direction of reading go.
"""

import re
import unicodedata

from troupe_es import canonical

BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Joiners (U+200C, U+200D) stay: scripts and emoji need them. Tags (U+E0000 on) can spell orders nobody sees."""


def plain(text: str) -> str:
    """Return ``text`` with one kind of line break, nothing invisible, no lone surrogates, in composed form."""
    return unicodedata.normalize("NFC", UNSEEN.sub("", BREAKS.sub("\n", canonical.clean(text)[0])))


def cut(text: str, most: int) -> str:
    """Return ``text`` if it has at most ``most`` characters, else its beginning, which says that it is one."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… (cut here: {len(text) - most} characters more)"
