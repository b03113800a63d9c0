"""The page of a life: its events, a place in them that is a link, what it is just now, and a hand to steer it.

It is whole without JavaScript (a page of events, a filter as a form, links to go on); ``timeline.js`` takes over what
must move.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference, ScriptDiffers
from troupe_es.events import TYPES
from troupe_es.ui.text import as_json
from troupe_es.ui.web.reading import Reading
from troupe_es.ui.web.rendering import SEVERAL, page, run_of
from troupe_es.ui.web.taking import offers
from troupe_es.views import density, events, lineage, matches, runs
from troupe_es.views.names import names, who

router = APIRouter(include_in_schema=False)

SPOKEN = (
    *("action-taken", "stimulus-given", "stimulus-caused", "question-asked", "question-answered", "survey-answered"),
    *("story-told", "document-written", "appointment-made", "person-moved", "person-move-caused", "person-went"),
    *("intervention-fired", "result-seen", "turn-failed"),
)
"""What a transcript shows."""

PAGE = 50
"""Events on a page that is read without JavaScript."""

BINS = 60
MANY = 150
"""Above so many people, they are not all offered to choose from."""

TOLD = {
    "said": "It is said.",
    "posted": "It is on its way: the run hears it with its next step.",
    "pausing": "The run pauses at the next step's boundary.",
    "paused": "The run has paused: resume it, or live on step by step.",
    "resumed": "The run goes on.",
    "stepping": "One more step is on its way.",
    "answered": "It is on its way to the run.",
    "started": "The run was begun.",
    "again": "The run is there already: what is recorded is gone over, and it goes on from there.",
    "there": "This run is there already, and it is the same: nobody was asked anything again.",
    "gone-on": "The run was there already, and went on from where it had stopped.",
    "forked": "The scenario differs from the run that is recorded: it goes on in this branch, which parts there.",
    "played": "This was played from answers that were written in advance: no model was asked.",
    "imported": "The bundle is imported.",
}
"""What a page says after an action, by the word in its address."""


@router.get("/runs/{simulation}/{branch}", response_class=HTMLResponse)
def timeline(
    request: Request,
    store: Reading,
    simulation: str,
    branch: str,
    at: int | None = None,
    by: Literal["seq", "time", "wall"] = "seq",
    type: Annotated[list[str] | None, Query()] = None,
    person: str = "",
    text: str = "",
    view: Literal["events", "transcript"] = "events",
    told: str = "",
) -> HTMLResponse:
    """Return the page of a branch, standing at event ``at``."""
    ref = f"{simulation}/{branch}"
    run = runs.branch_of(store, resolve(store.log, ref).branch)
    types = [word for each in type or () for word in each.split(",") if word]
    here = _at(at, run)
    person, nobody = _meant(store, ref, person)
    state = {"at": here, "by": by, "types": types, "person": person, "text": text, "view": view}
    wanted = types or (list(SPOKEN) if view == "transcript" else [])
    seen = _seen(store, ref, here, wanted, person, text)
    people = names(store.log, resolve(store.log, ref).branch)
    return page(
        request,
        "timeline.html",
        order=people,
        nav="runs",
        notices=[*nobody, *_notices(request, ref, run["status"], told)],
        waiting=store.pending(ref) if run["status"] == "running" else [],
        run=run_of(simulation, branch, at),
        branch=run,
        state=state,
        seen=seen,
        now=_now(store, ref, here),
        kinds=matches.kinds(store, ref),
        people=people,
        many=MANY,
        bars=_bars(store, ref, by),
        data=as_json(
            {**_data(simulation, branch, run, state, following=at is None), "people": [*people][:SEVERAL]},
            indent=None,
        ),
        group=group_of,
        origins=_origins(store, ref),
        children=_children(store, ref),
        query=_query(state),
        offers=offers(simulation, branch, run["events"]),
        back=urlencode({**_query(state), **({} if at is None else {"at": here})}),
        filtered=bool(types or person or text),
    )


def group_of(type: str, what: str = "") -> str:
    """Return the group that events of a type are shown as; of actions, ``what`` tells a thought from the rest."""
    return density.group(type, what == "thinks")


def _at(at: int | None, run: dict[str, Any]) -> int:
    """Where a reader stands: where they say, or at the head of a run under way, or at the beginning."""
    head = max(1, int(run["events"]))
    if at is None:
        return head if run["status"] == "running" else 1
    return min(max(1, at), head)


def _data(
    simulation: str, branch: str, run: dict[str, Any], state: dict[str, Any], following: bool
) -> dict[str, Any]:
    """What the module is told."""
    return {
        "api": f"/api/branches/{simulation}/{branch}",
        "url": f"/runs/{simulation}/{branch}",
        "head": run["events"],
        "running": run["status"] == "running",
        "live": run["status"] in ("running", "paused", "unfinished"),
        "state": {**state, "following": following and run["status"] == "running"},
        "spoken": SPOKEN,
        "groups": {type: group_of(type) for type in TYPES},
    }


def _seen(store: Store, ref: str, at: int, types: list[str], person: str, text: str) -> dict[str, Any]:
    """A page of events from ``at`` on (or the last ones there are), and where the pages around it begin."""
    found = events.page(store, ref, at - 1, PAGE, types, person, text)
    if not found["events"]:
        found = {**events.before(store, ref, at, PAGE, types, person, text), "next": None}
    shown = found["events"]
    earlier = events.before(store, ref, shown[0]["seq"], PAGE, types, person, text)["events"] if shown else []
    later = events.find(store, ref, shown[-1]["seq"], True, types, person, text) if shown else None
    return {"events": shown, "earlier": earlier[0]["seq"] if earlier else None, "later": later}


def _now(store: Store, ref: str, at: int) -> dict[str, Any] | None:
    return next(iter(events.page(store, ref, at - 1, 1)["events"]), None)


def _bars(store: Store, ref: str, by: density.By) -> list[dict[str, Any]]:
    """The density as bars that are links, for whoever has no JavaScript: from which event on, and how high."""
    found = density.density(store, ref, by, BINS)
    sums = [sum(counts) for counts in zip(*found["counts"].values(), strict=True)]
    most, seq, bars = max([1, *sums]), 1, []
    for number, count in enumerate(sums):
        bars.append({"x": number, "of": len(sums), "seq": seq, "count": count, "high": 100 * count / most})
        seq += count
    return bars


def _query(state: dict[str, Any]) -> dict[str, str]:
    """The state of the page as a query, without where it stands."""
    said = {"by": state["by"], "type": ",".join(state["types"]), "person": state["person"], "text": state["text"]}
    said["view"] = state["view"]
    usual = {"by": "seq", "view": "events"}
    return {name: value for name, value in said.items() if value and value != usual.get(name)}


def _notices(request: Request, ref: str, status: str, told: str) -> list[dict[str, str]]:
    """What there is to say: what stopped a branch that does not run now, or else what was just done."""
    stopped = [] if status == "running" else _stopped(request, ref)
    told = "paused" if told == "pausing" and status != "running" else told
    return stopped or ([{"kind": "good", "text": TOLD[told]}] if told in TOLD else [])


def _meant(store: Store, ref: str, person: str) -> tuple[str, list[dict[str, str]]]:
    """Return the id of whoever is meant by a name; for nobody known, nobody in particular and a notice of it."""
    try:
        return who(store.log, resolve(store.log, ref).branch, person) or "", []
    except BadReference as error:
        return "", [{"kind": "warn", "text": f"Everybody is shown: {error}."}]


def _stopped(request: Request, ref: str) -> list[dict[str, str]]:
    """What stopped the latest job of this service on a branch, if anything did."""
    known = list(request.app.state.jobs.known.values())
    jobs = [job for job in known if job.ref == ref and not isinstance(job.error, ScriptDiffers)]
    if not jobs or jobs[-1].problem is None:
        return []
    return [{"kind": "bad", "text": f"The last {jobs[-1].what} was stopped: {jobs[-1].problem.detail}"}]


def _origins(store: Store, ref: str) -> list[dict[str, Any]]:
    """The points that a branch came from, its own origin first."""
    found = []
    for point in lineage.ancestors(store, resolve(store.log, ref).branch):
        path, _, seq = point.rpartition("@")
        found.append({"path": path, "name": path.partition("/")[2], "seq": int(seq)})
    return found


def _children(store: Store, ref: str) -> list[dict[str, Any]]:
    """The branches that parted from this one, by where they did."""
    branch = resolve(store.log, ref).branch
    below = [each for each in store.log.branches(branch.simulation, ("main", "fork")) if each.parent == branch.id]
    return [{"name": each.name, "seq": each.fork_seq} for each in sorted(below, key=lambda each: each.fork_seq)]
