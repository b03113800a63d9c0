"""Worlds by example: who hears whom, who goes where, who joins and leaves, and time in which nobody acts."""

import asyncio
import json
from pathlib import Path

import pytest

from troupe_es import Scripted, Settings, Simulation, Store, commands, scenario
from troupe_es.controller import mail, reading
from troupe_es.errors import BadCommand, BadScenario, Interrupted
from troupe_es.events import Draft, Event, read, seal, types
from troupe_es.llm import Request
from troupe_es.projections import saved

DONE = {"type": "DONE", "content": "", "target": ""}


class Cast:
    """Does what each person is told to do in their turns, one list of actions after the other."""

    def __init__(self) -> None:
        self.plans: dict[str, list[list[tuple[str, str, str]]]] = {}
        self.prompts: dict[str, list[str]] = {}

    def __call__(self, request: Request, draw: int) -> str:
        self.prompts.setdefault(request.person, []).append(request.prompt.content)
        plan = self.plans.get(request.person)
        actions = plan.pop(0) if plan else []
        said = [{"type": kind, "content": content, "target": target} for kind, content, target in actions]
        return json.dumps({"actions": [*said, DONE]})


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def store(cast: Cast):
    with Store(":memory:", Scripted(cast, "cast")) as store:
        yield store


def town(store: Store, access: types.Access = "network", **more: object) -> Simulation:
    """Begin with four people in Town, and nobody in the Garden; Ana knows Bo, and Bo knows Cy but not the reverse."""
    sim = store.begin("life", settings=Settings(model="cast", **more))  # type: ignore[arg-type]
    sim.add_world("Town", "By the sea.", access)
    sim.add_world("Garden", "Roses.")
    for name in ("Ana", "Bo", "Cy", "Dee"):
        sim.add_person({"name": name}, "Town")
    sim.relate("Ana", "Bo", "friend", 0.5)
    sim.relate("Bo", "Cy", directed=True)
    return sim


def heard(sim: Simulation, person: str) -> list[str]:
    """What ``person`` heard others say."""
    events = [sim.state.read(seq) for seq in sim.state.people[person].memory]
    return [e.body.content for e in events if isinstance(e.body, types.ActionTaken) and e.actor != person]


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_what_is_said_aloud_in_a_network_is_heard_by_those_the_speaker_knows(store, cast, order: str) -> None:
    cast.plans = {"bo": [[("TALK", "Hello.", "")]], "cy": [[("TALK", "Nobody hears me.", "")]]}
    sim = town(store, order=order)
    sim.run(1)
    assert [heard(sim, who) for who in ("ana", "bo", "cy", "dee")] == [["Hello."], [], ["Hello."], []]


@pytest.mark.parametrize(("access", "ears"), [("open", ["ana", "bo", "dee"]), ("network", [])])
def test_words_to_somebody_who_cannot_be_reached_are_said_aloud(store, cast, access, ears: list[str]) -> None:
    """Whoever is not here, or not known, is not spoken to; those who can hear the speaker do."""
    cast.plans = {"cy": [[("TALK", "Where is Eve?", "Eve"), ("REACH_OUT", "A letter.", "Eve")]]}
    sim = town(store, access)
    sim.run(1)
    assert [who for who in ("ana", "bo", "dee") if heard(sim, who)] == ears
    cast.plans = {"ana": [[("TALK", "Dee, listen.", "Dee")]]}
    sim.run(1)
    assert ("Dee, listen." in heard(sim, "dee")) == (access == "open")
    assert ("Dee, listen." in heard(sim, "bo")) == (access == "network")


@pytest.mark.parametrize(("access", "reached"), [("open", ["bo", "dee"]), ("network", ["bo"])])
def test_from_a_network_only_those_one_knows_are_reached_in_any_world(store, cast, access, reached) -> None:
    cast.plans = {"ana": [[("REACH_OUT", "A letter.", "Bo"), ("REACH_OUT", "A letter.", "Dee")]]}
    sim = town(store, access)
    sim.move_to("Bo", "Garden")
    sim.move_to("Dee", "Garden")
    sim.run(1)
    assert [who for who in ("bo", "cy", "dee") if heard(sim, who)] == reached


