"""Words that are to go and what stands in their place: found however they are written, replaced as they stand.

Text is compared folded: compatibility forms and accents apart, in any case, soft hyphens and joiners left out, so
that ``José``, its decomposed form and ``JOSE`` are one word. Escapes of JSON (``\\u00e9``, however often escaped
again), percent-encodings and HTML entities are read as what they stand for. Between the parts of a name may stand
white space, one of ``-_.+`` or nothing. A word ends where letters and digits do, unless its script has no capitals
(there particles are written on), or ``inside`` asks for parts of words as well. What is not found is not touched,
byte for byte.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from troupe_es import canonical
from troupe_es.errors import UsageError

BEGIN, END = r"(?<![^\W_])", r"(?![^\W_])"
SEPARATOR = r"(?:\s+|[-_.+]|)"
PARTED = re.compile(r"[\s\-_.+]+")
ESCAPED = re.compile(
    r"\\+u[dD][89abAB][0-9a-fA-F]{2}\\+u[dD][c-fC-F][0-9a-fA-F]{2}|\\+u[0-9a-fA-F]{4}|\\+[nrt]"
    r"|(?:%[0-9a-fA-F]{2})+|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
)
IMAGE = re.compile(r"(data:image/[a-z+]+;base64,[A-Za-z0-9+/=]*)")
SHA = re.compile("[0-9a-f]{64}")
UNFIT = re.compile(r'["\\\x00-\x1f\x7f]')
NOTHING = "–"
MOST_ROUNDS = 20
"""How often a text is gone through: what is replaced may bring parts of a name together."""

Unit = tuple[int, int, str]
"""Where something stands in a text, and what it stands for."""


class Folded(NamedTuple):
    """A text as it is compared; each of its characters comes from ``starts`` to ``ends`` of the original."""

    text: str
    starts: list[int] | range
    ends: list[int] | range


class Words:
    """What is to be replaced, by what; ``ids`` and ``blobs`` are names and hashes that change as a whole.

    Raises UsageError for a word that has nothing to find, or a replacement that cannot stand in its place.
    """

    def __init__(self, pairs: Mapping[str, str], *, match_case: bool = False, inside: bool = False) -> None:
        self.match_case = match_case
        self.inside = inside
        self.pairs = sorted(pairs.items(), key=lambda pair: (-len(self._fold(pair[0])), pair[0]))
        self.ids: dict[str, str] = {}
        self.blobs: dict[str, str] = {}
        self._pattern = re.compile("|".join(f"({self._form(word)})" for word, _ in self.pairs) or "(?!)")
        self._anchored: re.Pattern[str] | None = None
        for word, new in self.pairs:
            self._check(word, new)

    def _fold(self, text: str) -> str:
        return "".join(folded_character(c, self.match_case) for c in text)

    def _form(self, word: str) -> str:
        parts = [part for part in PARTED.split(self._fold(word)) if part]
        if len("".join(parts)) < 2 or not any(c.isalnum() for part in parts for c in part):
            raise UsageError(f"{word!r} cannot be looked for: name at least two letters or digits")
        form = SEPARATOR.join(map(re.escape, parts))
        if self.inside:
            return form
        begin = BEGIN if _bounded(parts[0][0]) else ""
        return begin + form + (END if _bounded(parts[-1][-1]) else "")

    def _check(self, word: str, new: str) -> None:
        if not new.strip() or len(new) > 200 or UNFIT.search(new):
            raise UsageError(
                f"{new!r} cannot stand for {word!r}: it needs 1 to 200 characters, no quotes, backslashes or controls"
            )
        if again := self.count(new):
            raise UsageError(f"{new!r} has {next(iter(again))!r} in it, which is to go: choose another replacement")
        alike = {other for known, other in self.pairs if self._fold(known) == self._fold(word)}
        if len(alike) > 1:
            raise UsageError(f"{word!r} is to be replaced in two ways: {' and '.join(map(repr, sorted(alike)))}")

    def joined(self, ids: Iterable[str]) -> "Words":
        """Return what looks for these ids too, but for those that may be ordinary words, or are found already."""
        more = [id for id in ids if ("-" in id or any(map(str.isdigit, id))) and not self.count(id)]
        pairs = {**dict(self.pairs), **dict.fromkeys(more, NOTHING)}
        return Words(pairs, match_case=self.match_case, inside=self.inside)

    def also(self, ids: Mapping[str, str]) -> None:
        """Replace these names as well, where they stand as a whole: alone, in an address or in a path."""
        self.ids = {**self.ids, **ids}
        names = "|".join(map(re.escape, sorted(self.ids, key=len, reverse=True)))
        self._anchored = re.compile(rf"(?:\A|(?<=[/:.]))(?:{names})(?=[/.]|\Z)") if names else None

    def text(self, text: str) -> str:
        """Return ``text`` without the words. Raises UsageError where replacing them comes to no end."""
        if SHA.fullmatch(text):
            return self.blobs.get(text, text)
        if self._anchored is not None:
            text = self._anchored.sub(lambda found: self.ids[found[0]], text)
        for _ in range(MOST_ROUNDS):
            changed = self._once(text, Counter())
            if changed == text:
                return text
            text = changed
        raise UsageError(f"replacing the words brings them about again in {text[:80]!r}: choose other replacements")

    def value(self, value: Any) -> Any:
        """Return plain JSON without the words, in its keys either."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if not isinstance(value, dict):
            return value
        changed = {self.text(key): self.value(each) for key, each in value.items()}
        if len(changed) < len(value):
            raise UsageError(
                f"two of {', '.join(map(repr, value))} would be called the same: choose other replacements"
            )
        return changed

    def name(self, name: str) -> str:
        """Return the name of a simulation or branch without the words, as references can hold it."""
        changed = self.text(name)
        if changed == name:
            return name
        plain = unicodedata.normalize("NFKD", changed).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("-._") or canonical.slug(changed)

    def count(self, text: str) -> Counter[str]:
        """Return how often each of the words stands in ``text``."""
        found: Counter[str] = Counter()
        if not SHA.fullmatch(text):
            self._once(text, found)
        return found

    def _once(self, text: str, found: Counter[str]) -> str:
        if "data:image/" in text:  # letters that are an image's bytes
            parts = IMAGE.split(text)
            return "".join(part if number % 2 else self._in(part, found) for number, part in enumerate(parts))
        return self._in(text, found)

    def _in(self, text: str, found: Counter[str]) -> str:
        text = self._replaced(text, plainly(text, self.match_case), found)
        if ESCAPED.search(text):
            text = self._replaced(text, unescaped(text, self.match_case), found)
        return text

    def _replaced(self, text: str, folded: Folded, found: Counter[str]) -> str:
        parts, last = [], 0
        for match in self._pattern.finditer(folded.text):
            start, end = folded.starts[match.start()], folded.ends[match.end() - 1]
            if start < last:
                continue
            word, new = self.pairs[(match.lastindex or 1) - 1]
            found[word] += 1
            parts += [text[last:start], _in_place(text[start:end], word, new)]
            last = end
        return "".join([*parts, text[last:]]) if parts else text


