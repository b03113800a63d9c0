"""The log: one SQLite file that keeps simulations, their branches, events and answers."""

from troupe_es.log import schema
from troupe_es.log.integrity import Size
from troupe_es.log.rows import (
    Answer,
    Asked,
    Asking,
    Branch,
    Budget,
    Call,
    Damage,
    Head,
    Kind,
    Lease,
    Link,
    Mail,
    Nearest,
    NewAnswer,
    Note,
    SavedSnapshot,
    Segment,
    Simulation,
    Spent,
)
from troupe_es.log.store import Log

__all__ = [
    "Answer",
    "Asked",
    "Asking",
    "Branch",
    "Budget",
    "Call",
    "Damage",
    "Head",
    "Kind",
    "Lease",
    "Link",
    "Log",
    "Mail",
    "Nearest",
    "NewAnswer",
    "Note",
    "SavedSnapshot",
    "Segment",
    "Simulation",
    "Size",
    "Spent",
    "schema",
]
