"""What a life has made and what it needs: the documents people wrote, and whether the user's own code is here."""

from abc import abstractmethod
from collections.abc import Iterator

from troupe_es.controller import code
from troupe_es.controller.code import Finding
from troupe_es.controller.references import Point, resolve
from troupe_es.errors import BadReference, MissingCode
from troupe_es.events import types
from troupe_es.log import Log
from troupe_es.projections import State
from troupe_es.toolbox.office import Document


class Makings:
    """What a store tells of what was made in a life."""

    log: Log

    @abstractmethod
    def at(self, ref: str) -> State:
        """Return the state at a point."""

    def documents(self, ref: str) -> list[Document]:
        """Return the documents that people have written up to a point, in the order of their titles' first ones.

        Of several with the same title (in any case) the last stands.
        """
        return list(_documents(self.log, resolve(self.log, ref)).values())

    def document(self, ref: str, title: str) -> Document:
        """Return the document of this title at a point. Raises BadReference naming those there are."""
        there = _documents(self.log, resolve(self.log, ref))
        if title.casefold() not in there:
            titles = ", ".join(repr(each.title) for each in there.values()) or "none"
            raise BadReference(f"{ref}: no document is called {title!r}; there are: {titles}")
        return there[title.casefold()]

    def code(self, ref: str) -> list[Finding]:
        """Return what is missing or was changed of the user's own code that is in force at a point."""
        state = self.at(ref)
        return code.findings(state.read(seq) for seq in sorted(set(_in_force(state))))

    def with_code(self, point: Point) -> None:
        """Note in the journal what code has changed since it was recorded. Raises MissingCode for what is gone."""
        for found in self.code(str(point)):
            if found.here is None:
                raise MissingCode(str(found))
            self.log.note("code-changed", {"finding": str(found)}, point.branch)


def _documents(log: Log, point: Point) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for event in log.events(point.branch, 1, point.seq):
        body = event.body
        if isinstance(body, types.DocumentWritten):
            by = event.actor or ""
            written = Document(body.title, body.author, body.content, by, event.time, event.seq)
            found[body.title.casefold()] = written
    return found


def _in_force(state: State) -> Iterator[int]:
    """The events that name the user's own code that may be called now."""
    yield from state.code.values()
    yield from state.faculties.values()
    for person in state.people.values():
        yield from person.faculties.values()
    for watched in state.steering.interventions.values():
        yield watched.added
