"""A state as chunks of bytes and back: one chunk a person, one for all else; only what changed is written.

The manifest names every person's chunk by hash. A person nobody touched since the last saving keeps the chunk
they had. A saved state is a cache: whatever is missing or damaged, the log makes again.
"""

import copy
import hashlib
import json
from typing import Any

from troupe_es import canonical
from troupe_es.events import Mind, Settings
from troupe_es.projections.memory import Get, Memory, Put
from troupe_es.projections.state import (
    Making,
    Pending,
    Person,
    Question,
    Running,
    State,
    Steering,
    Step,
    Surveying,
    Turn,
    Watched,
    World,
)

PLAIN = (
    "seq",
    "seed",
    "clock",
    "step",
    "edition",
    "gone",
    "faculties",
    "code",
    "consolidating",
    "reflecting",
    "planned",
    "lots",
    "ranks",
)

OPEN = ("running", "open_step", "open_turn", "question", "making", "surveying")
"""What may be under way."""

OWN = (
    "id",
    "name",
    "world",
    "added",
    "changes",
    "heard",
    "fresh",
    "turns",
    "faculties",
    "near",
    "unreflected",
    "said",
)
"""What is said of a person in a few words."""

GROWING = ("memory", "semantic", "episodes", "ends", "embedded", "calendar")
"""What a person has ever more of, saved in sealed blocks."""


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
        person = state.people[id] = load_person(json.loads(get(chunk)), get)
        state.names.add(id, person.name)
        if person.fresh:
            state.stirred.add(id)
    return state


def dump(state: State) -> dict[str, Any]:
    """Return the whole state as one JSON value: two states are equal exactly when these are."""
    blocks: dict[str, str] = {}

    def put(content: bytes) -> str:
        hash = chunk_hash(content)
        blocks[hash] = content.hex()
        return hash

    core = copy.deepcopy(dump_core(state))
    people = [dump_person(person, put) for person in state.people.values()]
    for person, saved in zip(state.people.values(), people, strict=True):
        saved.update({name: list(getattr(person, name)) for name in GROWING})
    return {**core, "people": people}


def chunk_hash(content: bytes) -> str:
    """Return the name of a chunk: the SHA-256 (hex) of its content."""
    return hashlib.sha256(content).hexdigest()


def dump_core(state: State) -> dict[str, Any]:
    """Return everything but the people as JSON."""
    return {
        **{name: getattr(state, name) for name in PLAIN},
        "head": state.head.hex(),
        "settings": state.settings.model_dump(mode="json"),
        "worlds": [{**_fields(world), "people": list(world.people)} for world in state.worlds.values()],
        **{name: _fields(part) if (part := getattr(state, name)) else None for name in OPEN},
        "steering": _steered(state.steering),
    }


def _fields(part: Any) -> dict[str, Any]:
    """The fields of a dataclass with slots, not copied: they are written at once."""
    return {name: getattr(part, name) for name in part.__slots__}


def _steered(steering: Steering) -> dict[str, Any]:
    """Steering, with its interventions as a list: their order counts, and keys are sorted where this is written."""
    watched = [{"name": name, **_fields(each)} for name, each in steering.interventions.items()]
    pending = _fields(steering.pending) if steering.pending else None
    return {**_fields(steering), "interventions": watched, "pending": pending}


def _steering(saved: dict[str, Any]) -> Steering:
    watched = {each.pop("name"): Watched(**each) for each in saved["interventions"]}
    pending = Pending(**saved["pending"]) if saved["pending"] else None
    return Steering(**{**saved, "interventions": watched, "pending": pending})


def load_core(saved: dict[str, Any]) -> State:
    """Return the state that ``dump_core`` wrote, without its people."""
    turn, step = saved["open_turn"], saved["open_step"]
    if step:
        step["unheard"] = [tuple(said) for said in step["unheard"]]
        step["going"] = [tuple(gone) for gone in step["going"]]
        step["invited"] = [tuple(invitation) for invitation in step["invited"]]
    if turn:
        turn["answers"] = {address: tuple(pair) for address, pair in turn["answers"].items()}
    return State(
        **{**{name: saved[name] for name in PLAIN}, "faculties": _in_order(saved["faculties"])},
        head=bytes.fromhex(saved["head"]),
        settings=Settings.model_validate(saved["settings"]),
        worlds={w["id"]: World(**{**w, "people": dict.fromkeys(w["people"])}) for w in saved["worlds"]},
        running=Running(**saved["running"]) if saved["running"] else None,
        open_step=Step(**step) if step else None,
        open_turn=Turn(**turn) if turn else None,
        question=Question(**saved["question"]) if saved["question"] else None,
        making=Making(**saved["making"]) if saved["making"] else None,
        surveying=Surveying(**saved["surveying"]) if saved["surveying"] else None,
        steering=_steering(saved["steering"]),
    )


def _in_order(faculties: dict[str, int]) -> dict[str, int]:
    """Return faculties in the order in which they were given: keys are sorted where this is written."""
    return dict(sorted(faculties.items(), key=lambda given: given[1]))


def dump_person(person: Person, put: Put) -> dict[str, Any]:
    """Return one person as JSON; full blocks of memory go through ``put``."""
    return {
        **{name: getattr(person, name) for name in OWN},
        "mind": person.mind.model_dump(mode="json"),
        **{name: getattr(person, name).save(put) for name in GROWING},
    }


def load_person(saved: dict[str, Any], get: Get) -> Person:
    """Return the person that ``dump_person`` wrote."""
    growing = {name: Memory.load(saved[name], get) for name in GROWING}
    own = {"mind": Mind.model_validate(saved["mind"]), "faculties": _in_order(saved["faculties"])}
    return Person(**{**saved, **own, **growing})


def _bytes(value: Any) -> bytes:
    return canonical.dumps(value).encode()
