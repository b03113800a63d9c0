"""The contract: what the API answers with."""

from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue

from troupe_es.service.problems import Problem

Status = Literal["running", "paused", "unfinished", "finished", "failed"]
Object = dict[str, Any]


class Calls(BaseModel):
    paid: int = Field(description="calls this branch paid for, resent ones included")
    recorded: int = Field(description="answers that were on record already")


class Spent(BaseModel):
    calls: int
    tokens: int
    money: int = Field(description="in millionths of the price list's currency")


class Budget(BaseModel):
    """The limits of the budget that the latest call counted in; null is no limit."""

    label: str
    calls: int | None
    tokens: int | None
    money: int | None
    spent: Spent


class BranchRow(BaseModel):
    """One branch: where it came from, how far it is, what it took."""

    ref: str
    branch: str
    kind: Literal["main", "fork", "ask"]
    parent: str | None
    fork: int = Field(description="the last event shared with the parent; 0 for main")
    draw: int
    events: int = Field(description="the seq of its last event")
    head: str = Field(description="the hash of its last event: equal hashes, equal lives")
    step: int
    time: str = Field(description="simulated time")
    steps_left: int = Field(description="of the run under way, and of those its scenario has yet to come")
    people: int
    model: str
    begun: int = Field(description="wall clock, milliseconds since 1970")
    latest: int
    status: Status
    calls: Calls
    tokens: int
    money: int
    budget: Budget | None


class Run(BaseModel):
    """A simulation with its branches."""

    simulation: str
    about: str
    scenario: bool
    created: int
    branches: list[BranchRow]


class Node(BaseModel):
    """A branch in the tree of its simulation."""

    ref: str
    branch: str
    kind: Literal["main", "fork", "ask"]
    parent: str | None
    fork: int
    draw: int
    events: int
    branches: list["Node"]


class Gist(BaseModel):
    who: str
    what: str
    said: str


class EventRow(BaseModel):
    """An event in one line."""

    seq: int
    type: str
    actor: str | None
    step: int
    time: str = Field(description="simulated time, ISO 8601 without a zone")
    cause: int | None
    at: int = Field(description="wall clock, milliseconds since 1970")
    gist: Gist


class EventWhole(EventRow):
    payload: dict[str, JsonValue]
    hash: str


class EventPage(BaseModel):
    """A page of events, oldest first; ``next`` is what to ask the next page after (or before), null at the end."""

    ref: str
    head: int
    events: list[EventRow]
    next: int | None


class Matches(BaseModel):
    """Where the wanted events are."""

    ref: str
    head: int
    seqs: list[int]


class Found(BaseModel):
    seq: int | None


class Message(BaseModel):
    role: str
    text: str
    shared: bool = Field(description="whether the person's last prompt began with it, too")


class Try(BaseModel):
    seq: int
    misfit: str | None


class Call(BaseModel):
    """What was asked and what came back."""

    event: int
    address: str
    model: str
    draw: int
    messages: list[Message]
    shared_chars: int
    parameters: Object
    answer: str | None
    finish: str | None
    misfit: str | None
    usage: dict[str, int | None] | None
    seconds: float | None
    tries: list[Try]


class Causes(BaseModel):
    caused_by: list[EventRow]
    caused: list[EventRow]
    recalled: list[Object]
    heard: list[EventRow]


class Change(BaseModel):
    path: str
    before: JsonValue
    after: JsonValue


class State(BaseModel):
    """The state after an event."""

    ref: str
    seq: int
    head: str
    draw: int
    seed: int
    clock: str
    time: str
    step: int
    edition: int
    settings: Object
    worlds: list[Object]
    people: list[Object]
    gone: dict[str, str]
    open: Object | None
    forks: list[Object]
    relations: list[Object]
    interventions: list[Object]
    under_way: Object | None


class Person(BaseModel):
    """One person after an event."""

    ref: str
    seq: int
    time: str
    id: str
    name: str
    world: str
    turns: int
    added: int
    mind: Object
    persona: dict[str, JsonValue]
    origins: dict[str, Object]
    memories: Object
    faculties: list[Object]
    relations: list[Object]
    emotions_over_time: list[Object]


class Line(BaseModel):
    seq: int
    step: int
    time: str
    who: str
    kind: str
    to: str
    content: str


class Mark(BaseModel):
    seq: int
    at: int | str
    kind: Literal["intervention", "failure", "fork", "steering", "said-from-outside"]
    label: str
    ref: str | None


class Density(BaseModel):
    ref: str
    by: Literal["seq", "time", "wall"]
    edges: list[int | str]
    counts: dict[str, list[int]]
    marks: list[Mark]


class Comparison(BaseModel):
    """Two lives from their last common event on."""

    left: str
    right: str
    same: bool
    common: int
    cause: str
    first: dict[str, Object | None]
    given: dict[str, list[Object]]
    events: dict[str, int]
    reach: list[Object]
    costs: dict[str, dict[str, int]]
    lanes: list[Object]


class Costs(BaseModel):
    """What a branch took; money in millionths of ``currency``."""

    ref: str
    total: Object
    currency: str
    unpriced: list[str]
    estimate: Object | None
    by_person: list[Object] = []
    by_purpose: list[Object] = []
    by_step: list[Object] = []
    by_model: list[Object] = []


class Chain(BaseModel):
    """Whether every byte is as it was written."""

    ref: str
    head: str
    holds: bool
    damages: list[dict[str, str]]


class Job(BaseModel):
    """Something that goes on in the background, or is over; what it has done is in the log."""

    id: str
    what: str
    ref: str
    status: Literal["running", "done", "paused", "stopped", "failed"]
    begun: int
    ended: int | None
    result: Object | None
    problem: Problem | None


class Steered(BaseModel):
    """The event it became, or null where it is on its way to whoever runs the branch."""

    event: int | None
    posted: bool


class Pausing(BaseModel):
    pausing: str


class Opened(BaseModel):
    """Branches that were opened, and the job that lets them live on, if that was asked for."""

    forked_at: str
    branches: list[str]
    job: Job | None


class Imported(BaseModel):
    simulation: str
    branches: list[str]


class Pending(BaseModel):
    """Whom a run waits for: a person played by a human."""

    person: str
    purpose: str
    perceived: list[str]
    address: str


class Transcript(BaseModel):
    """A page of lines; ``next`` is what to ask the next page after, null at the end."""

    ref: str
    lines: list[Line]
    next: int | None
