"""What a model was asked and what it answered, behind an event."""

from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import BadReference
from troupe_es.events import Event, types
from troupe_es.log import Branch
from troupe_es.views import rows

TRIES = 50
"""Events of the same act that are looked at for earlier tries."""


def call(store: Store, ref: str, seq: int) -> dict[str, Any] | None:
    """Return the prompt as it was sent and the answer, of the event itself or of the turn it is part of.

    ``shared`` messages were in the prompt before this one of the same person (or, for what is nobody's, none), and
    ``shared_chars`` counts their characters: the prefix a provider's cache can serve. None where no model was asked.
    """
    point = resolve(store.log, ref)
    event = store.log.event(point.branch, seq)
    try:
        asked = answered_for(store, point.branch, event)
    except BadReference:
        return None
    body = asked.body
    assert isinstance(body, types.ModelAnswered)
    prompt = store.log.prompt(body.request)
    same = _same(store, point.branch, asked, prompt)
    draw = store.log.draw_at(point.branch, asked.seq - 1)
    answer = store.log.answer(body.answer, body.request, draw, body.address)
    tokens = ("prompt_tokens", "completion_tokens", "cached_tokens")
    return {
        "event": asked.seq,
        "address": body.address,
        "model": body.model,
        "draw": draw,
        "messages": [
            {"role": role, "text": text, "shared": number < same} for number, (role, text) in enumerate(prompt)
        ],
        "shared_chars": sum(len(text) for _, text in prompt[:same]),
        "parameters": store.log.parameters(body.request),
        "answer": answer.text if answer else None,
        "finish": answer.finish if answer else None,
        "misfit": body.misfit,
        "usage": {name: getattr(answer, name) for name in tokens} if answer else None,
        "seconds": answer.seconds if answer else None,
        "tries": _tries(store, point.branch, asked),
    }


def answered_for(store: Store, branch: Branch, event: Event) -> Event:
    """Return the answer that ``event`` was made from: itself, or the last one before it by the same person.

    What a person does comes from their turn (of several attempts, from the best), not from a judge or a tool.
    Raises BadReference where it came from no model.
    """
    done = isinstance(event.body, types.ActionTaken | types.FacultyUsed | types.ActionHeldBack)
    found, best, attempt = event, 0, 0
    while not (isinstance(found.body, types.ModelAnswered) and (not done or (best == attempt and _turn(found.body)))):
        if found.actor is None or found.actor != event.actor or found.seq == 1:
            raise BadReference(f"event {event.seq} ({event.body.type}) came from no model: it has no prompt")
        found = store.log.event(branch, found.seq - 1)
        if isinstance(found.body, types.ActionsJudged):
            best, attempt = best or found.body.best, found.body.attempt
    return found


def _turn(answered: types.ModelAnswered) -> bool:
    """Whether it is an answer that a turn could be made of."""
    return "/turn/" in answered.address and answered.misfit is None


def _same(store: Store, branch: Branch, asked: Event, prompt: list[tuple[str, str]]) -> int:
    """How many messages this prompt begins with that the last one of the same person began with, too."""
    earlier = rows.backward(store.log, branch, asked.seq, rows.Filter(("model-answered",), asked.actor), 1)
    if asked.actor is None or not earlier:
        return 0
    body = earlier[0].event.body
    assert isinstance(body, types.ModelAnswered)
    before = store.log.prompt(body.request)
    pairs = zip(prompt, before, strict=False)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(prompt), len(before)))


def _tries(store: Store, branch: Branch, asked: Event) -> list[dict[str, Any]]:
    """Every answer of the same act up to this one: the event, and why it could not be used (null: it was)."""
    found: list[dict[str, Any]] = []
    wanted = rows.Filter(("model-answered",), asked.actor)
    body = asked.body
    assert isinstance(body, types.ModelAnswered)
    act = body.address.split("/")[:3]
    for row in [*rows.backward(store.log, branch, asked.seq + 1, wanted, TRIES)]:
        each = row.event.body
        assert isinstance(each, types.ModelAnswered)
        if row.event.step != asked.step or each.address.split("/")[:3] != act or not body.address:
            break
        found.append({"seq": row.event.seq, "misfit": each.misfit})
    return found[::-1] or [{"seq": asked.seq, "misfit": body.misfit}]
