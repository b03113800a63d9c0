"""Writes the new store: whole and verified, or not at all."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from troupe_es.controller.keeping import drafted
from troupe_es.controller.redaction import aside, people
from troupe_es.controller.redaction.retelling import GONE, Retelling
from troupe_es.controller.redaction.scanning import PROMPTS, SELECTS, Found, scan
from troupe_es.controller.redaction.telling import Telling
from troupe_es.controller.redaction.words import NOTHING, Words
from troupe_es.controller.replay import verify
from troupe_es.errors import BadReference, UsageError
from troupe_es.log import Branch, Log
from troupe_es.log.notes import ANSWERER, REDACTED

MOST_PARTS = 4
"""Parts of a name; what has more is a sentence."""

GONE_HASH = hashlib.sha256(GONE.encode()).hexdigest()


@dataclass(frozen=True)
class Asked:
    """What is to go: ``words`` with what stands in their place; ``people`` (names or ids) with the names they get.

    People go with their names, whole and in part, and with what their personas say, unless ``traits`` is False; an
    empty name stands for "Person 1", "Person 2", …. ``blobs`` are hashes (or their beginnings) of documents and
    images that go as a whole, ``without`` names branches that are left out. ``match_case`` and ``inside`` say how
    words are found (``words.Words``). ``link`` keeps the old heads in the journal.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    blobs: Sequence[str] = ()
    without: Sequence[str] = ()
    match_case: bool = False
    inside: bool = False
    traits: bool = True
    link: bool = True


@dataclass(frozen=True)
class Redacted:
    """What came of it: ``found`` says where the words stood, ``words`` what stands in their place.

    ``branches`` are the new ones with old and new head (hex); ``program`` counts where the program's own instructions
    to models hold one of the words, and ``still`` how often parts of them stand by themselves.
    """

    found: Found
    words: dict[str, str]
    branches: dict[str, tuple[str, str]]
    program: int
    still: Mapping[str, int]
    left_out: list[str]


def redact(log: Log, asked: Asked, path: Path | None = None, simulations: Sequence[str] = ()) -> Redacted:
    """Write a new store at ``path`` with ``simulations`` (none named: all) without what is ``asked`` to go.

    Without a ``path`` nothing is written, and what would come of it is returned all the same. The old store is left
    as it is. Raises UsageError naming the event that cannot be decided again so; nothing is left at ``path`` then.
    """
    names = _standing(log, simulations)
    going, words = people.going(log, names, asked.people, asked.traits)
    words |= asked.words
    if not words and not asked.blobs:
        raise UsageError("nothing is to go: name a word, a person, or a document")
    looked_for = Words(words, match_case=asked.match_case, inside=asked.inside)
    with Log.open(":memory:") if path is None else drafted(path) as made:
        writer = _Writer(log, made, asked, words, going)
        for name in names:
            writer.write(name)
        program = _checked(made, looked_for.joined(writer.ids))
        still = _still(made, looked_for)
    others = [each.name for each in log.simulations() if each.name not in names]
    return Redacted(scan(log, looked_for), words, writer.heads, program, still, others)


def _standing(log: Log, simulations: Sequence[str]) -> list[str]:
    """Return the names of ``simulations``, or of all there are. Raises UsageError while one of them is lived."""
    names = [log.simulation(name).name for name in dict.fromkeys(simulations)]
    names = names or [each.name for each in log.simulations()]
    if damages := log.check():
        raise UsageError(f"{log.path} was changed ({damages[0].table} {damages[0].key}): see troupe verify")
    for branch in (branch for name in names for branch in log.branches(name)):
        if log.holder(branch) is not None:
            raise UsageError(f"{branch} is being lived: wait until it stands still (troupe pause {branch})")
    return names


def _checked(made: Log, words: Words) -> int:
    """Verify what was written and look for the words in it; returns how often the program itself says them."""
    for branch in made.branches():
        report = verify(made, branch)
        if not report.holds:
            what = (
                report.blocked
                or [*(each.what for each in report.divergences), *(each.what for each in report.damages)][0]
            )
            raise UsageError(f"{branch} would not verify: {what}. Nothing was written")
    for place, (where, word) in scan(made, words, [place for place in SELECTS if place != PROMPTS]).first.items():
        remedy = "take the document out as a whole (--blob)" if place == "documents" else "name a longer form of it"
        raise UsageError(f"{word!r} would still stand in {place}, {where}. Nothing was written: {remedy}")
    return scan(made, words, [PROMPTS]).places[PROMPTS]