def _bounded(character: str) -> bool:
    return character.isdigit() or character.upper() != character.lower()


def _in_place(original: str, word: str, new: str) -> str:
    """Return what stands for ``word``: where it was written as an id, an id."""
    return canonical.slug(new) if "-" in original and original == canonical.slug(word) else new


@lru_cache(maxsize=65_536)
def folded_character(character: str, match_case: bool) -> str:
    """Return what a character is compared as; nothing for an accent or what is not seen."""
    plain = unicodedata.normalize("NFKD", character)
    if not match_case:
        plain = unicodedata.normalize("NFKD", plain.casefold())
    return "".join(c for c in plain if not 200 <= unicodedata.combining(c) <= 240 and unicodedata.category(c) != "Cf")


def plainly(text: str, match_case: bool) -> Folded:
    """Return ``text`` folded, every character standing for itself."""
    if text.isascii():
        return Folded(text if match_case else text.lower(), range(len(text)), range(1, len(text) + 1))
    return _folded(((at, at + 1, c) for at, c in enumerate(text)), match_case)


def unescaped(text: str, match_case: bool) -> Folded:
    """Return ``text`` folded, escapes standing for what they mean."""
    return _folded(_units(text), match_case)


def _folded(units: Iterator[Unit], match_case: bool) -> Folded:
    found: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end, meant in units:
        if len(meant) == 1:
            plain = folded_character(meant, match_case)
        else:
            plain = "".join(folded_character(c, match_case) for c in meant)
        if not plain and ends:
            ends[-1] = end  # an accent belongs to the letter before it
        found.append(plain)
        starts += [start] * len(plain)
        ends += [end] * len(plain)
    return Folded("".join(found), starts, ends)


def _units(text: str) -> Iterator[Unit]:
    last = 0
    for match in ESCAPED.finditer(text):
        yield from ((at, at + 1, text[at]) for at in range(last, match.start()))
        yield from _meant(match[0], match.start())
        last = match.end()
    yield from ((at, at + 1, text[at]) for at in range(last, len(text)))


def _meant(escaped: str, at: int) -> Iterator[Unit]:
    """Yield what an escape stands for."""
    if escaped[0] == "%":
        try:
            characters = bytes.fromhex(escaped.replace("%", "")).decode()
        except UnicodeDecodeError:
            yield from ((at + place, at + place + 1, c) for place, c in enumerate(escaped))
            return
        for c in characters:
            size = 3 * len(c.encode())
            yield at, at + size, c
            at += size
        return
    if escaped[0] == "&":
        meant = html.unescape(escaped)
    elif escaped[-1] in "nrt" and "u" not in escaped:
        meant = " "
    else:
        digits = [each.lstrip("u") for each in escaped.split("\\") if each]
        meant = b"".join(bytes.fromhex(each) for each in digits).decode("utf-16-be", "replace")
    yield at, at + len(escaped), meant
