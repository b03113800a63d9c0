"""Events: what happened, in chosen words, chained by hash."""

from troupe_es.events.envelope import GENESIS, Draft, Event, Stored, chain, is_given, payload_of, read, seal
from troupe_es.events.types import TYPES, Body, Given, Mind, Settings, Unknown

__all__ = [
    "GENESIS",
    "TYPES",
    "Body",
    "Draft",
    "Event",
    "Given",
    "Mind",
    "Settings",
    "Stored",
    "Unknown",
    "chain",
    "is_given",
    "payload_of",
    "read",
    "seal",
]
