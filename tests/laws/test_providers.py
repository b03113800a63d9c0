"""The laws hold whoever answers: a script, the improviser, a cassette, OpenAI's or Azure's API, also over a bad line
and with bad answers, and a real engine with weights of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from servers import tiny
from strategies.scripts import Cast, live_on

from troupe_es import Improviser, Settings, Simulation, Store
from troupe_es.controller.bundle import exchange
from troupe_es.controller.portal import portal
from troupe_es.errors import BudgetExceeded, EveryTurnFailed
from troupe_es.events.types import TurnEnded
from troupe_es.llm import Model
from troupe_es.llm.cassette import Cassette
from troupe_es.llm.choose import model_of
from troupe_es.llm.endpoint import OpenAI
from troupe_es.scenario import Budget
from troupe_es.testing.server import Loopback

NAMES = ("Ana Reyes", "Bo Lind", "Cy Young")
STEPS = 2
Given = tuple[ExitStack, Path]
"""What lives as long as the test, and a folder of its own."""


def scripted(given: Given) -> Model:
    return Cast(3).model()


def improviser(given: Given) -> Model:
    return Improviser()


def cassette(given: Given) -> Model:
    return Cassette(given[1] / "answers.jsonl", Cast(4).model(), mode="new_episodes")


def endpoint(*faults: str) -> Callable[[Given], Model]:
    def made(given: Given) -> Model:
        server = given[0].enter_context(Loopback(faults=faults))
        return OpenAI("m", base_url=server.url, api_key="k", patience=20, timeout=10)

    return made


def azure(given: Given) -> Model:
    server = given[0].enter_context(Loopback())
    where = server.url.removesuffix("/v1")
    return OpenAI("dep", azure_endpoint=where, api_key="k", api_version="2024-10-21", patience=20)


def engine(given: Given) -> Model:
    pytest.importorskip("xllamacpp", reason="the extra 'local' is not installed")
    return model_of(f"local:{tiny.write(given[1] / 'tiny.gguf')}", {"TROUPE_MODELS": str(given[1])})


PROVIDERS: dict[str, Callable[[Given], Model]] = {
    "scripted": scripted,
    "improviser": improviser,
    "cassette": cassette,
    "openai": endpoint(),
    "openai over a bad line": endpoint("429%15", "500%10", "reset%10", "cut%10"),
    "openai with bad answers": endpoint("content%30"),
    "openai with everything": endpoint("429%10", "reset%10", "html%10", "content%20"),
    "azure": azure,
    "engine": engine,
}


@pytest.fixture(params=PROVIDERS)
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setattr("troupe_es.llm.endpoint.FIRST_PAUSE", 0.002)
    with ExitStack() as stack:
        made = PROVIDERS[request.param]((stack, tmp_path))
        if hasattr(made, "aclose"):
            stack.callback(lambda: portal().run(made.aclose()))
        yield made


def play(store: Store, model: Model, order: str = "parallel", budget: Budget | None = None) -> Simulation:
    settings = Settings(order=order, max_tokens=2000 if model.name.startswith("local:") else 400)
    sim = store.begin("life", model=model, seed=5, settings=settings, budget=budget)
    sim.add_world("Kitchen")
    for number, name in enumerate(NAMES):
        sim.add_person({"name": name, "age": 30 + number, "beliefs": ["Tea wants patience.", "Cans are for paint."]})
    sim.broadcast("Would you drink cold tea from a can?", speaker="Moderator")
    with suppress(EveryTurnFailed):  # the run has ended all the same
        sim.run(STEPS)
    return sim


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_a_life_verifies_and_is_its_own_recording_whoever_answers(model: Model, order: str) -> None:
    with Store(":memory:") as store:
        sim = play(store, model, order)
        assert len([e for e in sim.events() if isinstance(e.body, TurnEnded)]) >= len(NAMES)
        report = store.verify(sim.ref)
        assert report.holds and report.answers >= len(NAMES) * STEPS
        again = play(store, model, order)
        assert (again.head, again.paid) == (sim.head, 0)


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_an_untouched_fork_lives_the_same_life_for_nothing_whoever_answers(model: Model, order: str) -> None:
    with Store(":memory:") as store:
        sim = play(store, model, order)
        begun = next(e.seq for e in sim.events() if e.body.type == "run-requested")
        for seq in range(begun, sim.seq + 1, 3):
            fork = live_on(store.branch(f"life@{seq}", f"fork-{seq}"))
            assert (fork.head, fork.paid) == (sim.head, 0)


def test_an_interview_leaves_the_run_as_it_was_whoever_answers(model: Model) -> None:
    with Store(":memory:") as store:
        sim = play(store, model)
        asked = store.ask(f"life@{sim.seq - 4}", NAMES[0], "And hot tea?")
        known = store.ask(f"life@{sim.seq - 4}", NAMES[0], "And hot tea?")
        assert known.recorded and (known.answer, known.failed) == (asked.answer, asked.failed)
        assert store.open("life").head == sim.head
        assert store.verify(asked.ref.partition("@")[0]).holds


def test_a_budget_stops_a_run_that_resumes_and_pays_nothing_twice_whoever_answers(model: Model) -> None:
    with Store(":memory:") as store:
        with pytest.raises(BudgetExceeded):
            play(store, model, budget=Budget(calls=2))
        sim = live_on(store.open("life"))
        assert sim.state.running is None and store.verify(sim.ref).holds
        calls = store.log.db["calls"]
        assert calls.count == calls.count_where("answer IS NOT NULL")
        assert not list(calls.rows_where("resent > 0"))


def test_a_bundle_verifies_elsewhere_without_anybody_to_ask_whoever_answers(model: Model, tmp_path: Path) -> None:
    with Store(":memory:") as store:
        head = play(store, model).head
        exchange.export(store.log, "life", tmp_path / "life.zip")
    with Store(":memory:") as other:
        exchange.import_(other.log, tmp_path / "life.zip")
        assert other.verify("life").holds
        assert other.open("life").head == head
