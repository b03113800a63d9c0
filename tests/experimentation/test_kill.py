"""``kill -9`` in the middle of an experiment: run again it goes on, and no answer is paid for twice."""

import subprocess
import sys
from pathlib import Path

import pytest
from durability.gate import Gate
from durability.killing import PATIENCE
from experimentation import lives
from experimentation.lives import PREFIX, REPLICATES, SUFFIXES

from troupe_es import Store

SCRIPT = Path(lives.__file__)


def live(store: Path, url: str) -> "subprocess.Popen[str]":
    """Start the experiment in a process of its own."""
    command = [sys.executable, str(SCRIPT), str(store), url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def let_end(store: Path, url: str) -> str:
    """Live it to its end; return the table."""
    with live(store, url) as process:
        said, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complained
    return said


def answered(store: Path) -> set[tuple[str, int, str, int]]:
    """The calls that have an answer: request, draw, address, and which answer it is."""
    sql = "SELECT request, draw, address, answer FROM calls WHERE answer IS NOT NULL"
    with Store(store, write=False) as held:
        return set(held.log.db.execute(sql).fetchall())


def in_flight(store: Path) -> int:
    """How many calls were sent and not answered."""
    with Store(store, write=False) as held:
        return int(held.log.db.execute("SELECT count(*) FROM calls WHERE answer IS NULL").fetchone()[0])


def heads(store: Path) -> dict[str, str]:
    with Store(store, write=False) as held:
        return {each.name: held.log.head(each).hash.hex() for each in held.log.branches("tea")}


@pytest.mark.parametrize("when", [PREFIX // 2, PREFIX + SUFFIXES // 2], ids=["in the prefix", "in the arms"])
def test_a_killed_experiment_goes_on_and_pays_nothing_twice(when: int, tmp_path: Path) -> None:
    (tmp_path / "whole").touch()
    with Gate(tmp_path / "whole") as server:
        server.opened.set()
        table = let_end(tmp_path / "whole.db", server.url)
    store, count = tmp_path / "killed.db", tmp_path / "killed"
    with Gate(count) as server:
        server.opened.set()
        with live(store, server.url) as process:
            try:
                server.wait_for_calls(when)
            finally:
                process.kill()
                complained = process.communicate(timeout=PATIENCE)[1]
                assert not complained
        kept, lost = answered(store), in_flight(store)
        assert 0 < len(kept) < PREFIX + SUFFIXES
        assert let_end(store, server.url) == table
    now = answered(store)
    assert kept <= now
    assert len(now) == len({call[:3] for call in now}) == PREFIX + SUFFIXES
    sent = len(count.read_text().splitlines())
    assert PREFIX + SUFFIXES <= sent <= PREFIX + SUFFIXES + lost
    assert heads(store) == heads(tmp_path / "whole.db")
    with Store(store, write=False) as held:
        for number in range(1, REPLICATES + 1):
            assert held.verify(f"tea/exp-cheap-{number}").holds
