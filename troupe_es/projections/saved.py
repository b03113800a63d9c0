"""A state as chunks of bytes and back: one chunk a person, one for all else; only what changed is written.

The manifest names every person's chunk by hash. A person nobody touched since the last saving keeps the chunk
they had. A saved state is a cache: whatever is missing or damaged, the log makes again.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from troupe_es import canonical
from troupe_es.events import Mind, Settings
from troupe_es.projections.memory import Get, Memory, Put
from troupe_es.projections.state import Person, Question, Running, State, Step, Turn, World

PLAIN = ("seq", "seed", "clock", "step", "edition", "gone")


def save(state: State, put: Put, previous: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the manifest of ``state``; chunks go through ``put``, which returns their hash.

    ``previous`` are the people of the last manifest of the same life; those in ``state.touched`` are written anew.
    """
    people = {}
    for person in state.people.values():
        known = None if person.id in state.touched else (previous or {}).get(person.id)
        people[person.id] = known or put(_bytes(dump_person(person, put)))
    return {"core": put(_bytes(dump_core(state))), "people": people}


def load(manifest: dict[str, Any], get: Get) -> State:
    """Return the state a manifest names. Raises KeyError when a chunk is gone."""
    state = load_core(json.loads(get(manifest["core"])))
    for id, chunk in manifest["people"].items():
        state.people[id] = load_person(json.loads(get(chunk)), get)
    return state


def dump(state: State) -> dict[str, Any]:
    """Return the whole state as one JSON value: two states are equal exactly when these are."""
    blocks: dict[str, str] = {}

    def put(content: bytes) -> str:
        hash = chunk_hash(content)
        blocks[hash] = content.hex()
        return hash

    people = [dump_person(person, put) for person in state.people.values()]
    for person, saved in zip(state.people.values(), people, strict=True):
        saved["memory"] = list(person.memory)
    return {**dump_core(state), "people": people}


def chunk_hash(content: bytes) -> str:
    """Return the name of a chunk: the SHA-256 (hex) of its content."""
    return hashlib.sha256(content).hexdigest()


def dump_core(state: State) -> dict[str, Any]:
    """Return everything but the people as JSON."""
    return {
        **{name: getattr(state, name) for name in PLAIN},
        "head": state.head.hex(),
        "settings": state.settings.model_dump(mode="json"),
        "worlds": [{**asdict(world), "people": list(world.people)} for world in state.worlds.values()],
        "running": asdict(state.running) if state.running else None,
        "open_step": asdict(state.open_step) if state.open_step else None,
        "open_turn": asdict(state.open_turn) if state.open_turn else None,
        "question": asdict(state.question) if state.question else None,
    }


def load_core(saved: dict[str, Any]) -> State:
    """Return the state that ``dump_core`` wrote, without its people."""
    turn, step = saved["open_turn"], saved["open_step"]
    if step:
        step["unheard"] = [tuple(said) for said in step["unheard"]]
    if turn:
        turn["answers"] = {address: tuple(pair) for address, pair in turn["answers"].items()}
    return State(
        **{name: saved[name] for name in PLAIN},
        head=bytes.fromhex(saved["head"]),
        settings=Settings.model_validate(saved["settings"]),
        worlds={w["id"]: World(**{**w, "people": dict.fromkeys(w["people"])}) for w in saved["worlds"]},
        running=Running(**saved["running"]) if saved["running"] else None,
        open_step=Step(**step) if step else None,
        open_turn=Turn(**turn) if turn else None,
        question=Question(**saved["question"]) if saved["question"] else None,
    )


def dump_person(person: Person, put: Put) -> dict[str, Any]:
    """Return one person as JSON; full blocks of memory go through ``put``."""
    names = ("id", "name", "world", "added", "changes", "heard", "fresh", "turns")
    return {
        **{name: getattr(person, name) for name in names},
        "mind": person.mind.model_dump(mode="json"),
        "memory": person.memory.save(put),
    }


def load_person(saved: dict[str, Any], get: Get) -> Person:
    """Return the person that ``dump_person`` wrote."""
    return Person(
        **{**saved, "mind": Mind.model_validate(saved["mind"]), "memory": Memory.load(saved["memory"], get)}
    )


def _bytes(value: Any) -> bytes:
    return canonical.dumps(value).encode()
