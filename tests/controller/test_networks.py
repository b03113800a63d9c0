"""Networks: read from edge lists, drawn from a seed, and taken from personas; from Python and from scenario files."""

import sys
from pathlib import Path

import networkx
import pytest

from troupe_es import Scripted, Settings, Simulation, Store, scenario
from troupe_es.commands import Edge, Relate
from troupe_es.controller import networks, reading
from troupe_es.errors import BadCommand, BadReference, BadScenario, UsageError
from troupe_es.scenario.staging import Generated

SILENT = '{"actions":[{"type":"DONE"}]}'


def crowd(store: Store, count: int, name: str = "life", **more: object) -> Simulation:
    """Begin a network world of ``count`` people, Person 0 and so on."""
    sim = store.begin(name, seed=3, settings=Settings(model="cast", **more))  # type: ignore[arg-type]
    sim.add_world("Town", access="network")
    for number in range(count):
        sim.add_person({"name": f"Person {number}"})
    return sim


@pytest.fixture
def store():
    with Store(":memory:", Scripted(lambda request, draw: SILENT, "cast")) as store:
        yield store


def drawn(kind: str, count: int, neighbours: int, seed: int = 1) -> networkx.Graph:
    """A drawn network, as networkx would have it."""
    people = {f"Person {n}": {"name": f"Person {n}", "likes": f"tea number{n % 3}"} for n in range(count)}
    edges = networks.generate(Generated(kind=kind, neighbours=neighbours), people, seed)  # type: ignore[arg-type]
    graph = networkx.Graph([(edge.a, edge.b) for edge in edges])
    assert len(graph.edges) == len(edges)
    return graph


@pytest.mark.parametrize("kind", ["small-world", "scale-free", "random"])
def test_a_network_is_the_same_for_the_same_seed_and_another_for_another(kind: str) -> None:
    same, again, other = (set(drawn(kind, 60, 4, seed).edges) for seed in (1, 1, 2))
    assert same == again != other


def test_kinds_of_networks_are_what_they_are_called() -> None:
    degrees = {kind: [n for _, n in drawn(kind, 100, 4).degree()] for kind in ("ring", "small-world", "scale-free")}
    assert set(degrees["ring"]) == {4}
    assert sum(degrees["small-world"]) == 400
    assert max(degrees["scale-free"]) > 12
    assert networkx.average_shortest_path_length(drawn("ring", 100, 4)) > 2 * networkx.average_shortest_path_length(
        drawn("small-world", 100, 4)
    )
    assert 2.5 < sum(n for _, n in drawn("random", 100, 4).degree()) / 100 < 5.5
    assert len(drawn("complete", 6, 1).edges) == 15


def test_the_most_alike_know_each_other_and_how_alike_they_are() -> None:
    people = {
        "Ana": {"name": "Ana", "likes": ["rowing boats", "strong coffee"]},
        "Bo": {"name": "Bo", "hobbies": {"water": "rowing boats"}},
        "Cy": {"name": "Cy", "likes": "chess problems"},
    }
    [edge] = networks.generate(Generated(kind="similarity", neighbours=1), people, 0)
    assert edge == Edge("Ana", "Bo", weight=0.5)


