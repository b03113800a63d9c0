"""What a store holds, by simulation; and a new store without one of them.

Nothing is ever deleted from a store: whoever wants to be rid of a simulation writes a new file without it, and
removes the old one. Simulations travel as bundles, so the new store holds what is proven to be the same lives:
events, prompts, answers and documents. Bookkeeping (the journal, budgets, who paid) stays behind.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from troupe_es.controller import bundle
from troupe_es.errors import UsageError
from troupe_es.log import Log

SIZES = """
SELECT simulations.name, count(DISTINCT branches.id), count(events.seq),
       coalesce(sum(length(CAST(events.payload AS BLOB))), 0)
FROM simulations
LEFT JOIN branches ON branches.simulation = simulations.id
LEFT JOIN events ON events.branch = branches.id
GROUP BY simulations.id ORDER BY simulations.id"""


@dataclass(frozen=True)
class Held:
    """A simulation in a store: its branches (side branches too), its own events, and the bytes of what they say."""

    simulation: str
    branches: int
    events: int
    bytes: int


def held(log: Log) -> list[Held]:
    """Return what a store holds, oldest first."""
    return [Held(*row) for row in log.select(SIZES)]


def without(log: Log, simulation: str, path: Path) -> list[str]:
    """Write a new store at ``path`` with every simulation but one; returns the names of those it holds.

    The old store is left as it is. Raises BadReference for a simulation that is not there, UsageError where ``path``
    is taken, BadBundle or MissingAnswer for one whose answers are not all there; nothing is left at ``path`` then.
    """
    gone = log.simulation(simulation).name
    others = [each.name for each in log.simulations() if each.name != gone]
    with drafted(path) as made, tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(others):
            carried = Path(folder) / f"{number}.zip"
            bundle.export(log, name, carried)
            bundle.import_(made, carried)
    return others


@contextmanager
def drafted(path: Path) -> Iterator[Log]:
    """Give a store to write into, which is put at ``path`` when the block has ended well, and else is gone.

    Raises UsageError where ``path`` is taken or lies in no folder.
    """
    if path.exists() or not path.absolute().parent.is_dir():
        what = "is there already" if path.exists() else "lies in no folder"
        raise UsageError(f"{path} {what}: name a new file")
    with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder:
        draft = Path(folder) / "draft.db"
        with Log.open(draft) as made:
            yield made
        draft.rename(path)
