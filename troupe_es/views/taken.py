"""What each person, purpose, step and model of a life took: what the store's view ``costs`` says, in one pass.

The view is for people with SQL at hand, and names every branch of the store. For one life of a hundred thousand
events this reads the few columns it needs once. Both say the same, and a test holds them together.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from troupe_es.log import Branch, Log
from troupe_es.log.history import MOST

NAMED = """
SELECT type, step, payload FROM events
WHERE branch = ? AND seq >= ? AND seq <= ? AND type IN ('model-answered', 'memories-embedded') ORDER BY seq"""
PAID = "SELECT request, draw, address FROM calls WHERE branch = ?"
ANSWER = "SELECT usage, seconds FROM answers WHERE request = ? AND hash = ?"
KIND = "SELECT json_extract(parameters, '$.kind') FROM requests WHERE hash = ?"

TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens")
COUNTS = ("calls", "paid", "recorded", *TOKENS, "paid_tokens", "seconds")


class Call(NamedTuple):
    """An answer that an event names; ``draw`` is that of the stretch of life in which it is named."""

    step: int
    model: str
    request: str
    answer: str
    address: str
    draw: int


def taken(log: Log, branch: Branch) -> list[dict[str, Any]]:
    """Return a row for each person, purpose, step and model, by step and person.

    Each counts calls, those paid by this branch and those on record, tokens in and out and from a cache, the tokens
    of what was paid, and the seconds that answers took.
    """
    ours = {(request, draw, address) for request, draw, address in log.select(PAID, (branch.id,))}
    answers = _Known(partial(_answer, log))
    kinds = _Known(lambda key: str(_first(log.select(KIND, key)) or "shared"))
    seen: set[tuple[str, str]] = set()
    rows: dict[tuple[int, str, str, str], dict[str, Any]] = {}
    for call in calls(log, branch):
        _, person, purpose = ("", *call.address.split("/")[1:3]) if "/" in call.address else ("", "-", "")
        purpose = purpose or kinds[call.request,]
        key = (call.step, person, purpose, call.model)
        row = rows.setdefault(key, dict.fromkeys(COUNTS, 0))
        named = (call.request, call.address)
        paid = named not in seen and (call.request, call.draw if call.address else 0, call.address) in ours
        seen.add(named)
        _add(row, paid, *answers[call.request, call.answer, call.address])
    names = ("step", "person", "purpose", "model")
    return [
        {**dict(zip(names, key, strict=True)), **row, "seconds": round(row["seconds"], 3)}
        for key, row in sorted(rows.items())
    ]


def calls(log: Log, branch: Branch) -> Iterator[Call]:
    """Yield every answer that the events of a life name, in their order."""
    for segment in log.lineage(branch):
        bounds = (segment.branch_id, segment.first_seq, segment.last_seq or MOST)
        for type, step, payload in log.select(NAMED, bounds):
            body = json.loads(payload)
            if type == "model-answered":
                named = (body["request"], body["answer"], body["address"])
                yield Call(step, body["model"], *named, segment.draw)
            else:
                for each in body["of"]:
                    yield Call(step, body["model"], each["request"], each["answer"], "", segment.draw)


class _Known(dict[Any, Any]):
    """What was looked up once."""

    def __init__(self, look_up: Any) -> None:
        super().__init__()
        self.look_up = look_up

    def __missing__(self, key: Any) -> Any:
        self[key] = self.look_up(key)
        return self[key]


def _answer(log: Log, key: tuple[str, str, str]) -> tuple[dict[str, int | None], float]:
    """Return the tokens and the seconds of the answer an event names, best of the one at its address."""
    request, hash, address = key
    found = log.select(f"{ANSWER} AND address = ? ORDER BY id LIMIT 1", (request, hash, address))
    found = found or log.select(f"{ANSWER} ORDER BY id LIMIT 1", (request, hash))
    usage, seconds = found[0] if found else (None, None)
    counted = json.loads(usage) if usage else {}
    return {name: counted.get(name) for name in TOKENS}, seconds or 0.0


def _first(rows: list[Any]) -> Any:
    return rows[0][0] if rows else None


def _add(row: dict[str, Any], paid: bool, tokens: dict[str, int | None], seconds: float) -> None:
    row["calls"] += 1
    row["paid" if paid else "recorded"] += 1
    for name in TOKENS:
        row[name] += tokens[name] or 0
    prompt, completion = tokens["prompt_tokens"], tokens["completion_tokens"]
    if paid and prompt is not None and completion is not None:
        row["paid_tokens"] += prompt + completion
    row["seconds"] += seconds
