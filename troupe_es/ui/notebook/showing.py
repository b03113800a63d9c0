"""What ``show`` takes, and what it makes of each."""

from collections.abc import Sequence
from typing import Any

from troupe_es.controller.aside import Judgement, Reply, Story
from troupe_es.controller.diff import Difference
from troupe_es.controller.references import resolve
from troupe_es.controller.simulation import Simulation
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import UsageError
from troupe_es.experimentation import Findings
from troupe_es.projections import Line
from troupe_es.ui.notebook import found, lives
from troupe_es.ui.notebook.markup import Shown

SHOWN = (Difference, Findings, Judgement, Reply, Simulation, Store, Story, Surveyed)
"""What shows itself once the extension is loaded."""


def show(what: Any, ref: str = "", who: str = "") -> Shown:
    """Return ``what`` as a notebook shows it.

    A store shows its runs as a tree of branches; with ``ref``, the people and worlds at that point, and with ``who``
    one of them. A simulation does so where it stands. Also: the lines of a transcript, a difference, the findings of
    an experiment, what a survey found, a reply, a judgement, a story. Raises UsageError for anything else, and
    BadReference for what is not there.
    """
    match what:
        case Store() if not ref:
            return lives.runs(what)
        case Store():
            state, point = what.at(ref), resolve(what.log, ref)
            return lives.person(state, str(point), who) if who else lives.world(state, str(point), what.log)
        case Simulation():
            return lives.person(what.state, what.ref, who) if who else lives.world(what.state, what.ref, what.log)
        case Difference():
            return found.difference(what)
        case Findings():
            return found.findings(what)
        case Surveyed():
            return found.surveyed(what)
        case Reply() | Judgement() | Story():
            return found.aside(what)
        case Sequence() if not isinstance(what, str) and all(isinstance(each, Line) for each in what):
            return lives.transcript(what)
    raise UsageError(f"a {type(what).__name__} cannot be shown: give a store, a simulation, or what they return")