def test_the_moment_names_whom_one_can_reach_and_what_they_are(store, cast) -> None:
    sim = town(store)
    sim.relate("Ana", "Dee", "sister")
    sim.move_to("Dee", "Garden")
    sim.run(1)
    told = {
        who: json.loads(prompts[0].splitlines()[1].partition(": ")[2])
        for who, prompts in cast.prompts.items()
        if who != "dee"
    }
    assert told["ana"] == {
        "here": ["Bo"],
        "elsewhere": ["Dee"],
        "known": [{"name": "Bo", "as": ["friend"], "closeness": 0.5}, {"name": "Dee", "as": ["sister"]}],
    }
    assert told["bo"] == {
        "here": ["Ana", "Cy"],
        "elsewhere": [],
        "known": [{"name": "Ana", "as": ["friend"], "closeness": 0.5}],
    }
    assert told["cy"] == {"here": [], "elsewhere": [], "known": []}
    assert '{"here": []}' in cast.prompts["dee"][0]


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_people_go_where_they_want_when_they_have_said_what_they_say(store, cast, order: str) -> None:
    cast.plans = {"ana": [[("MOVE_TO", "", "garden"), ("TALK", "Goodbye, Bo!", "")], [("TALK", "Alone.", "")]]}
    sim = town(store, "open", order=order)
    sim.command(commands.Equip("moving", ("Ana",)))
    sim.run(1)
    assert heard(sim, "bo") == ["Goodbye, Bo!"]
    assert (sim.state.people["ana"].world, list(sim.state.worlds["garden"].people)) == ("garden", ["ana"])
    sim.run(1)
    assert heard(sim, "bo") == ["Goodbye, Bo!"]
    last = cast.prompts["ana"][-1]
    assert '["Garden", "Roses."]' in last and '"places": ["Town"]' in last
    prompt = "\n".join(text for _, text in store.log.prompt(asked(sim, "ana")[-1].body.request))
    assert '{"type": "MOVE_TO", "content": "", "target": "Garden"}' in prompt
    assert "You are now here: Garden. Roses." in prompt
    assert store.verify("life").holds


def asked(sim: Simulation, who: str) -> list[Event]:
    """The answers that ``who`` gave."""
    return [e for e in sim.events() if e.body.type == "model-answered" and e.actor == who]


def test_whoever_wants_to_go_nowhere_is_told_which_places_there_are(store, cast) -> None:
    cast.plans = {"ana": [[("MOVE_TO", "", "the moon")], [("MOVE_TO", "Garden", "")]]}
    sim = town(store)
    sim.command(commands.Equip("moving"))
    sim.run(1)
    [seen] = [e.body for e in sim.events() if e.body.type == "result-seen"]
    assert (seen.failed, seen.content) == (True, 'There is no such place. The places are: ["Town", "Garden"]')
    assert sim.state.people["ana"].world == "garden"
    with pytest.raises(BadCommand, match="nothing to set, but 'speed'"):
        sim.command(commands.Equip("moving", options={"speed": 3}))


def test_a_moved_person_perceives_where_they_are_and_leaves_what_is_said_there(store, cast) -> None:
    sim = town(store, "open")
    sim.move_to("Ana", "Garden")
    sim.broadcast("Ships!", world="Town")
    assert [sim.state.read(seq).body.type for seq in sim.state.people["ana"].memory] == ["person-moved"]
    sim.run(1)
    assert '{"stimulus": "LOCATION", "from": "", "content": "You are now here: Garden. Roses."}' in str(
        store.log.prompt(asked(sim, "ana")[0].body.request)
    )


def test_where_only_those_act_whom_something_reached_the_others_sleep_and_time_passes(store, cast) -> None:
    cast.plans = {"ana": [[("TALK", "Hello.", "")]]}
    sim = town(store, who="active")
    sim.say("Wake up.", "Ana")
    sim.run(4, 60)
    assert [e.body.schedule for e in sim.events() if e.body.type == "step-started"] == [["ana"], ["bo"], [], []]
    [ended] = [e.body for e in sim.events() if e.body.type == "run-ended"]
    assert (ended.steps, ended.turns, sim.state.clock) == (4, 2, "2026-01-05T09:04:00")
    assert store.verify("life").holds


