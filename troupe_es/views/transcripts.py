"""Who said and did what, by pages."""

from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.projections.transcript import line_of
from troupe_es.views import rows
from troupe_es.views.names import names
from troupe_es.views.rows import Filter

SPOKEN = (
    *("stimulus-given", "stimulus-caused", "action-taken", "person-moved", "person-move-caused", "person-went"),
    *("document-written", "appointment-made", "faculty-used", "result-seen", "memory-formed", "insight-formed"),
    *("turn-failed", "intervention-fired", "story-told", "question-asked", "question-answered", "survey-answered"),
    *("extracted", "minibio-written", "rewritten"),
)
"""The events a transcript has a line for."""


def transcript(store: Store, ref: str, after: int = 0, limit: int = 200) -> dict[str, Any]:
    """Return the lines of up to ``limit`` events after ``after``, and after which the next page begins or null."""
    point = resolve(store.log, ref)
    found = rows.forward(store.log, point.branch, after, point.seq, Filter(SPOKEN), limit)
    called = names(store.log, point.branch)
    lines = [line for row in found if (line := line_of(row.event, dict(called))) is not None]
    more = found[-1].event.seq if len(found) == limit and found[-1].event.seq < point.seq else None
    return {"ref": str(point), "lines": [line._asdict() for line in lines], "next": more}
