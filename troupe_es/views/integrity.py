"""Is a life what was written, and would it be decided so again?"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from troupe_es.controller.references import resolve
from troupe_es.controller.replay import Divergence, Report
from troupe_es.controller.store import Store
from troupe_es.events import Stored
from troupe_es.log import Damage


def verify(
    store: Store, ref: str, *, strict: bool = False, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Check the chain of a life up to a point and decide it all again; ``progress`` is told how far it is."""
    return report(store.verify(ref, strict=strict, progress=progress))


def chain(store: Store, ref: str) -> dict[str, Any]:
    """Check chain and checksums alone: quick, and it shows every changed byte, but not that the log follows."""
    point = resolve(store.log, ref)
    head = store.log.head(point.branch)
    damages = store.log.check(point.branch)
    return {"ref": str(point.branch), "head": head.hash.hex(), "holds": not damages, "damages": plain(damages)}


def report(found: Report) -> dict[str, Any]:
    """Return what verifying found, as JSON."""
    return {
        "ref": found.ref,
        "holds": found.holds,
        "head": found.head,
        "events": found.events,
        "decided": found.decided,
        "answers": found.answers,
        "calls": 0,
        "edition": found.edition,
        "damages": plain(found.damages),
        "divergences": [_divergence(each) for each in found.divergences],
        "differences": [_divergence(each) for each in found.differences],
        "code": [asdict(each) for each in found.code],
        "blocked": found.blocked or None,
        "redacted_from": found.before,
    }


def plain(damages: list[Damage]) -> list[dict[str, str]]:
    """Return faults of a store as JSON."""
    return [damage._asdict() for damage in damages]


def _divergence(found: Divergence) -> dict[str, Any]:
    return {
        "seq": found.seq,
        "what": found.what,
        "recorded": _stored(found.recorded),
        "decided": _stored(found.decided),
        "recorded_prompt": [{"role": role, "content": text} for role, text in found.recorded_prompt],
        "decided_prompt": [{"role": role, "content": text} for role, text in found.decided_prompt],
    }


def _stored(row: Stored | None) -> dict[str, Any] | None:
    return None if row is None else {**row._asdict(), "hash": row.hash.hex()}
