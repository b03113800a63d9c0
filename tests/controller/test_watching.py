"""Whoever watches a life hears of what is committed, and of nothing else."""

from pathlib import Path

import pytest

from troupe_es import Improviser, Store, commands
from troupe_es.errors import TroupeError
from troupe_es.events import Event


def test_edits_of_a_fork_are_told_once_it_is_committed_and_never_if_it_is_refused(tmp_path: Path) -> None:
    told: list[int] = []
    seen: list[bool] = []
    path = tmp_path / "watched.db"

    def watch(event: Event) -> None:
        told.append(event.seq)
        with Store(path, write=False) as other:
            heads = [other.log.head(branch).seq for branch in other.log.branches("tea")]
        seen.append(max(heads) >= event.seq)

    with Store(path, Improviser(), watch=watch) as store:
        sim = store.begin("tea", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        before = len(told)
        good = commands.Stimulate("Tea?")
        with pytest.raises(TroupeError):
            store.branch("tea", "refused", good, commands.RemovePerson("nobody"))
        assert len(told) == before
        store.branch("tea", "kept", good, good)
        assert told[before:] == [sim.seq + 1, sim.seq + 2] and all(seen)
        with pytest.raises(ZeroDivisionError), store.log.transaction():
            store.branch("tea", "undone", good)
            raise ZeroDivisionError
        assert len(told) == before + 2 and [each.name for each in store.log.branches("tea")] == ["main", "kept"]