@pytest.mark.parametrize(
    ("kind", "count", "neighbours", "said"),
    [("small-world", 4, 4, "more than 4"), ("ring", 9, 3, "3 is odd"), ("similarity", 2, 2, "more than 2")],
)
def test_a_network_that_cannot_be_is_refused(kind: str, count: int, neighbours: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawn(kind, count, neighbours)


def test_without_networkx_one_error_names_the_extra(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sim = crowd(store, 6)
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(UsageError, match=r"pip install 'troupe-es\[networks\]'"):
        sim.network("small-world")
    sim.network("complete", name="neighbour")
    assert sim.related_to("Person 0", "neighbour") == [f"person-{n}" for n in range(1, 6)]


def test_a_network_is_one_event_and_a_re_run_draws_the_same(store: Store) -> None:
    def lived() -> Simulation:
        sim = crowd(store, 30)
        sim.network("small-world", 4, name="friend")
        sim.run(1)
        return sim

    assert lived().head == lived().head
    related = [event for event in lived().events() if event.body.type == "people-related"]
    assert [len(event.body.edges) for event in related] == [60]
    assert store.verify("life").holds


def test_an_edge_list_is_read_with_names_and_weights(tmp_path: Path, store: Store) -> None:
    (tmp_path / "edges.csv").write_text(
        'from,to,name,weight\nPerson 0,Person 1,"old, dear friend",0.5\nperson-1,person-2\n'
    )
    sim = crowd(store, 3)
    sim.connect(tmp_path / "edges.csv", directed=True)
    people = sim.state.people
    assert people["person-0"].near == {"person-1": {"old, dear friend": 0.5}}
    assert people["person-1"].near == {"person-2": {"": 1.0}}
    assert people["person-2"].near == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first line must be 'from,to'"),
        ("a,b\nAna,Bo\n", "the first line must be 'from,to'"),
        ("from,to,since\nAna,Bo,1999\n", "the first line must be"),
        ("from,to\nAna,Bo\nAna\n", "line 3: must name two people"),
        ("from,to\nAna,Bo,friend\n", "line 2: must name two people"),
        ("from,to,weight\nAna,Bo,close\n", "line 2: the weight must be a number above 0, not 'close'"),
        ("from,to,weight\nAna,Bo,-1\n", "line 2: the weight"),
        ("from,to,weight\nAna,Bo,nan\n", "line 2: the weight"),
    ],
)
def test_a_bad_edge_list_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "edges.csv").write_text(text)
    with pytest.raises(UsageError, match=f"edges.csv: {said}"):
        networks.read(tmp_path / "edges.csv")