def test_a_run_in_which_nobody_acts_can_be_stopped(cast) -> None:
    def watch(event: Event) -> None:
        if event.body.type == "step-ended" and event.step == 3:
            asyncio.get_running_loop().call_soon(sim._life.stop)

    with Store(":memory:", Scripted(cast, "cast"), watch=watch) as store:
        sim = town(store, who="active")
        with pytest.raises(Interrupted):
            sim.run(1000)
        assert sim.state.step < 10
        store.watch = None
        store.open("life").resume()
        assert store.at("life").step == 1000


def test_faculties_stay_in_their_order_when_a_state_is_saved(store) -> None:
    sim = town(store)
    for who in ((), ("Ana",)):
        for faculty in ("moving", "calendar"):
            sim.command(commands.Equip(faculty, who))
    chunks: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        chunks[saved.chunk_hash(content)] = content
        return saved.chunk_hash(content)

    again = saved.load(saved.save(sim.state, put), chunks.__getitem__)
    assert list(again.faculties) == list(again.people["ana"].faculties) == ["moving", "calendar"]


def test_a_subset_is_drawn_anew_in_each_step(store, cast) -> None:
    sim = town(store, subset=2)
    sim.run(12)
    drawn = [tuple(e.body.schedule) for e in sim.events() if e.body.type == "step-started"]
    assert {len(schedule) for schedule in drawn} == {2}
    assert len(set(drawn)) > 4


def test_skipped_time_passes_and_cannot_pass_the_end_of_time(store) -> None:
    sim = town(store)
    sim.skip(3600)
    assert sim.state.clock == "2026-01-05T10:00:00"
    for seconds, said in ((0, "at least 1 second"), (10**12, "beyond the year 9999")):
        with pytest.raises(BadCommand, match=said):
            sim.skip(seconds)


def test_everybody_in_a_world_perceives_thoughts_goals_and_circumstances(store) -> None:
    sim = town(store)
    sim.move_to("Dee", "Garden")
    sim.broadcast_thought("It is late.", "Town")
    sim.broadcast_internal_goal("Go home.", "Town")
    sim.broadcast_context_change("It rains.", "Town")
    kinds = ["THOUGHT", "INTERNAL_GOAL_FORMULATION", "LOCATION"]
    for person, perceived in (("ana", kinds), ("dee", [])):
        bodies = [sim.state.read(seq).body for seq in sim.state.people[person].memory]
        assert [body.kind for body in bodies if isinstance(body, types.StimulusGiven)] == perceived


def test_a_relation_can_end_one_way_by_one_name_or_altogether(store) -> None:
    sim = town(store)
    sim.relate("Ana", "Bo", "colleague")
    sim.unrelate("Ana", "Bo", "friend", directed=True)
    assert (sim.related_to("Ana", "friend"), sim.related_to("Bo", "friend")) == ([], ["ana"])
    assert sim.related_to("Ana", "colleague") == ["bo"]
    sim.unrelate("Ana", "Bo")
    assert (sim.related_to("Ana"), sim.related_to("Bo")) == ([], ["cy"])
    sim.make_everyone_accessible("Town")
    assert sim.related_to("Cy") == ["ana", "bo", "dee"]
    sim.remove_person("Ana")
    assert sim.related_to("Cy") == ["bo", "dee"]


def test_worlds_are_steered_by_mail(store) -> None:
    sim = town(store)
    letters = [
        commands.AddWorld("Pier", access="network"),
        commands.Move("ana", "pier"),
        commands.Relate((commands.Edge("ana", "dee", "pen friend"),)),
        commands.Unrelate("ana", "bo"),
        commands.Skip(60),
        commands.Unrelate("ana", "cy"),
    ]
    for letter in letters:
        mail.post(store.log, sim.branch, letter)
    sim.run(1)
    assert [e.body.type for e in sim.events() if e.body.given and e.body.source == "steering"] == [
        "world-added",
        "person-moved",
        "people-related",
        "people-unrelated",
        "time-skipped",
    ]
    assert sim.state.people["ana"].near == {"dee": {"pen friend": 1.0}}
    assert len(store.log.journal(sim.branch, "mail-refused")) == 1
    assert store.verify("life").holds


