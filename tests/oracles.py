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

from troupe_es.events import Event, Stored


def of(events: Sequence[Event], *types: str) -> list[Event]:
    """Those of ``types``."""
    return [event for event in events if event.body.type in types]


def present(events: Sequence[Event], world: str | None, at: int) -> list[str]:
    """Ids of who is in ``world`` (None: anywhere) once event ``at`` has happened, in the order they came."""
    came = [e.body.person for e in of(events, "person-added") if e.seq <= at and world in (None, e.body.world)]
    left = [e.body.person for e in of(events, "person-removed") if e.seq <= at]
    return [person for person in came if person not in left]


def world_of(events: Sequence[Event], person: str) -> str:
    """The world that ``person`` entered."""
    [added] = [e for e in of(events, "person-added") if e.body.person == person]
    return str(added.body.world)


def name_of(events: Sequence[Event], person: str, at: int) -> str:
    """What ``person`` is called once event ``at`` has happened."""
    given = [e.body.name for e in of(events, "person-added") if e.body.person == person]
    renamed = [
        e.body.after
        for e in of(events, "person-changed")
        if (e.body.person, e.body.path) == (person, "name") and e.seq <= at
    ]
    return str([*given, *renamed][-1])


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
    if body.type != "action-taken" or body.kind == "THINK":
        return []
    when = heard_at(events, event)
    if when is None or (body.kind == "REACH_OUT" and body.target is None):
        return []
    if body.target is not None:
        return [(when, body.target)] if body.target in present(events, None, when) else []
    here = present(events, world_of(events, str(event.actor)), when)
    return [(when, person) for person in here if person != event.actor]


def perceived(events: Sequence[Event], person: str) -> list[tuple[int, int]]:
    """What reached ``person`` from elsewhere: (the event it came with, the event it is)."""
    return sorted((when, e.seq) for e in events for when, who in audience(events, e) if who == person)


def own(events: Sequence[Event], person: str) -> list[tuple[int, int]]:
    """What ``person`` did: (seq, seq) of each action and each end of a turn."""
    return [(e.seq, e.seq) for e in of(events, "action-taken", "turn-ended") if e.actor == person]


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
    if not spent:
        return str(events[0].body.start)
    return (datetime.fromisoformat(events[0].body.start) + timedelta(seconds=sum(spent))).isoformat()


def person(events: Sequence[Event], id: str) -> dict[str, Any]:
    """Everything the fold keeps of one person."""
    ends = [e for e in of(events, "turn-ended") if e.actor == id]
    empty: dict[str, Any] = {"goals": "", "context": [], "attention": "", "emotions": ""}
    [added] = [e.seq for e in of(events, "person-added") if e.body.person == id]
    return {
        "id": id,
        "name": name_of(events, id, events[-1].seq),
        "world": world_of(events, id),
        "added": added,
        "changes": [e.seq for e in of(events, "person-changed") if e.body.person == id],
        "memory": memory(events, id),
        "mind": ends[-1].body.mind.model_dump() if ends else empty,
        "heard": max(perceived(events, id), default=(0, 0))[1],
        "fresh": fresh(events, id),
        "turns": len(ends),
    }


def people(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Everybody who is there after all events, in the order they came."""
    return [person(events, id) for id in present(events, None, events[-1].seq)]


def worlds(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Every place, and who is in it."""
    last = events[-1].seq
    return [
        {"id": e.body.world, "name": e.body.name, "added": e.seq, "people": present(events, e.body.world, last)}
        for e in of(events, "world-added")
    ]


def running(events: Sequence[Event]) -> dict[str, int] | None:
    """The run that is under way."""
    marks = of(events, "run-requested", "run-ended", "question-asked")
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
            case "action-taken" if body.kind == "THINK":
                return called(e.actor, e), "THINK", "", body.content
            case "action-taken" if body.kind == "TALK":
                return called(e.actor, e), "TALK", called(body.target, e) or "everyone", body.content
            case "action-taken":
                return called(e.actor, e), "REACH_OUT", called(body.target, e), body.content
            case "turn-failed":
                return called(e.actor, e), "FAILED", "", body.reason
            case "question-asked":
                return "", "QUESTION", called(body.person, e), body.question
            case "question-answered":
                return called(e.actor, e), "ANSWER", "", body.answer if body.failed is None else f"({body.failed})"
        return None

    return [(e.seq, e.step, e.time, *line) for e in events if (line := said(e)) is not None]


DIGESTED = {
    "person-added": ("person", ("person", "name", "persona")),
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
        word, names = DIGESTED[row.type]
        payload = json.loads(row.payload)
        values = [sorted(payload[name]) if name == "to" else payload[name] for name in names]
        return [row.step, row.time, word, *([row.actor] if row.type in ACTED else []), *values]

    kept = [fields(row) for row in rows if row.type in DIGESTED]
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
