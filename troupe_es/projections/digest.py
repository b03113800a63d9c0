"""A frozen view of a life, hashed: what a recording promises for ever, whatever later editions write.

``v1`` names its fields one by one and is never changed; a new view gets a new name. It reads events through the
upcasters, so it holds across versions of event types.
"""

import hashlib
from collections.abc import Iterable

from troupe_es import canonical
from troupe_es.events import Event, types


def v1(events: Iterable[Event]) -> str:
    """Return ``digest.v1``: people, stimuli, actions, failures and answers, with step and simulated time."""
    hasher = hashlib.sha256(b"troupe/digest.v1\n")
    for event in events:
        fields = _v1(event)
        if fields is not None:
            hasher.update(canonical.dumps([event.step, event.time, *fields]).encode() + b"\n")
    return hasher.hexdigest()


def _v1(event: Event) -> list[object] | None:
    match event.body:
        case types.PersonAdded() as body:
            return ["person", body.person, body.name, body.persona]
        case types.PersonRemoved() as body:
            return ["left", body.person]
        case types.StimulusGiven() as body:
            return ["stimulus", body.kind, body.content, body.world, sorted(body.to), body.speaker]
        case types.ActionTaken() as body:
            return ["action", event.actor, body.kind, body.content, body.target]
        case types.TurnFailed() as body:
            return ["failed", event.actor]
        case types.QuestionAsked() as body:
            return ["question", body.person, body.question]
        case types.QuestionAnswered() as body:
            return ["answer", body.person, body.answer]
    return None
