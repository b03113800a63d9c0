"""What a life comes to, said again in the plainest way: comprehensions over its events, slow and without memory.

Nothing here calls the code it judges. Where the fold keeps a state and moves it on, an oracle looks at the whole life
each time and asks of every event what is true at it: who was there, which order was in force, when it was heard. So a
fold that forgets something disagrees, whatever it forgets it by.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from troupe_es.events import Body, Event, Stored, types

ASIDE = (
    "claims-put",
    "extraction-asked",
    "survey-given",
    "labels-asked",
    "rewriting-asked",
    "prediction-sealed",
    "truth-loaded",
)
"""What is put aside: a side branch never goes on with the run."""


def of(events: Sequence[Event], *types: str) -> list[Event]:
    """Those of ``types``."""
    return [event for event in events if event.body.type in types]


def present(events: Sequence[Event], world: str | None, at: int, before_going: bool = False) -> list[str]:
    """Ids of who is in ``world`` (None: anywhere) once event ``at`` has happened, in the order they came.

    With ``before_going`` it is the moment in which a step's end lets everybody hear, but nobody has gone yet.
    """
    came = [e.body.person for e in of(events, "person-added", "person-made") if e.seq <= at]
    left = [e.body.person for e in of(events, "person-removed") if e.seq <= at]
    there = [person for person in came if person not in left]
    if world is None:
        return there
    stays = {person: stay(events, person, at, before_going) for person in there}
    return sorted([p for p in there if stays[p][1] == world], key=lambda person: stays[person][0])


def stay(events: Sequence[Event], person: str, at: int, before_going: bool = False) -> tuple[tuple[int, int], str]:
    """Since when ``person`` is where they are once event ``at`` has happened, and where that is."""
    given = [
        ((e.seq, 0), e.body.world)
        for e in of(events, "person-added", "person-made", "person-moved")
        if e.body.person == person
    ]
    went = [
        ((when, ended.seq), went.body.world)
        for went, ended in goings(events, person)
        if (when := heard_at(events, ended)) is not None
    ]
    last = (at, 0) if before_going else (at, at)
    stays = [each for each in sorted([*given, *went]) if each[0] <= last]
    return next(each for n, each in reversed([*enumerate(stays)]) if n == 0 or stays[n - 1][1] != each[1])


def goings(events: Sequence[Event], person: str) -> list[tuple[Event, Event]]:
    """Where ``person`` went by themselves: the last such event of each turn, and the end of the turn."""
    ends = [e for e in of(events, "turn-ended") if e.actor == person]
    went = [e for e in of(events, "person-went") if e.actor == person]
    pairs = [
        (e, end) for e in went for end in ends if end.seq > e.seq and not any(e.seq < x.seq < end.seq for x in ends)
    ]
    return [(e, end) for e, end in pairs if not any(e.seq < x.seq < end.seq for x in went)]


def world_of(events: Sequence[Event], person: str, at: int) -> str:
    """The world that ``person`` is or was last in once event ``at`` has happened."""
    return stay(events, person, at)[1]


def access(events: Sequence[Event], world: str) -> str:
    """Who can be spoken to in ``world``."""
    [added] = [e for e in of(events, "world-added") if e.body.world == world]
    return str(added.body.access)


def near(events: Sequence[Event], person: str, at: int) -> dict[str, dict[str, float]]:
    """Whom ``person`` can reach by a relation once event ``at`` has happened: weights by the other's id and name."""
    ended = [
        (e.seq, b, e.body.name)
        for e in of(events, "people-unrelated")
        for a, b in [(e.body.a, e.body.b), *([] if e.body.directed else [(e.body.b, e.body.a)])]
        if e.seq <= at and a == person
    ]
    begun = [
        (b, edge.name, edge.weight)
        for e in of(events, "people-related")
        for edge in e.body.edges
        for a, b in [(edge.a, edge.b), *([] if edge.directed else [(edge.b, edge.a)])]
        if e.seq <= at and a == person
        if not any(seq > e.seq and other == b and name in (None, edge.name) for seq, other, name in ended)
    ]
    return {other: {name: weight for b, name, weight in begun if b == other} for other in {b for b, _, _ in begun}}


def name_of(events: Sequence[Event], person: str, at: int) -> str:
    """What ``person`` is called once event ``at`` has happened."""
    given = [e.body.name for e in of(events, "person-added", "person-made") if e.body.person == person]
    renamed = [after for path, after in changes(events, person, at) if path == "name"]
    return str([*given, *renamed][-1])


