"""Words: which of them matter, what they are about, and how to quote a few of them back.

Everything here is cached by text, because in a room of fifty each sentence is heard fifty times.
"""

import re
from functools import lru_cache
from typing import NamedTuple

QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»")
MARKUP = re.compile(r"<[^>]{0,200}>|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
SENTENCE = re.compile(r"(?<=[.!?…])\s+")
CLAUSE = re.compile(r"[.!?;:,–—…()\[\]{}]+(?:\s|$)|\s[-–—]\s")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
SPACE = re.compile(r"\s+")

COMMON = frozenset(
    word
    for line in (
        "a about above actually after again against ago all almost alone along already also although",
        "always am among an and another any anybody anyone anything are aren't around as ask at away back",
        "be because been before being believe best better between both but by came can can't cannot case",
        "come coming could couldn't did didn't different do does doesn't doing don't done down each",
        "either else enough even ever every everybody everyone everything exactly far feel few find first",
        "for from get getting give go goes going good got great had has have haven't having he hear heard",
        "hello her here hers herself hi high him himself his honest honestly how however i i'd i'll i'm",
        "i've if in instead into is isn't it it's its itself just keep kind knew know last least less let",
        "let's like likely little long look looking lot low made make makes many matter matters may maybe",
        "me mean means might mind mine more most much must my myself need never new next no nobody none",
        "nor not nothing now of off often oh ok okay old on once one only or other others our ours out",
        "over own part people perhaps person point put question quite rather really right said same saw",
        "say saying says see seem seems she should since so sold some somebody someone something",
        "sometimes somewhere soon sort start started still such sure take talk tell than thank thanks",
        "that that's the their theirs them themselves then there there's therefore these they they're",
        "thing things think this those though thought through time to today together told too true try",
        "two under understand until up upon us use used using usually very want wants was wasn't way we",
        "we'd we'll we're we've well went were weren't what what's whatever when where whether which",
        "while who whole whom whose why will with without won't wonder word words would wouldn't wrong",
        "yes yet you you'd you'll you're you've your yours yourself",
    )
    for word in line.split()
)
GOOD = frozenset(
    word
    for line in (
        "agree amazing delicious easy enjoy exactly excellent fresh fun glad great happy helpful helps",
        "honest in interested like love lovely nice perfect safe save sign simple tempted try useful win",
        "worth yes",
    )
    for word in line.split()
)
BAD = frozenset(
    word
    for line in (
        "afraid against annoy annoying annoys bad boring can't cannot complicated difficult doesn't don't",
        "doubt drop expensive fail fear hard hate isn't lose never no nobody not nothing nuisance pain",
        "pointless problem risk sceptical sorry stupid tired too ugly unfair wasn't waste weird won't",
        "worried worry wrong",
    )
    for word in line.split()
)


def plain(text: str) -> str:
    """Return ``text`` on one line, without markup, control characters or direction overrides."""
    return SPACE.sub(" ", MARKUP.sub(" ", text)).strip()


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut at a word, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + "…"


def decapitalised(text: str) -> str:
    """Return ``text`` to stand inside a sentence: its first letter small, unless it looks like a name."""
    first = re.split(r"[ '’]", text, maxsplit=1)[0]
    named = first == "I" or first.endswith(("ish", "ese", "ian", "can", "ean"))
    initials = len(first) > 1 and not first[1:].islower()
    return text if named or initials else text[:1].lower() + text[1:]


def called(name: str) -> str:
    """Return what somebody of that name is called: ``Priya`` for ``Priya, the moderator``."""
    return name.split(" ", 1)[0].rstrip(",;:.")


def capitalised(text: str) -> str:
    """Return ``text`` to open a sentence."""
    return text[:1].upper() + text[1:]


def _spelled(text: str) -> list[str]:
    return [word.replace("’", "'").strip("'-") for word in WORD.findall(text.lower())]


@lru_cache(maxsize=8192)
def content_words(text: str) -> frozenset[str]:
    """Return the words of ``text`` that carry meaning, in lower case."""
    return frozenset(word for word in _spelled(text) if _meaningful(word))


def _meaningful(word: str) -> bool:
    return len(word) > 2 and word not in COMMON and not word.endswith(("'s", "'d", "'ll"))


@lru_cache(maxsize=8192)
def temper(text: str) -> int:
    """Return 1 where ``text`` speaks well of things, -1 where it speaks ill, 0 where one cannot tell."""
    spelled = _spelled(text)
    balance = sum(word in GOOD for word in spelled) - sum(word in BAD for word in spelled)
    return (balance > 0) - (balance < 0)


LEADS = re.compile(r"\b(the|an?|this|these|those|my|your|our|their|his|her|its|any|every|of|about|for|with)\s+")
CALLED = re.compile(r"\b(?:called|named)\s+[“\"]?([A-Z][\w’'-]+)")
BEFORE = frozenset(
    word
    for line in ("very really quite so good new whole same own other first next last little more most one old",)
    for word in line.split()
)
"""Words that may stand between an article and the thing."""


class Phrase(NamedTuple):
    """Something a text is about; ``weight`` is how much it looks like the subject."""

    text: str
    weight: int


@lru_cache(maxsize=8192)
def phrases(text: str) -> tuple[Phrase, ...]:
    """Return what ``text`` is about, in order: what it gives a name, and runs of one to three words where
    things stand. What is introduced (``a plug``) weighs more than what is known (``the wall``)."""
    found = dict.fromkeys(CALLED.findall(text), 6)
    lowered = text.lower().replace("’", "'")
    for lead in LEADS.finditer(lowered):
        clause = CLAUSE.split(lowered[lead.end() : lead.end() + 80], maxsplit=1)[0]
        run = _run(clause.split())
        if run:
            plural = run.endswith("s") and not run.endswith("ss")
            weight = 2 * lead[1].startswith("a") + (" " in run) - 3 * plural
            found[run] = found.get(run, 0) + weight + min(lowered.count(run), 4)
    return tuple(Phrase(run, weight) for run, weight in found.items())


def _run(spelled: list[str]) -> str:
    run: list[str] = []
    for word in spelled[:6]:
        if WORD.fullmatch(word) and _meaningful(word):
            run.append(word)
        elif run or word not in BEFORE:
            break
    if len(run) > 2:  # somewhere in there is a verb, likely
        verb = next((at for at, word in enumerate(run[1:], 1) if word.endswith(("s", "ed", "ing"))), 3)
        run = run[: min(verb, 3)]
    return " ".join(run)


@lru_cache(maxsize=8192)
def quotation(text: str, agenda: frozenset[str], stock: frozenset[str], most: int = 11) -> str:
    """Return the few words of ``text`` most worth quoting, or nothing when there are none.

    Worth is to be on the agenda, or at least not from ``stock``. Questions are not quoted, and neither is
    what the speaker was quoting, or quotations would nest for ever.
    """
    best, score = "", 1
    spoken = plain(QUOTED.sub(" … ", text[:2000]))
    for sentence in SENTENCE.split(spoken):
        if sentence.endswith("?"):
            continue
        for clause in CLAUSE.split(sentence):
            said = content_words(clause)
            worth = 2 * len(said & agenda) + len(said - stock)
            if worth > score and len(clause.split()) > 3:
                best, score = clause, worth
    words = best.strip(" '’\"-–—").split()
    if words and words[0].lower() in COMMON and not re.match(r"I\b", words[0]):  # others may be names
        words[0] = words[0].lower()
    return _window(words, agenda, most)


def _window(spelled: list[str], agenda: frozenset[str], most: int) -> str:
    starts = range(max(1, len(spelled) - most + 1))
    start = max(starts, key=lambda at: (len(content_words(" ".join(spelled[at : at + most])) & agenda), -at))
    cut = " ".join(spelled[start : start + most])
    return shorten(("…" if start else "") + cut + ("…" if start + most < len(spelled) else ""), 100)


def opening(line: str) -> str:
    """Return the longest piece of ``line`` without a slot, by which one recognises that it was used."""
    pieces = [piece.rsplit("}", 1)[-1] for piece in line.split("{")]
    return max(pieces, key=len).strip()
