"""Laws of surveys: the run is as it was, nothing is paid twice, and whatever people write becomes a row."""

from typing import Any

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies.asking import COLOURS, EVERY_KIND, respondents, surveys
from strategies.scripts import dead, live_on, scripts, share, trio

from troupe_es import Store, commands
from troupe_es.errors import BudgetExceeded
from troupe_es.projections import fold, saved
from troupe_es.scenario import Budget

seeds = st.integers(0, 10**6)
shares = st.sampled_from([0.0, 0.3, 1.0])


def fits(question: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is one to its question, said again in the plainest way."""
    match question["kind"]:
        case "yes-no":
            return answer in ("yes", "no")
        case "text":
            return isinstance(answer, str) and bool(answer)
        case "choice":
            return answer in COLOURS
        case "multiple":
            return 1 <= len(answer) <= 2 and len(set(answer)) == len(answer) and set(answer) <= set(COLOURS)
        case "likert":
            return isinstance(answer, int) and 1 <= answer <= 5
        case "number":
            return isinstance(answer, int) and 0 <= answer <= 9
        case "rank":
            return sorted(answer) == sorted(COLOURS)
        case "matrix":
            return answer.keys() == {"price", "taste"} and set(answer.values()) <= {"bad", "good"}
    return answer.keys() == set(COLOURS) and sum(answer.values()) == 10 and min(answer.values()) >= 0


def due(question: dict[str, Any], answers: dict[str, Any]) -> bool:
    """Whether a question is asked, after these answers."""
    if question["id"] == "why" and "when" in question:
        return answers.get("drinks") == "yes"
    if question["id"] == "late" and "when" in question:
        return answers.get("cups", 0) > 4 and answers.get("colour") not in ("red", "blue")
    return True


@given(scripts(), surveys(), seeds, shares, st.data())
@share(3)
def test_a_survey_leaves_the_run_alone_and_gives_a_row_for_everybody_and_everything(
    script, survey, seed, hostile, data
) -> None:
    with Store(":memory:", respondents(seed, hostile)) as store:
        sim = script.play(store)
        events = list(sim.events())
        at = data.draw(st.sampled_from([e.seq for e in events if oracles.present(events, None, e.seq)]))
        found = store.survey(f"life@{at}", survey)
        assert (store.open("life").head, found.recorded) == (sim.head, False)
        people = oracles.present(events, None, at)
        ids = [question["id"] for question in survey["questions"]]
        assert [(row.person, row.question) for row in found.rows] == [(who, id) for who in people for id in ids]
        for who in people:
            answers: dict[str, Any] = {}
            for question in survey["questions"]:
                [row] = [r for r in found.rows if (r.person, r.question) == (who, question["id"])]
                assert (row.status == "skipped") is not due(question, answers)
                assert fits(question, row.answer) if row.status == "answered" else row.answer is None
                assert row.reason or row.status != "no answer"
                answers |= {row.question: row.answer} if row.status == "answered" else {}
        report = store.verify(found.ref)
        assert report.holds, report
        store.models["cast"] = dead()
        again = store.survey(f"life@{at}", survey)
        assert (again.rows, again.ref, again.recorded) == (found.rows, found.ref, True)


@given(surveys(), seeds, st.sampled_from([0.0, 0.3]), st.data())
@share(3)
def test_a_fork_anywhere_in_a_survey_lives_the_same_life_and_asks_nobody(survey, seed, hostile, data) -> None:
    with Store(":memory:", respondents(seed, hostile)) as store:
        sim = trio().play(store)
        found = store.survey("life", survey)
        side = store.open(found.ref)
        cut = data.draw(st.integers(sim.seq + 1, side.seq))
        fork = live_on(store.branch(f"{found.ref.partition('@')[0]}@{cut}", "fork"))
        assert (fork.head, fork.paid) == (side.head, 0)
        assert store.verify("life/fork").holds
        gone = live_on(store.branch(f"{found.ref.partition('@')[0]}@{cut}", "gone", commands.RemovePerson("Bo")))
        assert (
            gone.state.surveying is None or "bo-lind" not in gone.state.surveying.people[gone.state.surveying.done :]
        )
        assert store.verify("life/gone").holds


@given(scripts(), surveys(), seeds, st.data())
@share(3)
def test_the_fold_of_a_survey_is_what_an_oracle_says_wherever_it_is_cut(script, survey, seed, data) -> None:
    with Store(":memory:", respondents(seed)) as store:
        life = list(script.play(store).events())
        at = data.draw(st.sampled_from([e.seq for e in life if oracles.present(life, None, e.seq)]))
        first = store.survey(f"life@{at}", survey)
        events = list(store.open(store.survey(first.ref, {"questions": EVERY_KIND[:1]}).ref).events())
    cut = data.draw(st.integers(1, len(events)))
    state = fold(events[:cut])
    found = saved.dump(state)
    assert found["surveying"] == oracles.surveying(events[:cut])
    assert found["running"] == oracles.running(events[:cut])
    assert found["people"] == oracles.people(events[:cut])
    assert found["steering"] == oracles.steering(events[:cut])
    chunks: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        chunks[saved.chunk_hash(content)] = content
        return saved.chunk_hash(content)

    again = saved.load(saved.save(state, put), chunks.__getitem__)
    assert saved.dump(fold(events[cut:], again)) == saved.dump(fold(events))


@pytest.mark.parametrize("calls", [1, 4, 9])
def test_a_survey_that_is_stopped_goes_on_and_nothing_is_paid_twice(calls: int) -> None:
    survey = {"questions": EVERY_KIND}
    asked: list[Any] = []
    with Store(":memory:", respondents(prompts=asked), concurrency=1) as store:
        trio().play(store)
        with pytest.raises(BudgetExceeded):
            store.survey("life", survey, budget=Budget(calls=calls))
        assert len(asked) == calls
        whole = store.survey("life", survey)
        assert not whole.recorded and store.verify(whole.ref).holds
        assert len({(each.hash, each.address) for each in asked}) == len(asked)
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        assert store.survey("life", survey).rows == whole.rows
