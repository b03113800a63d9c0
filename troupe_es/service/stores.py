"""The store as the service holds it: handles that read, lent out one at a time, and one that writes.

Reading handles are connections of their own, so that no reader waits for a writer or sees what is not committed yet.
Whatever asks a model has a handle of its own, too (``jobs``). In all of them a model named by a client means no file,
and the web is fetched from only where the operator said so.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Annotated, Any
from weakref import WeakSet

from fastapi import Depends, Request

from troupe_es.agent.faculties.web import CALL
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.llm import Model
from troupe_es.llm.prices import Source
from troupe_es.llm.toolcalls import PREFIX
from troupe_es.llm.weights import CHAINED
from troupe_es.views.kept import share

READERS = 8
"""Most reading handles that are open at once."""


class Held(Store):
    """A store that clients use from afar: what they name is looked up, never opened as a file."""

    def __init__(self, path: Path, *models: Model, web: bool = False, **more: Any) -> None:
        super().__init__(path, *models, **more)
        self.web = web
        self.lives: WeakSet[Simulation] = WeakSet()
        self.stopping = False

    def model(self, name: str) -> Model:
        """Return the model of this name. Raises UsageError for one that names a file, or a tool not enabled."""
        self._refuse(name)
        return super().model(name)

    def chained(self, name: str) -> str:
        """Return what the log calls the model. Raises UsageError as ``model`` does."""
        self._refuse(name)
        return super().chained(name)

    def _refuse(self, name: str) -> None:
        if name in self.models:
            return
        if name.strip().startswith("local:") and not CHAINED.fullmatch(name.strip()):
            raise UsageError(
                f"{name!r}: over HTTP a local model is named as the log has it, local:NAME@HASH; "
                "'troupe model list' has those that are here"
            )
        if name == PREFIX + CALL and not self.web:
            raise UsageError("the web is not fetched from here: whoever runs the service enables it with --web")

    def _handle(self, *given: Any) -> Simulation:
        made = super()._handle(*given)
        self.lives.add(made)
        if self.stopping:
            made.stop()
        return made

    def stop(self) -> None:
        """Ask every life that goes on through this handle to stop; each then raises Interrupted."""
        self.stopping = True
        for life in list(self.lives):
            life.stop()


class Stores:
    """All handles of one store file; ``open`` makes another that writes."""

    def __init__(
        self, path: str | os.PathLike[str], models: Sequence[Model] = (), prices: Source | None = None, **more: Any
    ) -> None:
        self.path = Path(path)
        self._models = models
        self._more: Mapping[str, Any] = {"prices": prices, **more}
        self.writer = self.open()
        self._idle: LifoQueue[Store] = LifoQueue()
        self._free = BoundedSemaphore(READERS)

    def open(self) -> Held:
        """Return a new handle that writes, to be closed by whoever asked for it."""
        return Held(self.path, *self._models, **self._more)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Lend a handle that reads."""
        with self._free:
            try:
                store = self._idle.get_nowait()
            except Empty:
                store = Held(self.path, *self._models, write=False, **self._more)
                share(store.log, self.writer.log)
            try:
                yield store
            finally:
                self._idle.put(store)

    def close(self) -> None:
        """Close every handle that is not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
        self.writer.close()


def reader(request: Request) -> Iterator[Store]:
    """Lend a request a handle that reads."""
    with request.app.state.stores.reading() as store:
        yield store


def writer(request: Request) -> Store:
    """Return the handle that writes."""
    store: Store = request.app.state.stores.writer
    return store


Reader = Annotated[Store, Depends(reader)]
Writer = Annotated[Store, Depends(writer)]
"""What a route asks for: ``def route(store: Reader)``."""
