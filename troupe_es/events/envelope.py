"""An event as the log keeps it: a body in an envelope, chained by hash to all that came before.

The hash covers what is the same whenever the same happens again (seq, type, version, actor, step, simulated
time, cause, payload) and leaves out what is not (position, branch, wall clock). So two lives are equal exactly
when their head hashes are, and the first difference of two branches can be found by bisection.
"""

import hashlib
import json
from typing import Any, NamedTuple

from troupe_es import canonical
from troupe_es.errors import StoreTooNew
from troupe_es.events.types import TYPES, Body, Unknown
from troupe_es.events.upcast import upcast

GENESIS = bytes(32)
"""What the first event's hash is chained to."""

TAG = b"troupe/event/1\n"


OUTSIDE = {"type", "repaired"}
"""Fields of a body that its payload does not hold, or only when there is something to say."""


class Draft(NamedTuple):
    """An event that has not been appended: no place in a branch yet."""

    body: Body
    actor: str | None = None
    step: int = 0
    time: str = ""
    cause: int | None = None


class Stored(NamedTuple):
    """The chained columns of an event, as bytes on disk have them."""

    seq: int
    type: str
    version: int
    actor: str | None
    step: int
    time: str
    cause: int | None
    payload: str
    hash: bytes


class Event(NamedTuple):
    """An event as code reads it: the envelope and its body at the newest version."""

    seq: int
    body: Body
    actor: str | None
    step: int
    time: str
    cause: int | None
    hash: bytes


def chain(
    previous: bytes,
    seq: int,
    type: str,
    version: int,
    actor: str | None,
    step: int,
    time: str,
    cause: int | None,
    payload: str,
) -> bytes:
    """Return the hash of an event after ``previous``. No column but the payload can hold the separator."""
    who = "-" if actor is None else f"={actor}"
    head = f"{seq}|{type}|{version}|{who}|{step}|{time}|{'-' if cause is None else cause}|"
    return hashlib.sha256(TAG + previous + head.encode() + payload.encode()).digest()


def payload_of(body: Body) -> str:
    """Return the canonical JSON of ``body`` without its type; lone surrogates are replaced and counted."""
    content: dict[str, Any] = body.model_dump(mode="json", exclude=OUTSIDE)
    if body.repaired:
        content["repaired"] = body.repaired
    text = canonical.dumps(content)
    if canonical.is_clean(text):
        return text
    content, repaired = canonical.clean(content)
    return canonical.dumps({**content, "repaired": repaired + body.repaired})


def seal(draft: Draft, seq: int, previous: bytes) -> Stored:
    """Give ``draft`` its place: the row that follows ``previous`` at ``seq``."""
    body = draft.body
    payload = payload_of(body)
    version = type(body).version
    columns = (body.type, version, draft.actor, draft.step, draft.time, draft.cause, payload)
    return Stored(seq, *columns, chain(previous, seq, *columns))


def is_given(type: str) -> bool:
    """Say whether events of this type come from outside. A type nobody knows is taken as given: a replay
    cannot derive it, and must not lose it."""
    model = TYPES.get(type)
    return model is None or model.given


def read(row: Stored) -> Event:
    """Decode a stored row, lifting an old version to the newest.

    Raises StoreTooNew for a version above the newest known; ValueError (pydantic's) for a payload that does not
    fit its type.
    """
    model = TYPES.get(row.type)
    if model is None:
        body: Body = Unknown.model_validate({**_loads(row.payload), "type": row.type})
    elif row.version == model.version:
        body = model.__pydantic_validator__.validate_json(row.payload)
    elif row.version > model.version:
        raise StoreTooNew(
            f"event {row.seq} is {row.type!r} version {row.version}, and this program knows up to "
            f"version {model.version}: please update troupe-es"
        )
    else:
        body = model.model_validate(upcast(row.type, row.version, model.version, _loads(row.payload)))
    return Event(row.seq, body, row.actor, row.step, row.time, row.cause, row.hash)


def _loads(payload: str) -> dict[str, Any]:
    content = json.loads(payload)
    if not isinstance(content, dict):
        raise ValueError("an event's payload must be a JSON object")
    return content