def changes(events: Sequence[Event], person: str, at: int) -> list[tuple[str, Any]]:
    """What was set in a persona up to event ``at``, in order: paths and values."""
    found = [
        e.body for e in of(events, "person-changed", "fragment-merged") if e.body.person == person and e.seq <= at
    ]
    return [(c.path, c.after) for body in found for c in getattr(body, "changes", [body])]


def setting(events: Sequence[Event], name: str, at: int) -> Any:
    """The value of a setting once event ``at`` has happened."""
    changes = [e for e in of(events, "settings-changed") if e.seq <= at and e.body.path == f"settings.{name}"]
    return changes[-1].body.after if changes else getattr(events[0].body.settings, name)


def in_a_step(events: Sequence[Event], at: int) -> bool:
    """Whether a step is open when event ``at`` happens; who is interviewed is outside of any."""
    marks = [e.body.type for e in of(events, "step-started", "step-ended", "question-asked") if e.seq < at]
    return marks[-1:] == ["step-started"]


def heard_at(events: Sequence[Event], said: Event) -> int | None:
    """The event with which ``said`` reaches others: itself, or in a parallel step the end of it; None: not yet."""
    if setting(events, "order", said.seq) == "sequential" or not in_a_step(events, said.seq):
        return said.seq
    ends = [e.seq for e in of(events, "step-ended", "question-asked") if e.seq > said.seq]
    return ends[0] if ends and events[ends[0] - 1].body.type == "step-ended" else None


def audience(events: Sequence[Event], event: Event) -> list[tuple[int, str]]:
    """Who perceives ``event``, and with which event it reaches them."""
    body = event.body
    if body.type == "stimulus-given":
        wanted = present(events, body.world, event.seq) if body.world is not None else body.to
        return [(event.seq, person) for person in wanted if person in present(events, None, event.seq)]
    if body.type == "person-moved":
        return [(event.seq, body.person)] if body.person in present(events, None, event.seq) else []
    if body.type == "appointment-made":
        told = heard_at(events, event)
        return [(told, person) for person in body.attendees if told and person in present(events, None, told)]
    if body.type != "action-taken" or body.kind == "THINK":
        return []
    when = heard_at(events, event)
    if when is None or (body.kind == "REACH_OUT" and body.target is None):
        return []
    if body.target is not None:
        return [(when, body.target)] if body.target in present(events, None, when) else []
    world = world_of(events, str(event.actor), event.seq)
    here = [person for person in present(events, world, when, before_going=True) if person != event.actor]
    if access(events, world) == "network":
        here = [person for person in here if person in near(events, str(event.actor), event.seq)]
    return [(when, person) for person in here]


def perceived(events: Sequence[Event], person: str) -> list[tuple[int, int]]:
    """What reached ``person`` from elsewhere: (the event it came with, the event it is)."""
    return sorted((when, e.seq) for e in events for when, who in audience(events, e) if who == person)


def own(events: Sequence[Event], person: str) -> list[tuple[int, int]]:
    """What ``person`` did: (seq, seq) of each action and each end of a turn."""
    words = ("action-taken", "person-went", "faculty-used", "result-seen", "turn-ended")
    return [(e.seq, e.seq) for e in of(events, *words) if e.actor == person]


def memory(events: Sequence[Event], person: str) -> list[int]:
    """What ``person`` remembers, in the order in which it came to them."""
    return [seq for _, seq in sorted(perceived(events, person) + own(events, person))]


def turn_began(events: Sequence[Event], ended: Event) -> int:
    """The first event of the turn that ends with ``ended``: its first answer."""
    return min(e.seq for e in of(events, "model-answered") if (e.actor, e.step) == (ended.actor, ended.step))


def fresh(events: Sequence[Event], person: str) -> int:
    """How many things reached ``person`` since they last began a turn that they ended."""
    began = [turn_began(events, e) for e in of(events, "turn-ended") if e.actor == person]
    return len([when for when, _ in perceived(events, person) if when > max(began, default=0)])


def clock(events: Sequence[Event]) -> str:
    """Simulated time after all events."""
    runs = of(events, "run-requested")
    spent = [[r.body.seconds for r in runs if r.seq < e.seq][-1] for e in of(events, "step-ended")]
    skipped = [e.body.seconds for e in of(events, "time-skipped")]
    if not spent and not skipped:
        return str(events[0].body.start)
    return (datetime.fromisoformat(events[0].body.start) + timedelta(seconds=sum(spent + skipped))).isoformat()