def test_a_world_of_the_first_version_is_open() -> None:
    old = seal(Draft(types.WorldAdded(world="k", name="Kitchen")), 1, bytes(32))
    payload = json.dumps({key: value for key, value in json.loads(old.payload).items() if key != "access"})
    body = read(old._replace(version=1, payload=payload)).body
    assert body == types.WorldAdded(world="k", name="Kitchen", access="open")


FILE = """
troupe: 1
name: town
model: cast
worlds: [{name: Town, access: network}, {name: Garden}]
people:
  - {persona: {name: Ana Reyes}, world: Town}
program:
  - add: {file: bo.json, world: Garden}
  - relate: {between: [Ana Reyes, Bo Lind], name: friend, weight: 2}
  - move: {who: Bo Lind, to: Town}
  - skip: {weeks: 1, days: 1}
  - run: 1
    months: 1
  - unrelate: {between: [Ana Reyes, Bo Lind], name: friend}
  - remove: Ana Reyes
  - run: 1
    years: 1
"""


def loaded(text: str, folder: Path) -> scenario.Scenario:
    """The scenario of ``text``, with its files read."""
    (folder / "bo.json").write_text('{"type": "TinyPerson", "persona": {"name": "Bo Lind"}}')
    (folder / "town.yaml").write_text(text)
    return reading.load(folder / "town.yaml").scenario


def test_a_scenario_lets_people_join_meet_move_and_leave(store, cast, tmp_path: Path) -> None:
    script = loaded(FILE, tmp_path)
    assert script.self_contained
    assert scenario.parse(scenario.dumps(script), "again") == script
    sim = store.play(script)
    assert [e.body.type for e in sim.events() if e.body.given][4:] == [
        "person-added",
        "people-related",
        "person-moved",
        "time-skipped",
        "run-requested",
        "people-unrelated",
        "person-removed",
        "run-requested",
    ]
    assert sim.state.clock == "2027-02-12T09:00:00"
    assert (list(sim.state.people), sim.state.people["bo-lind"].world) == (["bo-lind"], "town")
    assert '"known": [{"name": "Bo Lind", "as": ["friend"], "closeness": 2.0}]' in cast.prompts["ana-reyes"][0]
    assert store.play(script).head == sim.head
    assert store.verify("town").holds


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: Town}", "to: Twon}", r"program\[2\].move.to: no world is named 'Twon'; did you mean 'Town'"),
        ("who: Bo Lind", "who: Bob", r"program\[2\].move.who: no person is named 'Bob'"),
        ("who: Bo Lind", "wo: Bo Lind", r"program\[2\].move.wo: no such field; did you mean 'who'"),
        ("remove: Ana Reyes", "remove: Anna", r"program\[6\].remove: no person is named 'Anna'"),
        ("  - run: 1\n    years: 1", "  - say: Hi\n    to: [Ana Reyes]", r"program\[7\].to\[0\]: no person is named"),
        ("file: bo.json, world: Garden", "persona: {name: Ana Reyes}, world: Town", "there is or was a person"),
        ("file: bo.json, world: Garden", "file: bo.json", r"program\[0\].add.world: is required"),
        ("file: bo.json", "file: nobody.json", r"program\[0\].add.file: nobody.json: no such file"),
        ("[Ana Reyes, Bo Lind], name: friend, w", "[Ana Reyes, Ana Reyes], w", "cannot be related to themselves"),
        ("weight: 2", "weight: 0", r"relate.weight"),
        ("{weeks: 1, days: 1}", "{}", "needs some time"),
        ("access: network", "access: closed", r"worlds\[0\].access"),
    ],
)
def test_a_scenario_that_places_people_wrongly_is_told_where(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in FILE
    with pytest.raises(BadScenario, match=said):
        loaded(FILE.replace(old, new), tmp_path)
