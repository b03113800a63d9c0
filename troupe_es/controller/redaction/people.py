"""The words that people are known by: their names, whole and in part, and what their personas call them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from troupe_es import canonical
from troupe_es.agent.prompts import changes as _changes
from troupe_es.errors import BadReference
from troupe_es.events import types
from troupe_es.log import Log

BLANK = "(redacted)"
"""What stands for what somebody is like."""

SENTENCE = 12
"""Characters of a trait that is looked for wherever it is repeated; it has three words at least."""

SHORTEST = 3
"""Letters that a part of a name has at least, to be looked for by itself."""

CALLED = ("short_name", "full_name", "nickname", "nicknames", "email", "e-mail", "phone")
"""Traits that a person can be told by."""


@dataclass
class Known:
    """What one person of a simulation was ever called, what else they are told by, and what their personas say."""

    simulation: str
    id: str
    names: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def answers_to(self, who: str) -> bool:
        """Whether ``who`` is an id or a whole name of this person."""
        return who == self.id or who.casefold() in (name.casefold() for name in self.names)

    def parts(self) -> set[str]:
        """The parts of the names that can be looked for by themselves: not particles, which are written small."""
        parts = {part.strip(".,") for name in self.names for part in name.split()}
        return {part for part in parts if len(part) >= _least(part) and part[0] == part[0].upper()}


def going(
    log: Log, simulations: Sequence[str], wanted: Mapping[str, str], traits: bool
) -> tuple[set[tuple[str, str]], dict[str, str]]:
    """Return who is ``wanted`` (simulation and id), and every word they are known by with what stands in its place.

    A part of a name that is part of somebody else's too is left. With ``traits`` the sentences of their personas are
    among the words, since answers repeat them. Raises BadReference for somebody who is not there.
    """
    if not wanted:
        return set(), {}
    people = [person for simulation in simulations for person in known(log, simulation)]
    found: set[tuple[str, str]] = set()
    words: dict[str, str] = {}
    for who, new in wanted.items():
        mine = [person for person in people if person.answers_to(who)]
        if not mine:
            there = ", ".join(sorted({person.id for person in people})[:20]) or "nobody"
            raise BadReference(f"there is no person {who!r} in {' or '.join(simulations)}; there are: {there}")
        new = new or _free(people, {*words.values(), *wanted.values()})
        others = {part.casefold() for person in people if person not in mine for part in person.parts()}
        for person in mine:
            found.add((person.simulation, person.id))
            parts = sorted(part for part in person.parts() if part.casefold() not in others)
            for word in (*person.names, *person.marks, *parts):
                words.setdefault(word, new)
            words |= {text: BLANK for text in person.texts if traits and text not in words}
    return found, words


def known(log: Log, simulation: str) -> list[Known]:
    """Return everybody who ever was in a simulation, in any branch."""
    found: dict[str, Known] = {}
    for branch in log.branches(simulation):
        for event in log.events(branch, branch.fork_seq + 1):
            body = event.body
            if isinstance(body, types.PersonAdded):
                person = found.setdefault(body.person, Known(simulation, body.person))
                _enter(person.names, body.name)
                for name in CALLED:
                    for mark in _texts(body.persona.get(name)):
                        _enter(person.marks, mark)
                _tell(person, body.persona)
            elif isinstance(body, types.PersonChanged | types.FragmentMerged) and body.person in found:
                for path, after in _changes(body):
                    if path == "name" and isinstance(after, str):
                        _enter(found[body.person].names, after)
                    _tell(found[body.person], after)
    return list(found.values())


def _least(part: str) -> int:
    return SHORTEST if part.upper() != part.lower() else 2  # where there are no capitals, a sign says more


def _enter(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and len(each.strip()) >= SHORTEST:
            yield each.strip()


def _tell(person: Known, value: Any) -> None:
    """Note the sentences of a trait."""
    if isinstance(value, str):
        text = value.strip(" .!?")
        if len(text) >= SENTENCE and len(text.split()) > 2:
            _enter(person.texts, text)
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            _tell(person, each)


def _free(people: Sequence[Known], taken: set[str]) -> str:
    """Return the first of "Person 1", "Person 2", … that nobody is called."""
    ids = {person.id for person in people} | {canonical.slug(name) for person in people for name in person.names}
    number = 1
    while f"person-{number}" in ids or f"Person {number}" in taken:
        number += 1
    return f"Person {number}"
