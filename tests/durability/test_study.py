"""``kill -9`` in the middle of a survey that a scenario takes: nothing is paid twice, the same answers come out."""

from itertools import pairwise
from pathlib import Path

from durability import study_lives
from durability.killing import Life, asked, examine, resends
from durability.study_lives import CALLS, NAME
from servers.loopback import Loopback

from troupe_es import Store

SCRIPT = Path(study_lives.__file__)


def ended(store: Path, url: str) -> str:
    """Let a life come to its end; return what it said last."""
    with Life(store, url, lives=SCRIPT) as life:
        code, complaint = life.end()
        assert code == 0, complaint
        return life.said.splitlines()[-1]


def test_killed_in_the_middle_of_a_survey_a_study_goes_on_and_pays_nothing_twice(tmp_path: Path) -> None:
    with Loopback(count_file=tmp_path / "once") as server:
        whole = ended(tmp_path / "whole.db", server.url)
    assert whole.startswith("found ") and sorted(asked(tmp_path / "once").values()) == [1] * CALLS
    store, kills = tmp_path / "store.db", []
    with Loopback(count_file=tmp_path / "count", latency=0.01, spread=0.02) as server:
        for event, times in (("turn-ended", 2), ("survey-answered", 3), ("survey-answered", 5)):
            with Life(store, server.url, lives=SCRIPT) as life:
                life.wait_for(event, times=times)
                assert life.kill()
            kills.append(examine(store))
        assert ended(store, server.url) == whole
        assert ended(store, server.url) == whole
    asks, again = asked(tmp_path / "count"), resends(store)
    assert len(asks) == CALLS
    for prompt, times in asks.items():
        assert again[prompt] <= sum(prompt in found.in_flight for found in kills)
        assert times <= 1 + again[prompt], "asked for more often than the journal tells"
    assert all(found.answered <= later.answered for found, later in pairwise(kills))
    with Store(store) as held:
        assert held.verify(NAME).holds
        assert all(held.verify(str(branch)).holds for branch in held.log.branches(NAME, ("ask",)))
