"""Who answers what the lives of a store ask: models at hand, those the environment knows, humans, and tools."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from troupe_es.controller.driver import response_of
from troupe_es.controller.mail import ByMail
from troupe_es.controller.portal import portal
from troupe_es.events.base import HUMAN
from troupe_es.llm import Model, Request, Response
from troupe_es.llm.choose import chained, model_of
from troupe_es.llm.human import Channel, Human
from troupe_es.llm.toolcalls import PREFIX
from troupe_es.log import Branch, Log
from troupe_es.log.notes import ANSWERER
from troupe_es.toolbox import running
from troupe_es.tools import Elsewhere


class Answering:
    """The models of a store: what they are called in its log, and which of them a branch asks."""

    log: Log

    def __init__(self, models: Iterable[Model], humans: Mapping[str, Channel], told: Callable[[str], None]) -> None:
        self.models = {model.name: model for model in models}
        self.humans = humans
        self.told = told
        self._made: dict[str, Model] = {}
        self._noted: set[tuple[int, str]] = set()

    def _leave(self) -> None:
        """Close the connections of the models that were made from the environment."""
        for model in self._made.values():
            if hasattr(model, "aclose"):
                portal().run(model.aclose())

    def _register(self, model: Model) -> str:
        """Have ``model`` at hand from now on, and return its name."""
        self.models[model.name] = model
        return model.name

    def model(self, name: str) -> Model:
        """Return the model of this name: one at hand, or one made from the environment; ``tool:NAME`` runs a tool."""
        if name not in self.models and name.startswith(PREFIX):
            return running.runner(name, self.log.read_blob)
        if name == HUMAN:
            return Human(self.humans)
        if name in self.models:
            return self.models[name]
        if name not in self._made:
            self._made[name] = model_of(name, os.environ)
        return self._made[name]

    def chained(self, name: str) -> str:
        """Return what the log calls the model ``name``; raises UsageError for a local one that is not there."""
        return name if name in self.models else chained(name, os.environ)

    def _answering(self, branch: Branch, name: str) -> Model:
        """Return the model that ``branch`` asks; what it says it is made with is noted, once."""
        if name == HUMAN:
            return Human(self.humans, ByMail(self.log, branch, self.told))
        model = self.model(name)
        if isinstance(model, running.Runner) and model.tool.side_effect and branch.kind != "main":
            return running.Withheld(name, partial(self._parents, branch, model.tool.elsewhere))
        provenance = getattr(model, "provenance", None)
        if provenance is not None and (branch.id, name) not in self._noted:
            self.log.note(ANSWERER, {"model": model.name, **provenance}, branch)
            self._noted.add((branch.id, name))
        return model

    def _parents(self, branch: Branch, elsewhere: Elsewhere, request: Request) -> Response | None:
        """The answer that a life which ``branch`` came from has to the same call, where a tool says it counts."""
        while elsewhere == "recorded" and branch.parent is not None:
            branch = self.log.branch_of(branch.parent)
            found = self.log.look_up(request.hash, branch.draw, request.address)
            if found is not None:
                return response_of(found)
        return None
