"""Faculties: what people can do beside thinking, talking and reaching out, and what comes of it.

A faculty offers actions, each with the words that tell a model how to use it, and carries them out as part of the
turn: it may ask a model or call a tool through ``acting``, and says what happened in events. What its person is to
perceive of it is a ``result-seen``; a turn goes on after one, so that the person can act on what came to light.

A name with a colon belongs to a family: ``tool:weather`` is the tool of that name. A name that did not come with the
package is looked up in the registry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import isclass
from typing import Any, Protocol, cast

from troupe_es import registry
from troupe_es.acting import Acting, Unanswered
from troupe_es.acts import Intent
from troupe_es.errors import BadCommand, MissingCode, TroupeError, UsageError
from troupe_es.events import Body, types
from troupe_es.events.steering import CAUSED
from troupe_es.llm import Effect
from troupe_es.projections import Person, State


@dataclass(frozen=True)
class Offer:
    """An action that a faculty adds, and how the prompt explains it: what it does, what its content is."""

    kind: str
    use: str


class Faculty(Protocol):
    """Something people can do. ``options`` are those it was given with."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise BadCommand when the faculty cannot be given with these options."""
        ...

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return the actions it adds."""
        ...

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Carry out one of its actions: what comes of it happens in ``acting``."""
        ...


FACULTIES: dict[str, Faculty] = {}
"""Every faculty or family of them that comes with the package, by name."""

FAMILIES = {"tool"}
"""Of these there is one for each name after the colon."""


@dataclass(frozen=True)
class Own:
    """A faculty of the user's own, with what it may leave out, and its faults as one clear error."""

    name: str
    code: Any

    def check(self, options: Mapping[str, Any]) -> None:
        """Ask it, if it can be asked."""
        if hasattr(self.code, "check"):
            self.code.check(options)

    def offers(self, options: Mapping[str, Any]) -> tuple[Offer, ...]:
        """Return its actions."""
        try:
            return tuple(self.code.offers(options))
        except Exception as error:
            raise self._fault("offers", error) from error

    def perform(self, acting: Acting, person: Person, intent: Intent, options: Mapping[str, Any]) -> Effect[None]:
        """Let it carry out the action; it need not yield anything."""
        try:
            effect = self.code.perform(acting, person, intent, options)
            if effect is not None:
                yield from effect
        except (TroupeError, Unanswered):
            raise
        except Exception as error:
            raise self._fault("perform", error) from error

    def _fault(self, where: str, error: Exception) -> UsageError:
        return UsageError(f"the faculty {self.name!r} failed in {where!r}: {type(error).__name__}: {error}")


def gift(body: Body) -> types.FacultyGiven | None:
    """Return ``body`` if it gives a faculty: from outside, or as the effect of an intervention."""
    gifts = (types.FacultyGiven, CAUSED[types.FacultyGiven])
    return cast(types.FacultyGiven, body) if isinstance(body, gifts) else None


@dataclass(frozen=True)
class Held:
    """A faculty somebody has, with what it was told."""

    name: str
    faculty: Faculty
    options: Mapping[str, Any]


def faculty(name: str) -> Faculty:
    """Return the faculty of this name. Raises MissingCode naming those there are."""
    family, colon, _ = name.partition(":")
    if family in FACULTIES and (bool(colon) == (family in FAMILIES)):
        return FACULTIES[family]
    own = registry.known("faculty", name)
    if own is None:
        there = ", ".join(sorted([*(set(FACULTIES) - FAMILIES), *registry.names("faculty")])) or "none"
        raise MissingCode(
            f"there is no faculty {name!r}; there are: {there}; one of your own is registered by a module of yours: "
            "--plugin MODULE"
        )
    return Own(name, own.code() if isclass(own.code) else own.code)


def equipped(name: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return what the log holds of a faculty that is given: its options, and the fingerprint of the user's own code.

    A tool's options are its definition, so that a replay needs no code. Raises BadCommand.
    """
    family, colon, rest = name.partition(":")
    code: str | None = None
    if colon and family in FAMILIES:
        if options:
            raise BadCommand(f"{name!r} takes no options: what a tool does stands in its code")
        tool = registry.registered("tool", rest)
        options, code = tool.code.definition, tool.fingerprint
    found = faculty(name)
    found.check(options)
    if isinstance(found, Own):
        code = registry.registered("faculty", name).fingerprint
    recorded = getattr(found, "recorded", dict)
    return recorded(options), code


def held(state: State, person: Person) -> Iterator[Held]:
    """Yield the faculties ``person`` has: everybody's first, each in the order given."""
    for name, seq in {**state.faculties, **person.faculties}.items():
        given = gift(state.read(seq).body)
        if given is not None:
            yield Held(name, faculty(name), given.options)


def offered(state: State, person: Person) -> dict[str, tuple[Held, Offer]]:
    """Return every action that faculties add for ``person``, by its kind; of two of a kind the first stands."""
    found: dict[str, tuple[Held, Offer]] = {}
    if state.faculties or person.faculties:
        for each in held(state, person):
            for offer in each.faculty.offers(each.options):
                found.setdefault(offer.kind, (each, offer))
    return found