def person(events: Sequence[Event], id: str) -> dict[str, Any]:
    """Everything the fold keeps of one person."""
    ends = [e for e in of(events, "turn-ended") if e.actor == id]
    minds = [e for e in of(events, "turn-ended", "mind-given") if id in (e.actor, getattr(e.body, "person", None))]
    empty: dict[str, Any] = {"goals": "", "context": [], "attention": "", "emotions": ""}
    [added] = [e.seq for e in of(events, "person-added", "person-made") if e.body.person == id]
    return {
        "id": id,
        "name": name_of(events, id, events[-1].seq),
        "world": world_of(events, id, events[-1].seq),
        "near": near(events, id, events[-1].seq),
        "added": added,
        "changes": [e.seq for e in of(events, "person-changed", "fragment-merged") if e.body.person == id],
        "memory": memory(events, id),
        "mind": minds[-1].body.mind.model_dump() if minds else empty,
        "heard": max(perceived(events, id), default=(0, 0))[1],
        "fresh": fresh(events, id),
        "turns": len(ends),
        "faculties": faculties(events, id),
        "calendar": calendar(events, id),
        "said": len(
            [e for e in of(events, "action-taken") if e.actor == id and e.body.kind != "THINK" and e.seq > added]
        ),
        **distilled(events, id),
    }


def distilled(events: Sequence[Event], id: str) -> dict[str, Any]:
    """What the fold keeps of what a person made of their memories."""
    mine = [e for e in events if e.actor == id]
    over = of(mine, "episode-consolidated", "consolidation-failed")
    reflected = max([e.seq for e in of(mine, "reflection-ended")], default=0)
    return {
        "semantic": [e.seq for e in of(mine, "memory-formed", "insight-formed")],
        "episodes": [e.seq for e in over],
        "ends": [end for _, end in episodes(events, id)[: len(over)]],
        "embedded": [e.seq for e in of(mine, "memories-embedded")],
        "unreflected": len([e for e in of(mine, "episode-consolidated") if e.seq > reflected]),
    }


def episodes(events: Sequence[Event], id: str) -> list[tuple[int, int]]:
    """The episodes of a person that are over: (the end of the turn it was over with, how many memories by then)."""
    found: list[tuple[int, int]] = []
    for turn in [e for e in of(events, "turn-ended", "turn-failed") if e.actor == id]:
        size = setting(events, "episode", turn.seq)
        begun = found[-1][1] if found else 0
        count = len(memory(events[: turn.seq], id))
        if size is not None and count - begun >= size:
            found.append((turn.seq, min(count, begun + 2 * size)))
    return found


def calendar(events: Sequence[Event], id: str) -> list[int]:
    """The appointments that a person made, and those they were told of, in the order they came to be there."""
    made = [(e.seq, 0, e.seq) for e in of(events, "appointment-made") if e.actor == id]
    told = [
        (when, 1, e.seq) for e in of(events, "appointment-made") for when, who in audience(events, e) if who == id
    ]
    return [seq for _, _, seq in sorted([*made, *told])]


def faculties(events: Sequence[Event], id: str | None) -> dict[str, int]:
    """What ``id`` can do (None: everybody), by the event that gave it, in the order given."""
    moves = [
        e
        for e in of(events, "faculty-given", "faculty-taken")
        if (e.body.to is None if id is None else id in (e.body.to or ()))
    ]
    names = [e.body.faculty for e in moves]
    last = [e for number, e in enumerate(moves) if e.body.faculty not in names[number + 1 :]]
    return {e.body.faculty: e.seq for e in last if e.body.type == "faculty-given"}


