"""Who somebody is can be changed, saved and brought back; what it comes to is in the log."""

import json
from pathlib import Path
from typing import Any

import oracles
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import Cast, casts, dead, scripts, share

from troupe_es import Scripted, Settings, Simulation, Store, commands
from troupe_es.agent import persona
from troupe_es.agent.paths import replace
from troupe_es.agent.specification import mind_of, past_of
from troupe_es.controller import reading
from troupe_es.errors import BadCommand, BadPersona, BadScenario, ScriptDiffers
from troupe_es.events import Mind
from troupe_es.llm import Request
from troupe_es.ui.cli import main

ANA: dict[str, Any] = {"name": "Ana Reyes", "age": 34, "likes": ["tea"], "occupation": {"title": "Welder"}}
SAID = '{"actions":[{"type":"TALK","content":"All well.","target":"Bo"}],"cognitive_state":{"goals":"rest"}}'


def begun(store: Store, name: str = "life") -> Simulation:
    sim = store.begin(name, settings=Settings(model="cast"))
    sim.add_world("Kitchen")
    sim.add_person(ANA)
    sim.add_person({"name": "Bo Lind"})
    return sim


def cast() -> Scripted:
    return Scripted(lambda request, draw: SAID, "cast")


def test_a_trait_is_read_and_defined_by_path_and_the_event_has_what_was_there() -> None:
    with Store(":memory:", cast()) as store:
        sim = begun(store)
        assert sim.read("Ana", "occupation.title") == "Welder"
        sim.define("ana-reyes", "likes", ["rain", "tea"], merge=True)
        sim.define("ana-reyes", "occupation", {"title": "Smith", "organization": "Own"}, merge=True)
        sim.define("ana-reyes", "mood", "calm", overwrite=False)
        changes = oracles.of(list(sim.events()), "person-changed")
        assert [(e.body.path, e.body.before, e.body.after) for e in changes] == [
            ("likes", ["tea"], ["tea", "rain"]),
            ("occupation", {"title": "Welder"}, {"title": "Smith", "organization": "Own"}),
            ("mood", None, "calm"),
        ]
        assert sim.persona("Ana")["mood"] == "calm"
        assert store.verify("life").holds


@pytest.mark.parametrize(
    ("path", "value", "merge"), [("age", 35, False), ("age", 35, True), ("occupation", {"title": "Smith"}, True)]
)
def test_nothing_is_overwritten_where_that_is_not_wanted(path: str, value: Any, merge: bool) -> None:
    with Store(":memory:", cast()) as store:
        sim = begun(store)
        with pytest.raises(BadCommand, match="nothing is to be overwritten"):
            sim.define("ana-reyes", path, value, merge=merge, overwrite=False)
        assert sim.persona("Ana") == ANA
        with pytest.raises(BadCommand, match="is a setting"):
            sim.command(commands.Change("settings.order", "sequential", merge=True))


def test_what_is_read_is_no_way_to_change_it() -> None:
    with Store(":memory:", cast()) as store:
        sim = begun(store)
        sim.persona("Ana")["likes"].append("rain")
        assert sim.persona("Ana") == ANA


def test_a_fragment_in_mid_run_is_one_event_and_the_caller_chooses_where_it_disagrees() -> None:
    fragment = {"age": 50, "likes": ["rain"], "beliefs": ["Less is enough."]}
    with Store(":memory:", cast()) as store:
        sim = begun(store)
        sim.run(1)
        with pytest.raises(BadCommand, match="age: fragment 'sober' says otherwise"):
            sim.add_fragment("Ana", fragment, "sober")
        [conflict] = sim.add_fragment("Ana", fragment, "sober", prefer="fragment")
        assert (conflict.path, conflict.kept, conflict.offered) == ("age", 50, 34)
        [merged] = oracles.of(list(sim.events()), "fragment-merged")
        assert {(c.path, json.dumps(c.before), json.dumps(c.after)) for c in merged.body.changes} == {
            ("age", "34", "50"),
            ("likes.1", "null", '"rain"'),
            ("beliefs", "null", '["Less is enough."]'),
        }
        assert sim.persona("Ana") == {**ANA, "age": 50, "likes": ["tea", "rain"], "beliefs": ["Less is enough."]}
        with pytest.raises(BadCommand, match="f: age: must be a number"):
            sim.add_fragment("Ana", {"age": "old"}, "f")
        assert store.verify("life").holds


@given(scripts(), casts)
@share(3)
def test_the_persona_is_what_the_changes_come_to(script, cast: Cast) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = script.play(store)
        events = list(sim.events())
        for id in sim.state.people:
            [added] = [e.body.persona for e in oracles.of(events, "person-added") if e.body.person == id]
            for path, after in oracles.changes(events, id, sim.seq):
                added = replace(added, path, after)
            assert sim.persona(id) == added


