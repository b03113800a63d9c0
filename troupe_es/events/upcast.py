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


def _without_faculties(created: dict[str, Any]) -> dict[str, Any]:
    """Version 3: everybody acted, nothing was checked, and nothing was remembered but what had happened."""
    off: dict[str, Any] = {
        "who": "all",
        "subset": None,
        "rounds": 4,
        "repetition": None,
        "checks": [],
        "check_threshold": 5,
        "check_attempts": 2,
        "check_rewrite": False,
        "episode": None,
        "reflect": None,
        "embedder": "",
    }
    return {**created, "settings": {**created["settings"], **off}}


def _open(added: dict[str, Any]) -> dict[str, Any]:
    """Version 2: everybody could speak to everybody."""
    return {**added, "access": "open"}


def _without_image(given: dict[str, Any]) -> dict[str, Any]:
    """Version 2: what was seen was put into words."""
    return {**given, "image": None}


def _by_everybody(requested: dict[str, Any]) -> dict[str, Any]:
    """Version 2: everybody acted in a run's steps."""
    return {**requested, "only": None}


UPCASTERS: Mapping[tuple[str, int], Step] = {
    ("simulation-created", 1): _with_models_and_profile,
    ("simulation-created", 2): _without_faculties,
    ("stimulus-given", 1): _without_image,
    ("run-requested", 1): _by_everybody,
    ("world-added", 1): _open,
}


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