def people(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Everybody who is there after all events, in the order they came."""
    return [person(events, id) for id in present(events, None, events[-1].seq)]


def worlds(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Every place, and who is in it."""
    last = events[-1].seq
    return [
        {
            "id": e.body.world,
            "name": e.body.name,
            "added": e.seq,
            "access": e.body.access,
            "people": present(events, e.body.world, last),
        }
        for e in of(events, "world-added")
    ]


def making(events: Sequence[Event]) -> dict[str, Any] | None:
    """The people who are still to be made: by which plan, how many of how many, and how many were planned before."""
    asides = [e.seq for e in events if e.body.type in ("question-asked", "minibio-asked", *ASIDE)]
    plans = of(events, "population-planned")
    if not plans or max([0, *asides]) > plans[-1].seq:
        return None
    people = [len(e.body.people) for e in plans]
    done = [e.body.number for e in of(events, "person-made", "person-not-made") if e.seq > plans[-1].seq]
    if len(done) == people[-1]:
        return None
    return {"planned": plans[-1].seq, "people": people[-1], "before": sum(people[:-1]), "done": len(done)}


def running(events: Sequence[Event]) -> dict[str, Any] | None:
    """The run that is under way."""
    marks = of(events, "run-requested", "run-ended", "question-asked", "minibio-asked", *ASIDE)
    if not marks or marks[-1].body.type != "run-requested":
        return None
    run = marks[-1]
    since = [e for e in events if e.seq > run.seq]
    failed = len(of(since, "turn-failed"))
    turns = len(of(since, "turn-ended")) + failed
    done = len(of(since, "step-ended"))
    body = run.body
    return {
        "asked": run.seq,
        "steps": body.steps,
        "seconds": body.seconds,
        "edition": body.edition,
        "done": done,
        "turns": turns,
        "failed": failed,
        "only": body.only,
    }


def shown(events: Sequence[Event], who: str, at: int) -> set[int]:
    """Every event whose words a prompt to ``who`` may hold when their turn begins with event ``at``."""
    mine = [seq for seq, _ in own(events, who) if seq < at]
    return {seq for when, seq in perceived(events, who) if when < at} | set(mine)


def lines(events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """The transcript: (seq, step, time, who, kind, to, content)."""

    def called(id: str | None, e: Event) -> str:
        return name_of(events, id, e.seq) if id else ""

    def said(e: Event) -> tuple[str, str, str, str] | None:
        body = e.body
        match body.type:
            case "stimulus-given":
                to = "everyone" if body.world is not None else ", ".join(called(id, e) for id in body.to)
                return body.speaker, body.kind, to, body.content
            case "person-moved":
                return "", "LOCATION", called(body.person, e), body.world
            case "person-went":
                return called(e.actor, e), "MOVE_TO", "", body.world
            case "action-taken" if body.kind == "THINK":
                return called(e.actor, e), "THINK", "", body.content
            case "action-taken" if body.kind == "TALK":
                return called(e.actor, e), "TALK", called(body.target, e) or "everyone", body.content
            case "action-taken":
                return called(e.actor, e), "REACH_OUT", called(body.target, e), body.content
            case "document-written":
                return called(e.actor, e), "DOCUMENT", "", f"{body.title}\n\n{body.content}"
            case "appointment-made":
                guests = ", ".join(called(id, e) for id in body.attendees)
                return called(e.actor, e), "APPOINTMENT", guests, f"{body.title}, {body.start} to {body.end}"
            case "faculty-used":
                return called(e.actor, e), body.kind, body.target, body.content
            case "result-seen":
                return "", "RESULT", called(e.actor, e), body.content
            case "memory-formed" | "insight-formed":
                return called(e.actor, e), body.type.split("-")[0].upper(), "", body.content
            case "turn-failed":
                return called(e.actor, e), "FAILED", "", body.reason
            case "intervention-fired":
                return "", "INTERVENTION", called(body.target, e), body.name
            case "story-told" if not body.effects:
                return "", "STORY", "", body.text if body.failed is None else f"({body.failed})"
            case "rewritten":
                return "", "REWRITTEN", "", body.text if body.failed is None else f"({body.failed})"
            case "question-asked":
                return "", "QUESTION", called(body.person, e), body.question
            case "question-answered":
                return called(e.actor, e), "ANSWER", "", body.answer if body.failed is None else f"({body.failed})"
        return None

    return [(e.seq, e.step, e.time, *line) for e in events if (line := said(e)) is not None]


TWINS: dict[str, type[Body]] = {
    "stimulus-caused": types.StimulusGiven,
    "person-change-caused": types.PersonChanged,
    "settings-change-caused": types.SettingsChanged,
    "faculty-gift-caused": types.FacultyGiven,
    "faculty-loss-caused": types.FacultyTaken,
    "person-coming-caused": types.PersonAdded,
    "person-leaving-caused": types.PersonRemoved,
    "person-move-caused": types.PersonMoved,
}
"""What an effect does as if somebody had done it from outside."""


def plain(events: Sequence[Event]) -> list[Event]:
    """The same life with every effect as what it would be from outside."""
    return [
        e._replace(body=TWINS[e.body.type].model_validate(e.body.model_dump(exclude={"type"})))
        if e.body.type in TWINS
        else e
        for e in events
    ]


def steering(events: Sequence[Event]) -> dict[str, Any]:
    """What the fold keeps of interventions and for their conditions."""
    asides = [e.seq for e in events if e.body.type in ("question-asked", *ASIDE) or getattr(e.body, "aside", 0)]
    causes = [e for e in of(events, "intervention-fired", "story-told") if e.body.effects]
    effects = [e for e in events if e.body.type in (*TWINS, "effect-failed", "run-ended")]
    done = len([e for e in effects if causes and e.cause == causes[-1].seq])
    owed = causes and done < len(causes[-1].body.effects) and not [seq for seq in asides if seq > causes[-1].seq]
    began = [e.seq for e in of(events, "step-started")]

    kinds = [e.body.type for e in events]
    return {
        "interventions": watched(events),
        "passed": passed(events),
        "pending": {"of": causes[-1].seq, "effects": len(causes[-1].body.effects), "done": done} if owed else None,
        "began": began[-20:],
        "counts": {kind: kinds.count(kind) for kind in kinds},
        "said": len(spoken(events)),
    }


def spoken(events: Sequence[Event]) -> list[Event]:
    """What people said aloud or reached out with."""
    return [e for e in of(events, "action-taken") if e.body.kind != "THINK"]


def watched(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The interventions that are there, with what was decided of each target: how often it fired, and when last."""
    gone = of(events, "intervention-removed")
    there = [
        e
        for e in of(events, "intervention-added")
        if not [g for g in gone if g.seq > e.seq and g.body.name == e.body.name]
    ]
    found = []
    for added in there:
        decided = [e for e in decisions(events) if e.body.name == added.body.name and e.seq > added.seq]
        marks = {}
        for target in {e.body.target for e in decided}:
            mine = [e for e in decided if e.body.target == target]
            fired = [e.step for e in mine if e.body.type == "intervention-fired"]
            marks[target or ""] = [len(fired), mine[-1].step, [0, *fired][-1]]
        found.append({"name": added.body.name, "added": added.seq, "marks": marks})
    return found


def decisions(events: Sequence[Event]) -> list[Event]:
    """Everything that was decided of interventions."""
    return of(events, "intervention-fired", "intervention-checked")


def passed(events: Sequence[Event]) -> list[int]:
    """How far the pass between two steps is: the intervention that was decided last, and its target's coming."""
    begun = [0, *(e.seq for e in of(events, "step-started", "run-requested"))][-1]
    since = [e for e in decisions(events) if e.seq > begun]
    if not since:
        return []
    last = since[-1]
    added = [e.seq for e in of(events, "intervention-added") if e.body.name == last.body.name and e.seq < last.seq]
    came = [
        e.seq
        for e in of(plain(events), "person-added", "person-made")
        if e.body.person == last.body.target and e.seq < last.seq
    ]
    return [added[-1], [0, *came][-1]]


DIGESTED = {
    "person-added": ("person", ("person", "name", "persona")),
    "person-made": ("person", ("person", "name", "persona")),
    "person-removed": ("left", ("person",)),
    "stimulus-given": ("stimulus", ("kind", "content", "world", "to", "speaker")),
    "action-taken": ("action", ("kind", "content", "target")),
    "turn-failed": ("failed", ()),
    "question-asked": ("question", ("person", "question")),
    "question-answered": ("answer", ("person", "answer")),
}
ACTED = ("action-taken", "turn-failed")


def digest(rows: Sequence[Stored]) -> str:
    """``digest.v1``, from the stored rows."""

    def fields(row: Stored) -> list[Any]:
        word, names = DIGESTED[called(row)]
        payload = json.loads(row.payload)
        values = [sorted(payload[name]) if name == "to" else payload[name] for name in names]
        return [row.step, row.time, word, *([row.actor] if row.type in ACTED else []), *values]

    def called(row: Stored) -> str:
        twin = TWINS.get(row.type)
        return twin.model_fields["type"].default if twin else row.type

    kept = [fields(row) for row in rows if called(row) in DIGESTED]
    text = "".join(
        json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for line in kept
    )
    return hashlib.sha256(b"troupe/digest.v1\n" + text.encode()).hexdigest()


def costs(events: Sequence[Event], paid_after: int) -> dict[tuple[Any, ...], tuple[int, int]]:
    """(person, purpose, step, model) to (answers used, those asked for after event ``paid_after``)."""
    used = [
        ((*e.body.address.split("/")[1:3], e.step, e.body.model), e.seq > paid_after)
        for e in of(events, "model-answered")
    ]
    return {key: (len([k for k, _ in used if k == key]), sum(p for k, p in used if k == key)) for key, _ in used}


def surveying(events: Sequence[Event]) -> dict[str, Any] | None:
    """The last survey: whom it asks, and how many of them are through with it."""
    surveys = of(events, "survey-given")
    if not surveys:
        return None
    taken = [e for e in of(events, "survey-taken") if e.seq > surveys[-1].seq]
    return {"asked": surveys[-1].seq, "people": surveys[-1].body.people, "done": len(taken)}