def test_a_minibio_is_written_once_for_a_persona_and_again_when_it_changes() -> None:
    written = Scripted(lambda request, draw: json.dumps({"minibio": f"Ana, {draw}, {request.hash[:4]}"}), "bios")
    with Store(":memory:", cast(), written) as store:
        sim = store.begin("life", settings=Settings(model="cast", models={"generation": "bios"}))
        sim.add_world("Kitchen")
        sim.add_person(ANA)
        sim.run(1)
        before = sim.head
        first = store.minibio("life", "Ana")
        sim.run(1)
        same = store.minibio("life", "Ana Reyes")
        assert (same.text, same.recorded, first.recorded) == (first.text, True, False)
        assert store.minibio("life@3", "Ana").text == first.text
        assert len(written.calls) == 1
        assert written.calls[0].purpose == "generation"
        assert store.minibio("life", "Ana", again=True).text != first.text
        sim.define("ana-reyes", "age", 35)
        changed = store.minibio("life", "Ana")
        assert not changed.recorded and changed.text != first.text
        assert before in [row.hash.hex() for row in store.log.rows(sim.branch)]
        store.models = {"bios": dead(), "cast": dead()}
        assert store.verify(changed.ref).holds
        assert store.minibio("life", "Ana").recorded


def test_a_minibio_that_nobody_can_write_says_why() -> None:
    with Store(":memory:", Scripted(lambda request, draw: "no", "cast")) as store:
        begun(store)
        found = store.minibio("life", "Ana")
        assert found.text == "" and found.failed
        assert store.verify(found.ref).holds


def test_a_person_is_saved_as_they_stand_and_brought_back_with_what_they_remember(tmp_path: Path) -> None:
    with Store(":memory:", cast()) as store:
        sim = begun(store)
        sim.broadcast("Would you drink cold tea?", speaker="Moderator")
        sim.run(1)
        at = sim.ref
        sim.define("ana-reyes", "age", 35)
        assert json.loads(store.save_person(at, "Ana")) == {"type": "TinyPerson", "persona": ANA}
        saved = store.save_person("life", "Ana", memory=True, mind=True)
        assert json.loads(saved)["persona"] == {**ANA, "age": 35}
        (tmp_path / "ana.agent.json").write_text(saved)
        other = store.begin("other", settings=Settings(model="cast"))
        other.add_world("Hall")
        other.load_person(tmp_path / "ana.agent.json")
        assert other.persona("Ana") == {**ANA, "age": 35}
        assert other.state.people["ana-reyes"].mind == Mind(goals="rest")
        given = oracles.of(list(other.events()), "stimulus-given")
        assert [(e.body.kind, e.body.speaker, e.body.content, e.body.to) for e in given] == [
            ("CONVERSATION", "Moderator", "Would you drink cold tea?", ["ana-reyes"]),
            ("THOUGHT", "", "I said to Bo Lind: All well.", ["ana-reyes"]),
            ("CONVERSATION", "Bo Lind", "All well.", ["ana-reyes"]),
        ]
        other.run(1)
        assert store.verify("other").holds


def test_a_scenario_brings_a_saved_person_back_and_merges_fragments(tmp_path: Path) -> None:
    saved = {"type": "TinyPerson", "persona": ANA, **OTHERS}
    (tmp_path / "ana.agent.json").write_text(json.dumps(saved))
    (tmp_path / "sober.fragment.json").write_text('{"type": "Fragment", "persona": {"beliefs": ["Less."]}}')
    (tmp_path / "s.yaml").write_text(
        "troupe: 1\nname: s\nworlds: [{name: Hall}]\n"
        "people: [{file: ana.agent.json}, {persona: {name: Bo}, past: [{content: I was here before.}]}]\n"
        "program:\n- fragment: {to: Ana Reyes, file: sober.fragment.json}\n"
        "- set: {path: people.ana-reyes.likes, value: [rain], merge: true}\n- {run: 1, only: [Bo]}\n"
    )
    script = reading.load(tmp_path / "s.yaml").scenario
    with Store(":memory:", cast()) as store:
        sim = store.play(script, model="cast")
        assert sim.persona("Ana") == {**ANA, "likes": ["tea", "rain"], "beliefs": ["Less."]}
        assert sim.state.people["ana-reyes"].mind.emotions == "calm"
        assert oracles.memory(list(sim.events()), "bo")
        assert [e.body.schedule for e in oracles.of(list(sim.events()), "step-started")] == [["bo"]]
        [merged] = oracles.of(list(sim.events()), "fragment-merged")
        assert merged.body.fragment == "sober"
        store.models = {"cast": dead()}
        assert store.play(script, model="cast").head == sim.head
        assert store.verify("s").holds


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("fragment: {to: Cy, traits: {}}", r"program\[0\].fragment.to: no person is named 'Cy'"),
        ("fragment: {to: Bo, traits: {age: old}}", r"program\[0\].fragment.traits: age: must be a number"),
        ("fragment: {to: Bo, traits: {age: 3}}", r"program\[0\].fragment: age: .*decide with 'prefer"),
        ("fragment: {to: Bo, file: none.json}", r"program\[0\].fragment.file: none.json: no such file"),
        ("fragment: {to: Bo}", r"program\[0\].fragment: needs either 'file' or 'traits'"),
        ("{run: 1, only: [Cy]}", r"program\[0\].only\[0\]: no person is named 'Cy'"),
        ("set: {path: people.bo.age, value: 3, overwrite: false}", r"program\[0\].set: age: there stands 4"),
    ],
)
def test_a_mistake_in_a_scenario_is_named_by_its_path(tmp_path: Path, item: str, says: str) -> None:
    (tmp_path / "s.yaml").write_text(
        "troupe: 1\nname: s\nworlds: [{name: Hall}]\npeople: [{persona: {name: Bo, age: 4}}]\n"
        + f"program:\n- {item}\n"
    )
    with pytest.raises(BadScenario, match=says):
        reading.load(tmp_path / "s.yaml")


