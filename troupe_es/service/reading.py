"""The routes that only read."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from troupe_es import commands
from troupe_es.errors import BadReference
from troupe_es.service import contract
from troupe_es.service.follow import Stream
from troupe_es.service.queries import known
from troupe_es.service.stores import Reader
from troupe_es.views import (
    arms,
    asked,
    calls,
    causes,
    changes,
    costs,
    density,
    differences,
    events,
    experiments,
    integrity,
    lineage,
    matches,
    onward,
    runs,
    states,
    transcripts,
)
from troupe_es.views.names import who
from troupe_es.views.rows import LIMIT, Filter

router = APIRouter(prefix="/api", dependencies=[Depends(known)])

NAME = r"^[a-z0-9][a-z0-9._-]*$"
FAR = 2**53
Sim = Annotated[str, Path(pattern=NAME, max_length=100, description="a simulation")]
Branch = Annotated[str, Path(pattern=NAME, max_length=100, description="a branch of it")]
Seq = Annotated[int, Path(ge=1, le=FAR, description="an event's number in this life")]
At = Annotated[int | None, Query(ge=0, le=FAR, description="after which event; absent: at the head")]
Types = Annotated[list[str], Query(alias="type", max_length=100, description="only these types of event")]
Who = Annotated[
    str | None, Query(max_length=400, description="only what this person (an id or a name) did, or what befell them")
]
Text = Annotated[str | None, Query(max_length=1000, description="only events that hold this text, in any case")]
Limit = Annotated[int, Query(ge=1, le=LIMIT)]

FOR_EVER = "private, max-age=31536000, immutable"
FOR_NOW = "private, max-age=300, immutable"
"""An event never changes; but another store may stand at this address tomorrow. Named with its hash it is kept on."""


def ref_of(sim: str, branch: str, at: int | None = None) -> str:
    """Return the reference of a point."""
    return f"{sim}/{branch}" if at is None else f"{sim}/{branch}@{at}"


@router.get("/simulations", response_model=list[contract.Run])
def simulations(
    store: Reader,
    everything: bool = False,
    skip: Annotated[int, Query(ge=0, le=FAR, description="simulations to leave out at the beginning")] = 0,
    limit: Limit = LIMIT,
) -> Any:
    """Simulations with their branches, oldest first; ``everything``: interviews and surveys, too."""
    return runs.runs(store, everything, skip, limit)


@router.get("/simulations/{sim}", response_model=contract.Run)
def simulation(store: Reader, sim: Sim, everything: bool = False) -> Any:
    """One simulation with its branches."""
    return runs.run(store, sim, everything)


@router.get("/simulations/{sim}/lineage", response_model=contract.Node)
def tree(store: Reader, sim: Sim, everything: bool = False) -> Any:
    """The branches of a simulation as a tree."""
    return lineage.lineage(store, sim, everything)


@router.get("/simulations/{sim}/asked", response_model=list[dict[str, Any]])
def asides(store: Reader, sim: Sim, branch: Annotated[str | None, Query(max_length=100)] = None) -> Any:
    """What was asked aside: interviews, surveys, extractions and the like, with what came of them."""
    return asked.asides(store, sim, branch)


@router.get("/simulations/{sim}/experiment", response_model=dict[str, Any] | None)
def experiment(store: Reader, sim: Sim) -> Any:
    """What the experiment of a simulation found so far; null where its scenario describes none."""
    return experiments.experiments(store, sim)


@router.get("/simulations/{sim}/arms", response_model=list[dict[str, Any]])
def lives_in_arms(store: Reader, sim: Sim) -> Any:
    """Lives that part from one event in arms and replicates, whether or not a scenario describes them."""
    return arms.arms(store, sim)


@router.get("/branches/{sim}/{branch}", response_model=contract.BranchRow)
def one_branch(store: Reader, sim: Sim, branch: Branch) -> Any:
    """How far a branch is, and what it took."""
    return runs.branch_of(store, store.log.branch(sim, branch))


@router.get("/branches/{sim}/{branch}/events", response_model=contract.EventPage)
def event_page(
    store: Reader,
    sim: Sim,
    branch: Branch,
    after: Annotated[int, Query(ge=0, le=FAR)] = 0,
    before: Annotated[int | None, Query(ge=0, le=FAR, description="page backwards from here instead")] = None,
    limit: Limit = 200,
    type: Types = [],  # noqa: B006 - it is only read
    person: Who = None,
    text: Text = None,
) -> Any:
    """A page of events, oldest first."""
    person = who(store.log, store.log.branch(sim, branch), person)
    if before is not None:
        return events.before(store, ref_of(sim, branch), before, limit, type, person, text)
    return events.page(store, ref_of(sim, branch), after, limit, type, person, text)


@router.get("/branches/{sim}/{branch}/find", response_model=contract.Found)
def find(
    store: Reader,
    sim: Sim,
    branch: Branch,
    seq: Annotated[int, Query(ge=0, le=FAR)],
    forward: bool = True,
    type: Types = [],  # noqa: B006 - it is only read
    person: Who = None,
    text: Text = None,
) -> Any:
    """The next event after ``seq`` that is wanted, or the last before it."""
    person = who(store.log, store.log.branch(sim, branch), person)
    return {"seq": events.find(store, ref_of(sim, branch), seq, forward, type, person, text)}


@router.get("/branches/{sim}/{branch}/matches", response_model=contract.Matches)
def matching(
    store: Reader,
    sim: Sim,
    branch: Branch,
    after: Annotated[int, Query(ge=0, le=FAR)] = 0,
    type: Types = [],  # noqa: B006 - it is only read
    person: Who = None,
    text: Text = None,
) -> Any:
    """The numbers of all wanted events, so that a list of them can be scrolled anywhere."""
    person = who(store.log, store.log.branch(sim, branch), person)
    return matches.matches(store, ref_of(sim, branch), type, person, text, after)


@router.get("/branches/{sim}/{branch}/events/{seq}", response_model=contract.EventWhole)
def event(
    store: Reader,
    response: Response,
    sim: Sim,
    branch: Branch,
    seq: Seq,
    hash: Annotated[str, Query(max_length=64, description="its hash, or the beginning of it")] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """One event whole. It never changes: it may be kept, and for ever if it was asked for with its hash."""
    found = events.one(store, ref_of(sim, branch), seq)
    if not found["hash"].startswith(hash):
        raise BadReference(f"event {seq} of {sim}/{branch} has another hash: this store holds another life")
    kept = {"ETag": f'"{found["hash"]}"', "Cache-Control": FOR_EVER if len(hash) >= 8 else FOR_NOW}
    if if_none_match is not None and found["hash"] in if_none_match:
        return Response(status_code=304, headers=kept)
    response.headers.update(kept)
    return found


@router.get("/branches/{sim}/{branch}/events/{seq}/call", response_model=contract.Call | None)
def call(store: Reader, sim: Sim, branch: Branch, seq: Seq) -> Any:
    """The prompt as it was sent and the answer, of the event or of the turn it is part of; null: nobody was asked."""
    return calls.call(store, ref_of(sim, branch), seq)


@router.get("/branches/{sim}/{branch}/events/{seq}/causes", response_model=contract.Causes)
def cause(store: Reader, sim: Sim, branch: Branch, seq: Seq) -> Any:
    """What an event came of, and what it led to."""
    return causes.causes(store, ref_of(sim, branch), seq)


@router.get("/branches/{sim}/{branch}/events/{seq}/changes", response_model=list[contract.Change])
def change(store: Reader, sim: Sim, branch: Branch, seq: Seq) -> Any:
    """What an event changed."""
    return changes.change(store, ref_of(sim, branch), seq)


@router.get("/branches/{sim}/{branch}/state", response_model=contract.State)
def state(store: Reader, sim: Sim, branch: Branch, at: At = None) -> Any:
    """The state after an event."""
    return states.state(store, ref_of(sim, branch, at))


@router.get("/branches/{sim}/{branch}/people/{person}", response_model=contract.Person)
def person(
    store: Reader, sim: Sim, branch: Branch, person: Annotated[str, Path(max_length=400)], at: At = None
) -> Any:
    """One person after an event."""
    return states.person(store, ref_of(sim, branch, at), person)


@router.get("/branches/{sim}/{branch}/transcript", response_model=contract.Transcript)
def transcript(
    store: Reader,
    sim: Sim,
    branch: Branch,
    at: At = None,
    after: Annotated[int, Query(ge=0, le=FAR)] = 0,
    limit: Limit = 200,
) -> Any:
    """Who said and did what."""
    return transcripts.transcript(store, ref_of(sim, branch, at), after, limit)


@router.get("/branches/{sim}/{branch}/density", response_model=contract.Density)
def histogram(
    store: Reader,
    sim: Sim,
    branch: Branch,
    by: Literal["seq", "time", "wall"] = "seq",
    bins: Annotated[int, Query(ge=1, le=density.MOST_BINS)] = 200,
    at: At = None,
) -> Any:
    """How much happened where, by groups of events, and what stands out."""
    return density.density(store, ref_of(sim, branch, at), by, bins)


@router.get("/branches/{sim}/{branch}/cost", response_model=contract.Costs)
def cost(
    store: Reader,
    sim: Sim,
    branch: Branch,
    by: Annotated[list[Literal["person", "purpose", "step", "model"]], Query(max_length=4)] = [],  # noqa: B006
) -> Any:
    """What a branch took, by ``by`` (nothing given: by everything)."""
    return costs.costs(store, ref_of(sim, branch), by or costs.BY)


@router.get("/branches/{sim}/{branch}/expected", response_model=dict[str, Any])
def going_on(
    store: Reader,
    sim: Sim,
    branch: Branch,
    steps: Annotated[int | None, Query(ge=1, le=1_000_000, description="absent: all that is left")] = None,
    lives: Annotated[int, Query(ge=1, le=1000)] = 1,
    model: Annotated[str, Query(max_length=200)] = "",
    at: At = None,
) -> Any:
    """What so many lives may take that go on from a point, with another model if one is named; nobody is asked."""
    changes = [commands.Change("settings.model", model)] if model else []
    return onward.branching(store, ref_of(sim, branch, at), changes, steps, lives)


@router.get("/branches/{sim}/{branch}/verify", response_model=contract.Chain)
def chain(store: Reader, sim: Sim, branch: Branch) -> Any:
    """Whether every byte is as it was written: the quick check. POST decides everything again."""
    return integrity.chain(store, ref_of(sim, branch))


@router.get("/branches/{sim}/{branch}/pending", response_model=list[contract.Pending])
def pending(store: Reader, sim: Sim, branch: Branch) -> Any:
    """Whom a run of this branch waits for: people played by humans."""
    return [vars(each) for each in store.pending(ref_of(sim, branch))]


@router.get("/diff", response_model=contract.Comparison)
def diff(
    store: Reader,
    left: Annotated[str, Query(max_length=250, description="SIMULATION[/BRANCH][@SEQ]")],
    right: Annotated[str, Query(max_length=250)],
) -> Any:
    """Two lives from their last common event on."""
    return differences.compare(store, left, right)


STREAMED = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "events"}}


@router.get("/branches/{sim}/{branch}/stream", response_class=Response, responses=STREAMED)  # type: ignore[arg-type]
async def stream(
    request: Request,
    sim: Sim,
    branch: Branch,
    after: Annotated[int | None, Query(ge=0, le=FAR, description="absent: from now on")] = None,
    type: Types = [],  # noqa: B006 - it is only read
    person: Who = None,
    text: Text = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=FAR, description="goes before ``after``")] = None,
) -> Any:
    """Events as they happen, as server-sent events whose id is the seq; ``Last-Event-ID`` goes on exactly there.

    A place beyond the head is of another life: the first event is then ``reset``, its id the head, its data
    ``{"asked", "head"}``, and what comes after the head follows. An EventSource gives up at any status but 200.
    """
    follower = request.app.state.follower
    found, whom = await follower.found(sim, branch, person)
    wanted = Filter(tuple(type), whom, text or None)
    wanted.where()  # raises for a type there is not, before anything is sent
    return Stream(follower.listen(found, after if last_event_id is None else last_event_id, wanted))
