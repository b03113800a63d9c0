"""``kill -9`` while people are being made: whoever was paid for is kept, and the same people come out."""

from itertools import pairwise
from pathlib import Path

import pytest
from durability import population_lives
from durability.gate import Gate
from durability.killing import Found, Life, asked, examine, resends
from durability.population_lives import COUNT, NAME
from servers.loopback import Loopback

from troupe_es import Store

SCRIPT = Path(population_lives.__file__)


def make(store: Path, url: str) -> Life:
    return Life(store, url, lives=SCRIPT)


def ended(store: Path, url: str) -> str:
    """Let a life come to its end; return what it said last."""
    with make(store, url) as life:
        code, complaint = life.end()
        assert code == 0, complaint
        return life.said.splitlines()[-1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a making that nobody interrupts comes to."""
    folder = tmp_path_factory.mktemp("whole")
    with Loopback(count_file=folder / "count") as server:
        said = ended(folder / "store.db", server.url)
    assert said.startswith(f"made {COUNT} head ")
    assert sorted(asked(folder / "count").values()) == [1] * COUNT
    return said


def check(kills: list[Found], folder: Path) -> None:
    """Nothing that was answered was asked for again, and nothing kept was lost."""
    asks, again = asked(folder / "count"), resends(folder / "store.db")
    assert len(asks) == COUNT
    for prompt, times in asks.items():
        assert again[prompt] <= sum(prompt in found.in_flight for found in kills)
        assert times <= 1 + again[prompt], "asked for more often than the journal tells"
    for found, later in pairwise(kills):
        assert found.answered <= later.answered
        assert found.events <= later.events
    with Store(folder / "store.db") as store:
        report = store.verify(NAME)
    assert (report.holds, report.answers) == (True, COUNT)


def test_killed_in_the_middle_again_and_again_it_makes_the_same_people_and_pays_nothing_twice(
    whole: str, tmp_path: Path
) -> None:
    store, kills = tmp_path / "store.db", []
    with Loopback(count_file=tmp_path / "count", latency=0.01, spread=0.02) as server:
        for more in (1, 9, 6):
            with make(store, server.url) as life:
                life.wait_for("person-made", times=more)
                assert life.kill()
            kills.append(examine(store))
        assert 0 < kills[0].events < kills[-1].events
        assert ended(store, server.url) == whole
    assert any(found.in_flight for found in kills)
    check(kills, tmp_path)


def test_killed_between_sending_and_answers_it_sends_those_again_and_says_so(whole: str, tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    with Gate(tmp_path / "count") as server:
        with make(store, server.url) as life:
            server.wait_for_calls(4)
            assert life.kill()
        killed = examine(store)
        assert len(killed.in_flight) >= 4
        assert not killed.answered
        server.opened.set()
        assert ended(store, server.url) == whole
    check([killed], tmp_path)
    assert set(resends(store)) == killed.in_flight