OTHERS: dict[str, Any] = {
    "mental_state": {
        "goals": ["rest", "tea"],
        "context": [],
        "attention": None,
        "emotions": "calm",
        "location": None,
    },
    "episodic_memory": {
        "json_serializable_class_name": "EpisodicMemory",
        "memory": [
            {
                "role": "user",
                "type": "stimulus",
                "content": {"stimuli": [{"type": "SOCIAL", "content": "A nod.", "source": "Bo"}]},
            },
            {
                "role": "assistant",
                "type": "action",
                "content": {"action": {"type": "TALK", "content": "Hello.", "target": ""}, "cognitive_state": {}},
            },
            {"role": "assistant", "type": "action", "content": {"action": {"type": "DONE", "content": ""}}},
        ],
        "episodic_buffer": [],
    },
    "semantic_memory": {"memory": [{"content": "Bo is kind.", "type": "information"}]},
}


def test_a_file_of_the_other_system_brings_its_memory_and_state_of_mind() -> None:
    past = [(each.kind, each.speaker, each.content) for each in past_of(OTHERS, "f")]
    assert past == [
        ("SOCIAL", "Bo", "A nod."),
        ("THOUGHT", "", "I said: Hello."),
        ("THOUGHT", "", "Bo is kind."),
    ]
    assert mind_of(OTHERS, "f") == Mind(goals="rest; tea", emotions="calm")


@pytest.mark.parametrize(
    "extra",
    [
        {"episodic_memory": {"memory": [3]}},
        {"episodic_memory": {"memory": [{"content": {"stimuli": [{"type": "SMELL", "content": "x"}]}}]}},
        {"episodic_memory": {"memory": "all"}},
        {"episodic_memory": "all"},
        {"mental_state": "calm"},
        {"mental_state": {"context": 3}},
    ],
)
def test_a_memory_that_cannot_be_read_is_refused_with_its_place(extra: dict[str, Any]) -> None:
    with pytest.raises(BadPersona, match=r"f: (episodic_memory|mental_state)"):
        past_of(extra, "f")
        mind_of(extra, "f")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["content", "type", "memory"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["mental_state", "episodic_memory", "semantic_memory"]), JSON))
def test_whatever_stands_beside_a_persona_is_read_or_refused(extra: dict[str, Any]) -> None:
    try:
        assert isinstance(past_of(extra, "f"), list)
        assert mind_of(extra, "f") is None or mind_of(extra, "f")
    except BadPersona as refusal:
        assert str(refusal).startswith("f: ")


def test_a_script_that_says_it_otherwise_differs_from_its_recording() -> None:
    with Store(":memory:", cast()) as store:
        begun(store).add_fragment("Ana", {"beliefs": ["Less."]}, "sober")
        begun(store).add_fragment("Ana", {"beliefs": ["Less."]}, "sober")
        with pytest.raises(ScriptDiffers):
            begun(store).add_fragment("Ana", {"beliefs": ["More."]}, "sober")


def test_show_saves_a_person_and_never_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def troupe(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, list(words), prog_name="troupe")
        return result.exit_code, result.output

    with Store("troupe.db") as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person(ANA)
        sim.run(1)
    words = ("show", "life", "--person", "Ana", "--save", "a.agent.json", "--with", "memory", "--with", "mind")
    assert troupe(*words)[0] == 0
    read = persona.parse(Path("a.agent.json").read_text(), "a")
    assert read.traits == ANA and past_of(read.extra, "a") and mind_of(read.extra, "a")
    code, told = troupe(*words)
    assert code == 2 and "is there already" in told
    assert troupe("show", "life", "--save", "b.json")[0] == 2
    code, told = troupe("show", "life", "--person", "Ana", "--bio", "--json")
    assert code == 0 and json.loads(told)["recorded"] is False
    assert json.loads(troupe("show", "life", "--person", "Ana", "--bio", "--json")[1])["recorded"] is True


def test_a_question_of_its_own_purpose_asks_its_own_model() -> None:
    asked: list[Request] = []

    def answer(request: Request, draw: int) -> str:
        asked.append(request)
        return '{"minibio": "Ana."}'

    with Store(":memory:", Scripted(answer, "cast")) as store:
        begun(store)
        store.minibio("life", "Ana")
    assert len(asked[0].prompt.chain()) == 1
    assert "Welder" in asked[0].prompt.content