def _still(made: Log, words: Words) -> Mapping[str, int]:
    """Return the parts of names that are left, since nobody asked for them to go."""
    parts = {part for word, _ in words.pairs for part in word.split() if 1 < len(word.split()) <= MOST_PARTS}
    left = {part: NOTHING for part in parts if len(part) >= people.SHORTEST and not words.count(part)}
    return scan(made, Words(left, match_case=True), ("names", "events", "answers")).words


class _Writer:
    """Writes simulations from one store into another."""

    def __init__(
        self, old: Log, new: Log, asked: Asked, words: Mapping[str, str], people: set[tuple[str, str]]
    ) -> None:
        self.old, self.new, self.asked, self.words, self.people = old, new, asked, words, people
        self.blobs = {_blob(old, hash) for hash in asked.blobs}
        self.heads: dict[str, tuple[str, str]] = {}
        self.ids: set[str] = set()

    def write(self, simulation: str) -> None:
        """Write one simulation, with all branches that are not left out."""
        words = Words(self.words, match_case=self.asked.match_case, inside=self.asked.inside)
        branches = self._branches(simulation)
        going = {id for of, id in self.people if of == simulation and self.asked.traits}
        telling = Telling(self.old, branches, words, going, self.blobs)
        self.ids |= telling.ids.keys()
        removed = frozenset({GONE_HASH}) if self.blobs else frozenset()
        retelling = Retelling(self.old, self.new, words, telling.tell, removed)
        made: dict[int, Branch] = {}
        with self.new.transaction():
            for media, content in telling.contents.values():
                self.new.blob(content, media)
            for branch in branches:
                made[branch.id] = self._opened(branch, made, telling)
                retelling.live(branch, made[branch.id])
                self._noted(branch, made[branch.id], words)

    def _branches(self, simulation: str) -> list[Branch]:
        """Return the branches that are taken along, parents first."""
        found: list[Branch] = []
        out: set[int] = set()
        for branch in self.old.branches(simulation):
            if branch.parent in out or branch.name in self.asked.without or str(branch) in self.asked.without:
                out.add(branch.id)
            else:
                found.append(branch)
        if not found:
            raise UsageError(f"{simulation} would have no branch left: name it no more, or leave out other branches")
        return found

    def _opened(self, branch: Branch, made: Mapping[int, Branch], telling: Telling) -> Branch:
        """Open the branch that ``branch`` becomes."""
        if branch.parent is not None:
            name = aside.name(telling, branch)
            return self.new.fork(made[branch.parent], branch.fork_seq, name, kind=branch.kind, draw=branch.draw)
        called = telling.words.name(branch.simulation)
        kept = self.old.simulation(branch.simulation).scenario
        scenario = telling.scenario(self.old.read_blob(kept), called) if kept else None
        return self.new.create_simulation(called, self.new.blob(scenario, "application/json") if scenario else None)

    def _noted(self, branch: Branch, made: Branch, words: Words) -> None:
        """Carry over what the journal has to keep, and note the head that the branch had."""
        for note in self.old.journal(branch):
            if note.kind in (ANSWERER, REDACTED):
                self.new.note(note.kind, words.value(note.payload), made)
        before, after = self.old.head(branch), self.new.head(made)
        self.heads[str(made)] = (before.hash.hex(), after.hash.hex())
        if self.asked.link and before != after:
            self.new.note(REDACTED, {"head": before.hash.hex(), "events": before.seq}, made)


def _blob(log: Log, hash: str) -> str:
    """Return the whole hash of the document or image whose hash begins so. Raises BadReference."""
    found = [name for (name,) in log.select("SELECT hash FROM blobs WHERE substr(hash, 1, ?) = ?", (len(hash), hash))]
    if len(found) != 1 or len(hash) < 6:
        raise BadReference(f"there are {len(found)} documents whose hash begins with {hash!r}: give 6 digits or more")
    return str(found[0])
