"""Ten people and three steps against a server that misbehaves in every way: what is no fact leaves no trace, and
what is said, however odd, is recorded."""

import time
from collections import Counter
from pathlib import Path

import pytest

from troupe_es import Settings, Simulation, Store
from troupe_es.errors import EveryTurnFailed, TroupeError
from troupe_es.events.types import ActionTaken, ModelAnswered, TurnEnded, TurnFailed
from troupe_es.llm.endpoint import OpenAI
from troupe_es.testing.faults import CONTENT, TRANSPORT
from troupe_es.testing.server import Loopback

NAMES = (
    "Ana Reyes",
    "Bo Lind",
    "Cy Young",
    "Dee Okafor",
    "Eli Stern",
    "Fay Wu",
    "Gus Roth",
    "Hal Berg",
    "Ida Cruz",
    "Jo Park",
)
STEPS = 3


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troupe_es.llm.endpoint.FIRST_PAUSE", 0.002)


def begin(store: Store, url: str, patience: float, timeout: float = 20.0) -> Simulation:
    model = OpenAI("m", base_url=url, api_key="k", timeout=timeout, patience=patience)
    sim = store.begin("focus", model=model, seed=3, settings=Settings(max_tokens=400))
    sim.add_world("Room")
    for number, name in enumerate(NAMES):
        sim.add_person({"name": name, "age": 30 + number, "beliefs": ["Good things take time."]})
    sim.broadcast("Would you buy cold tea in a can?", speaker="Moderator")
    return sim


def live(server: Loopback, store: Store, patience: float = 20.0) -> Simulation:
    silent = any("hang" in fault.kinds for fault in server.faults)
    sim = begin(store, server.url, patience, timeout=1.5 if silent else 20.0)
    sim.run(STEPS)
    return sim


def turns(sim: Simulation) -> Counter[str]:
    """Count how turns ended; every person has one in every step."""
    ended = [event for event in sim.events() if isinstance(event.body, TurnEnded | TurnFailed)]
    assert Counter((event.step, event.actor) for event in ended) == {
        (step, person): 1 for step in range(1, STEPS + 1) for person in sim.state.people
    }
    return Counter(type(event.body).__name__ for event in ended)


@pytest.fixture(scope="module")
def calm() -> str:
    """The head of the run with a server that behaves."""
    with Loopback() as server, Store(":memory:") as store:
        sim = live(server, store)
        assert turns(sim) == {"TurnEnded": len(NAMES) * STEPS}
        assert server.outcomes == {"answered": len(NAMES) * STEPS}
        return sim.head


@pytest.mark.parametrize("kind", [*TRANSPORT, "transport"])
def test_transport_faults_are_no_facts(kind: str, calm: str) -> None:
    share = 10 if kind in ("hang", "transport") else 30
    with Loopback(faults=[f"{kind}%{share}"]) as server, Store(":memory:") as store:
        sim = live(server, store)
        assert sim.head == calm
        assert store.verify(sim.ref).holds
    assert server.outcomes.total() > server.outcomes["answered"] == len(NAMES) * STEPS


@pytest.mark.parametrize("kind", [*CONTENT, "content"])
def test_content_faults_are_answers_and_the_run_verifies(kind: str) -> None:
    with Loopback(faults=[f"{kind}%30"]) as server, Store(":memory:") as store:
        sim = live(server, store)
        assert server.outcomes[kind] or kind == "content"
        assert turns(sim).total() == len(NAMES) * STEPS
        answers = [event.body for event in sim.events() if isinstance(event.body, ModelAnswered)]
        assert len(answers) == server.outcomes.total(), "every answer is recorded, used or not"
        assert store.verify(sim.ref).holds
        server.faults = []
        before = server.outcomes.total()
        assert live(server, store).head == sim.head
        assert server.outcomes.total() == before, "and none is asked for again"


def test_all_together_complete_and_verify(calm: str) -> None:
    with Loopback(faults=["any%30"]) as server, Store(":memory:") as store:
        sim = live(server, store)
        ended = turns(sim)
        assert ended["TurnEnded"] > len(NAMES) * STEPS / 2
        acted = {(event.step, event.actor) for event in sim.events() if isinstance(event.body, ActionTaken)}
        assert len(acted) == ended["TurnEnded"], "whoever's turn ended well has done something"
        assert store.verify(sim.ref).holds
    assert sum(server.outcomes[kind] for kind in TRANSPORT) and sum(server.outcomes[kind] for kind in CONTENT)


@pytest.mark.parametrize("kind", ["malformed", "empty", "refusal", "filtered-prompt"])
def test_nothing_but_bad_answers_is_an_error_and_no_silent_success(kind: str) -> None:
    with Loopback(faults=[kind]) as server, Store(":memory:") as store:
        with pytest.raises(EveryTurnFailed) as stopped:
            live(server, store)
        assert stopped.value.exit_code == 5
        assert store.verify("focus").holds
        assert turns(store.open("focus")) == {"TurnFailed": len(NAMES) * STEPS}


@pytest.mark.parametrize("kind", ["429", "429-bare", "500", "reset", "hang", "cut", "broken", "html"])
def test_a_dead_provider_stops_the_run_within_patience_and_resume_goes_on(
    kind: str, calm: str, tmp_path: Path
) -> None:
    """It dies in the middle, when half of the second step is answered."""
    with Loopback() as server, Store(tmp_path / "store.db") as store:
        sim = begin(store, server.url, patience=0.3, timeout=1.0)
        sim.run(1)
        answered = server.outcomes["answered"]
        server._steer({"faults": [f"{kind}~You are {name}" for name in NAMES[5:]]})
        begun = time.monotonic()
        with pytest.raises(TroupeError) as stopped:
            sim.run(2)
        assert time.monotonic() - begun < 4, "patience of 0.3 s, and an attempt of 1 s before it"
        assert stopped.value.exit_code == 4
        assert "is kept" in str(stopped.value)
        assert not any(event.step > 1 and isinstance(event.body, TurnFailed) for event in sim.events())
        server._steer({"faults": []})
        sim.resume()
        assert store.verify(sim.ref).holds
        assert server.outcomes["answered"] == len(NAMES) * STEPS, "nothing that was answered is asked again"
        assert answered == len(NAMES)
