"""Lifts payloads of old versions to the newest one, a version at a time; stored bytes are never rewritten.

A registry maps (type, version) to a function from that version's payload to the next one's. Whoever changes the
shape of an event raises its ``version``, adds the step here, and leaves the old schema in ``schema/events`` as
it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Step: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def _with_models_and_profile(created: dict[str, Any]) -> dict[str, Any]:
    """Version 2: one model answered for everybody, and there was no other profile to choose."""
    return {**created, "settings": {**created["settings"], "models": {}, "profile": "auto"}}


UPCASTERS: Mapping[tuple[str, int], Step] = {("simulation-created", 1): _with_models_and_profile}


def upcast(
    type: str,
    version: int,
    newest: int,
    payload: dict[str, Any],
    upcasters: Mapping[tuple[str, int], Step] = UPCASTERS,
) -> dict[str, Any]:
    """Return ``payload`` of ``version`` as one of version ``newest``.

    Raises LookupError if a step on the way is missing: a fault of this program, not of the log.
    """
    for step in range(version, newest):
        if (type, step) not in upcasters:
            raise LookupError(f"no upcaster from {type!r} v{step} to v{step + 1}")
        payload = upcasters[type, step](payload)
    return payload