def test_a_missing_or_binary_edge_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv: cannot be read"):
        networks.read(tmp_path / "none.csv")
    (tmp_path / "edges.csv").write_bytes(b"from,to\n\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        networks.read(tmp_path / "edges.csv")


def test_somebody_in_an_edge_list_who_is_not_there_is_named_with_file_and_line(store: Store, tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("from,to\nPerson 0,Person 1\n\nPerson 2,Zed\n")
    sim = crowd(store, 3)
    before = sim.seq
    with pytest.raises(UsageError, match=r"edges\.csv: line 4: .*'Zed'"):
        sim.connect(tmp_path / "edges.csv")
    assert sim.seq == before
    people = "\n".join(f"  - persona: {{name: Person {n}}}" for n in range(3))
    script = f"troupe: 1\nname: life\nworlds: [{{name: Town}}]\npeople:\n{people}\nnetwork: {{file: edges.csv}}\n"
    (tmp_path / "life.yaml").write_text(script)
    with pytest.raises(BadScenario, match=r"network: .*edges\.csv: line 4: no person is named 'Zed'"):
        reading.load(tmp_path / "life.yaml")


def test_relations_that_cannot_be_are_refused_and_nothing_happens(store: Store) -> None:
    sim = crowd(store, 3)
    before = sim.seq
    for edge in (Edge("Person 0", "Person 0"), Edge("Person 0", "Person 1", weight=0), Edge("Person 0", "Person 9")):
        with pytest.raises((BadCommand, BadReference)):
            sim.connect([Edge("Person 1", "Person 2"), edge])
    with pytest.raises(BadCommand, match="no two people"):
        sim.connect([])
    with pytest.raises(BadCommand, match="person-0 is not related to person-1"):
        sim.unrelate("Person 0", "Person 1")
    assert sim.seq == before


FILE = """
troupe: 1
name: town
model: cast
seed: 5
worlds: [{name: Town, access: network}]
people:
  - persona: {name: Ana Reyes, relationships: [{name: Bo Lind, description: my brother}, {name: Zoe}]}
  - persona: {name: Bo Lind}
  - persona: {name: Cy Young}
"""


def related(text: str, folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Who knows whom at the beginning of the scenario ``text``."""
    (folder / "town.yaml").write_text(text)
    script = reading.load(folder / "town.yaml").scenario
    assert script.self_contained
    assert scenario.parse(scenario.dumps(script), "again") == script
    with Store(":memory:", Scripted(lambda request, draw: SILENT, "cast")) as store:
        sim = store.play(script)
        return {person.id: person.near for person in sim.state.people.values()}


def test_a_scenario_says_who_knows_whom(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("from,to,name\nBo Lind,Cy Young,colleague\n")
    text = "network: {edges: [{between: [Ana Reyes, Cy Young], weight: 0.5}], file: more.csv, from: relationships}\n"
    assert related(FILE + text, tmp_path) == {
        "ana-reyes": {"cy-young": {"": 0.5}, "bo-lind": {"my brother": 1.0}},
        "bo-lind": {"ana-reyes": {"": 1.0}, "cy-young": {"colleague": 1.0}},
        "cy-young": {"ana-reyes": {"": 0.5}, "bo-lind": {"colleague": 1.0}},
    }


def test_people_are_related_as_their_personas_say(store: Store) -> None:
    sim = crowd(store, 1)
    sim.add_person({"name": "Bo Lind", "relationships": [{"Name": "Person 0", "Description": "my boss"}, "nobody"]})
    sim.connect_as_told()
    assert sim.state.people["bo-lind"].near == {"person-0": {"my boss": 1.0}}
    assert sim.state.people["person-0"].near == {"bo-lind": {"": 1.0}}


def test_a_scenario_draws_a_network_from_its_seed(tmp_path: Path) -> None:
    text = FILE + "network: {generate: {kind: ring, neighbours: 2, name: neighbour}}\n"
    found = related(text, tmp_path)
    assert found["ana-reyes"] == {"bo-lind": {"neighbour": 1.0}, "cy-young": {"neighbour": 1.0}}


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("{edges: [{between: [Ana Reyes, Bob]}]}", r"network.edges\[0\].between: no person is named 'Bob'"),
        ("{edges: [{between: [Ana Reyes, ana-reyes]}]}", "cannot be related to themselves"),
        ("{edges: [{between: [Ana Reyes]}]}", "network.edges"),
        ("{fil: x}", "no such field; did you mean 'file'"),
        ("{generate: {kind: ring, neighbours: 9}}", "network: a network in which each knows 9"),
        ("{file: none.csv}", "none.csv: cannot be read"),
        ("{from: personas}", "network.from"),
    ],
)
def test_a_network_that_cannot_be_is_told_by_its_place(network: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=said):
        related(f"{FILE}network: {network}\n", tmp_path)


def test_forty_thousand_relations_are_one_event_and_are_found_again(store: Store) -> None:
    sim = crowd(store, 2)
    sim.command(Relate(tuple(Edge("person-0", "person-1", f"tie {n}") for n in range(40_000))))
    assert len(sim.state.people["person-1"].near["person-0"]) == 40_000
    assert sim.seq == 5


def test_an_estimate_counts_only_those_who_may_act_in_a_crowd(tmp_path: Path) -> None:
    people = [{"persona": {"name": f"Person {number}"}} for number in range(400)]
    script = scenario.model_of(
        {
            "troupe": 1,
            "name": "crowd",
            "settings": {"who": "active", "subset": 20},
            "worlds": [{"name": "Town", "access": "network"}],
            "people": people,
            "network": {"generate": {"kind": "ring"}},
            "program": [{"broadcast": "Ships!"}, {"run": 4}, {"remove": "Person 7"}, {"run": 2}],
        },
        "crowd.yaml",
    )
    drawn = reading.connected(script, script.people, tmp_path, "crowd.yaml: network")
    with Store(":memory:") as store:
        found = store.estimate(script.model_copy(update={"network": drawn}), model="improviser", quick=True)
    assert found.sampled
    assert found.calls.low <= 6 * 20 <= found.calls.high * 1.1
    assert found.calls.high < 2 * 6 * 20
