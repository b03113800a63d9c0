"""The state of any branch at any event: the newest saved fold before it, and the events since.

Saved folds are a cache. They are keyed by the code that folds, so that a changed fold never reads an old one, and
whatever is missing or damaged is folded again from the log.
"""

import hashlib
import json
from functools import cache
from importlib.resources import files

from troupe_es.events import Event
from troupe_es.log import Branch, Log
from troupe_es.projections import State, apply
from troupe_es.projections import saved as folds

EVERY = 1000
"""Events between two saved folds, if people are few."""

EACH = 16
"""Events for each person between two saved folds, if they are many: a fold is as large as they are."""

MOST = 10_000
"""Events between two saved folds at most, which is also how many are folded again at most to see a moment."""

MOST_KNOWN = 20_000
"""Events a reader keeps in memory."""

FOLDING = (
    "projections/fold.py",
    "projections/making.py",
    "projections/memory.py",
    "projections/remembering.py",
    "projections/names.py",
    "projections/populating.py",
    "projections/saved.py",
    "projections/state.py",
    "projections/worlds.py",
    "projections/steered.py",
    "projections/surveyed.py",
    "events/agent.py",
    "events/asking.py",
    "events/envelope.py",
    "events/base.py",
    "events/core.py",
    "events/faculties.py",
    "events/memory.py",
    "events/population.py",
    "events/tools.py",
    "events/validation.py",
    "events/worlds.py",
    "events/steering.py",
    "events/types.py",
    "events/upcast.py",
)


@cache
def fold_version() -> str:
    """Return what identifies the code that folds: a digest of its source."""
    hasher = hashlib.sha256()
    for name in FOLDING:
        hasher.update((files("troupe_es") / name).read_bytes())
    return hasher.hexdigest()[:16]


class Reader:
    """Reads single events of a branch for whoever renders them, and keeps the latest at hand."""

    def __init__(self, log: Log, branch: Branch) -> None:
        self.log = log
        self.branch = branch
        self.known: dict[int, Event] = {}

    def __call__(self, seq: int) -> Event:
        event = self.known.get(seq)
        if event is None:
            event = self.log.event(self.branch, seq)
            self.keep(event)
        return event

    def keep(self, event: Event) -> None:
        """Remember an event that was just seen."""
        self.known[event.seq] = event
        if len(self.known) > MOST_KNOWN:
            for old in list(self.known)[: MOST_KNOWN // 2]:
                del self.known[old]


class Keeper:
    """Saves folds of one branch as it grows, writing only what changed since the last one."""

    def __init__(self, log: Log, branch: Branch, saved: int = 0) -> None:
        self.log = log
        self.branch = branch
        self.people: dict[str, str] = {}
        self.saved = saved

    def seen(self, state: State) -> None:
        """Save ``state`` if enough has happened since the last time."""
        if state.seq - self.saved >= max(EVERY, min(EACH * len(state.people), MOST)):
            self.save(state)

    def save(self, state: State) -> None:
        """Save ``state`` now."""
        chunks: dict[str, bytes] = {}

        def put(content: bytes) -> str:
            name = folds.chunk_hash(content)
            chunks[name] = content
            return name

        manifest = folds.save(state, put, self.people)
        text = json.dumps(manifest, separators=(",", ":"))
        self.log.save_snapshot(self.branch, state.seq, state.head, fold_version(), text, chunks)
        self.people, self.saved = manifest["people"], state.seq
        state.touched.clear()


def state_at(log: Log, branch: Branch, seq: int | None = None, keeper: Keeper | None = None) -> State:
    """Return the state of ``branch`` after event ``seq`` (its last one, if none is given).

    ``keeper`` saves folds on the way, so that the next call is quick; without one nothing is written.
    Raises BadReference if the branch has no such event.
    """
    last = log.head(branch).seq if seq is None else seq
    if seq:
        log.event(branch, seq)
    state = _saved(log, branch, last, keeper)
    for event in log.events(branch, state.seq + 1, last):
        apply(state, event)
        if keeper is not None:
            keeper.seen(state)
    state.read = Reader(log, branch)
    return state


def _saved(log: Log, branch: Branch, seq: int, keeper: Keeper | None) -> State:
    """The newest saved fold up to ``seq``, or the empty state where there is none that can be read."""
    found = log.load_snapshot(branch, seq, fold_version())
    if found is None:
        return State()
    try:
        manifest = json.loads(found.manifest)
        state = folds.load(manifest, log.chunk)
    except (KeyError, ValueError, TypeError):
        return State()
    if keeper is not None:
        keeper.people, keeper.saved = manifest["people"], state.seq
    return state
