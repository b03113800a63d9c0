"""How people name a point in a store: ``SIMULATION[/BRANCH][@SEQ]``, ``SIMULATION[/BRANCH]@step:N``."""

import re
from dataclasses import dataclass

from troupe_es.errors import BadReference
from troupe_es.log import Branch, Log

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
REFERENCE = re.compile(r"(?P<simulation>[^/@]+)(?:/(?P<branch>[^/@]+))?(?:@(?:(?P<seq>\d+)|step:(?P<step>\d+)))?")


@dataclass(frozen=True)
class Point:
    """A branch, and an event on it; ``at_head`` says that no event was named."""

    branch: Branch
    seq: int
    at_head: bool

    def __str__(self) -> str:
        return f"{self.branch.simulation}/{self.branch.name}@{self.seq}"


def check_name(name: str) -> str:
    """Return ``name`` if a simulation or branch can have it. Raises BadReference."""
    if not NAME.fullmatch(name) or len(name) > 100:
        raise BadReference(
            f"{name!r} is no name: use small letters, digits, '.', '_' and '-', beginning with a letter or digit, "
            "at most 100 of them"
        )
    return name


def resolve(log: Log, reference: str) -> Point:
    """Return the point that ``reference`` names. Raises BadReference saying what is wrong and what there is."""
    match = REFERENCE.fullmatch(reference.strip())
    if match is None:
        raise BadReference(f"{reference!r} is no reference: write SIMULATION[/BRANCH][@SEQ] or …@step:N")
    branch = log.branch(match["simulation"], match["branch"] or "main")
    head = log.head(branch).seq
    if match["step"] is not None:
        return Point(branch, log.last_of_step(branch, int(match["step"])), False)
    if match["seq"] is None:
        return Point(branch, head, True)
    seq = int(match["seq"])
    if seq > head:
        raise BadReference(f"{reference!r}: {branch.simulation}/{branch.name} ends at event {head}")
    return Point(branch, seq, seq == head)
