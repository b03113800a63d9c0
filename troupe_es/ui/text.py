"""Foreign text made harmless: what came from a model, a file or a log can never act on a terminal.

Control characters, terminal escapes and the invisible characters that turn the direction of writing round are
shown as what they are. Two joiners stay, because scripts and emoji are written with them.
"""

import json
import re
from typing import Any

JOINERS = "\u200c\u200d"
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Everything but newline and tab that moves the cursor, hides, or reorders what stands beside it."""


def shown(text: object) -> str:
    """Return ``text`` with every harmful character as a visible escape; line breaks stay."""
    plain = str(text).replace("\r\n", "\n").replace("\t", "    ")
    return HARMFUL.sub(_visible, plain)


def line(text: object) -> str:
    """Return ``text`` harmless and on one line."""
    return " ".join(shown(text).split())


def cut(text: object, most: int) -> str:
    """Return ``text`` harmless, on one line, of at most ``most`` characters."""
    whole = line(text)
    return whole if len(whole) <= most else whole[: most - 1].rstrip() + "…"


def as_json(value: Any, indent: int | None = 2) -> str:
    """Return ``value`` as JSON that is harmless on a terminal too; parsed, it is the same value."""
    return harmless_json(json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False))


def harmless_json(text: str) -> str:
    """Return JSON ``text`` with harmful characters as JSON escapes: the same value."""
    return HARMFUL.sub(_escaped, text)


def _visible(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"<U+{code:04X}>"


def _escaped(found: re.Match[str]) -> str:
    """Only ever meets characters inside JSON strings: outside of them there are none but line breaks."""
    code = ord(found.group())
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def readable(content: str) -> str:
    """Return JSON that was told to a model in a form for people: a line for each thing, its text last."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    things = value if isinstance(value, list) else [value]
    if not all(isinstance(thing, dict) for thing in things):
        return content
    return "\n".join(_thing(thing) for thing in things)


def _thing(thing: dict[str, Any]) -> str:
    text = thing.get("text")
    rest = ", ".join(f"{key} {value}" for key, value in thing.items() if key != "text" or not isinstance(text, str))
    return rest + (f": {text}" if isinstance(text, str) else "")
