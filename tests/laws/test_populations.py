"""Laws of making people: it is folded, cut, forked, verified and gone on with like everything else that happens."""

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import Cast, casts, dead, live_on, peopled, scripts, share, trio

from troupe_es import Store, commands
from troupe_es.canonical import slug
from troupe_es.errors import BadCommand
from troupe_es.projections import digest, fold, saved

counts = st.lists(st.integers(1, 4), min_size=1, max_size=2)


@given(scripts(), casts, counts, st.data())
@share(3)
def test_the_fold_of_people_made_is_what_an_oracle_says_wherever_it_is_cut(script, cast: Cast, many, data) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = peopled(script, *many).play(store)
        events = list(sim.events())
        assert digest.v1(events) == oracles.digest(list(store.log.rows(sim.branch)))
    cut = data.draw(st.integers(1, len(events)))
    state = fold(events[:cut])
    found = saved.dump(state)
    assert found["making"] == oracles.making(events[:cut])
    assert found["planned"] == sum(len(e.body.people) for e in oracles.of(events[:cut], "population-planned"))
    assert found["people"] == oracles.people(events[:cut])
    chunks: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        chunks[saved.chunk_hash(content)] = content
        return saved.chunk_hash(content)

    again = saved.load(saved.save(state, put), chunks.__getitem__)
    assert saved.dump(fold(events[cut:], again)) == saved.dump(fold(events))


@given(scripts(), casts, counts, st.data())
@share(3)
def test_a_fork_in_the_middle_of_making_people_lives_the_same_life_and_asks_nobody(
    script, cast: Cast, many, data
) -> None:
    with Store(":memory:", cast.model()) as store:
        sim = peopled(script, *many).play(store)
        events = list(sim.events())
        [last] = oracles.of(events, "population-planned")[-1:]
        made = [e.seq for e in oracles.of(events, "person-made", "person-not-made") if e.seq > last.seq]
        cut = data.draw(st.integers(last.seq, made[-1]))
        fork = live_on(store.branch(f"life@{cut}", "fork"))
        assert store.log.event(fork.branch, made[-1]).hash == store.log.event(sim.branch, made[-1]).hash
        assert fork.paid == 0
        for ref in ("life", "life/fork"):
            report = store.verify(ref)
            assert report.holds, report


@given(scripts(), casts, counts)
@share(3)
def test_the_same_script_again_makes_the_same_people_and_asks_nobody(script, cast: Cast, many) -> None:
    with Store(":memory:", cast.model()) as store:
        head = peopled(script, *many).play(store).head
        store.models["cast"] = dead()
        again = peopled(script, *many).play(store)
        assert (again.head, again.paid) == (head, 0)


@given(casts, st.integers(1, 9))
@share(2)
def test_everybody_made_has_what_was_settled_and_a_name_of_their_own(cast: Cast, count: int) -> None:
    with Store(":memory:", cast.model()) as store:
        events = list(peopled(trio(), count).play(store).events())
    made = oracles.of(events, "person-made")
    [planned] = oracles.of(events, "population-planned")
    for event in made:
        settled = planned.body.people[event.body.number - 1]
        assert event.body.persona["age"] == settled["age"]
        assert event.body.persona["home"]["town"] == settled["home.town"]
        assert event.body.persona["name"] == event.body.name
        assert event.body.person == slug(event.body.name)
    names = [e.body.name for e in oracles.of(events, "person-added", "person-made")]
    assert len(set(map(slug, names))) == len(names)
    failed = oracles.of(events, "person-not-made")
    assert sorted(e.body.number for e in [*made, *failed]) == list(range(1, count + 1))


def test_a_question_put_while_people_are_being_made_leaves_the_making_to_the_run() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = peopled(trio(), 3).play(store)
        first = oracles.of(list(sim.events()), "person-made")[0]
        store.ask(f"life@{first.seq}", "Ana Reyes", "How are you?")
        [side] = store.log.branches("life", ("ask",))
        asked = [event.body.type for event in store.log.events(side, first.seq + 1)]
    assert asked[0] == "question-asked"
    assert asked[-1] == "question-answered"
    assert "person-made" not in asked


@pytest.mark.parametrize(
    ("people", "why"),
    [
        ((), "nobody"),
        (({"name": "Ana Reyes"},), "two people"),
        (({"name": "X"}, {"name": "x"}), "two people"),
        (({"age": "old"},), "person 1: age"),
    ],
)
def test_people_who_cannot_be_are_refused_before_anything_happens(people: tuple[dict, ...], why: str) -> None:
    with Store(":memory:", dead()) as store:
        sim = store.begin("life", model="cast")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        before = sim.head
        with pytest.raises(BadCommand, match=why):
            sim.command(commands.Populate(people))
        assert sim.head == before


def test_nobody_is_made_in_the_middle_of_a_step() -> None:
    with Store(":memory:", Cast(misfits=0).model()) as store:
        sim = trio().play(store)
        [turn, *_] = oracles.of(list(sim.events()), "turn-ended")
        fork = store.branch(f"life@{turn.seq}", "fork")
        with pytest.raises(BadCommand, match="between two steps"):
            fork.command(commands.Populate(({"age": 3},)))
