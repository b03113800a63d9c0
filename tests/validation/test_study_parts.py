"""What a study says of who answered, of subgroups and of what failed; and what the log keeps of real answers."""

from pathlib import Path

import pytest
from validation.test_study import TRUTH, written
from validation.test_wiring import SURVEY, VOTES, crowd, table
from validation.test_wiring import written as votes

from troupe_es import Improviser, Request, Response, Store
from troupe_es.errors import UsageError
from troupe_es.events import types
from troupe_es.validation import Question, answers, predicted, study, validate

__all__ = ["crowd"]  # a fixture


class Other(Improviser):
    """The improviser under another name."""

    name = "other"


class Muddled(Improviser):
    """The improviser, who finds nothing in what happened."""

    async def complete(self, request: Request, draw: int) -> Response:
        if request.purpose == "extraction":
            return Response("rubbish")
        return await super().complete(request, draw)


def test_a_study_names_all_who_answered_and_compares_the_subgroups_that_are_asked_for(tmp_path: Path) -> None:
    truth = {**TRUTH, "groups": {"age": "Age"}, "by": ["age"]}
    file = written(tmp_path, validation=truth, settings={"models": {"ask": "other"}})
    rows = [f"{n % 5 + 1},{'18-34' if n % 2 else '35-54'}" for n in range(40)]
    (tmp_path / "truth.csv").write_text("\n".join(["Vote,Age", *rows]) + "\n")
    with Store(":memory:", Improviser(), Other()) as store:
        found = study(store, file)
    assert (found.models, found.failed) == (["improviser", "other"], [])
    assert found.note == "Synthetic answers of models improviser, other, not people."
    assert found.validation is not None
    sizes = {each.subgroup: (each.simulated.n, each.real.n) for each in found.validation.report.comparisons}
    assert sizes == {"": (3, 40), "age: 18-34": (3, 20), "age: 35-54": (0, 20)}


def test_what_brought_nothing_is_told_by_its_name(tmp_path: Path) -> None:
    with Store(":memory:", Muddled()) as store:
        found = study(store, written(tmp_path, validation=None))
    [failed] = found.failed
    assert failed.startswith(f"the extraction {found.extractions[0].ref}: ") and found.validation is None


def test_the_log_says_which_columns_of_the_truth_were_read_and_of_how_many_people(
    crowd: Store, tmp_path: Path
) -> None:
    votes(tmp_path / "real.csv", VOTES)
    found = validate(crowd, "crowd", table(groups={"age": "Age"}), folder=tmp_path, survey=SURVEY)
    [note] = [each for each in crowd.notes() if each.kind == "truth-loaded"]
    assert (note.sha256, note.names) == (found.truth, ["Age", "Vote"])
    simulation, _, branch = note.ref.partition("@")[0].partition("/")
    bodies = [event.body for event in crowd.log.events(crowd.log.branch(simulation, branch))]
    [loaded] = [body for body in bodies if isinstance(body, types.TruthLoaded)]
    assert (loaded.columns, loaded.n) == (["Age", "Vote"], 50)


def test_a_validation_is_good_where_every_question_is_and_subgroups_do_not_count(
    crowd: Store, tmp_path: Path
) -> None:
    votes(tmp_path / "real.csv", VOTES)
    votes(tmp_path / "same.csv", VOTES)
    votes(tmp_path / "far.csv", [5] * 50)
    good = validate(crowd, "crowd", table(), folder=tmp_path, simulated=tmp_path / "same.csv", answered_by="m")
    bad = validate(crowd, "crowd", table(), folder=tmp_path, simulated=tmp_path / "far.csv", answered_by="m")
    assert (good.good, bad.good) == (True, False)
    both = {
        "vote": table().questions["vote"],
        "again": {"column": "Other", "kind": "ordinal", "options": [1, 2, 3, 4, 5]},
    }
    for name, others in (("real", VOTES), ("half", [5] * 50)):
        lines = [f"{vote},{other}" for vote, other in zip(VOTES, others, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["Vote,Other", *lines]) + "\n")
    half = validate(crowd, "crowd", table(questions=both), folder=tmp_path, simulated=tmp_path / "half.csv")
    assert [each.verdict.good for each in half.report.comparisons] == [True, False] and not half.good


def test_people_without_the_trait_are_in_no_group_and_nobody_with_it_is_refused(crowd: Store, tmp_path: Path) -> None:
    votes(tmp_path / "real.csv", VOTES)
    with pytest.raises(UsageError, match="nobody has a trait 'shoes'"):
        validate(crowd, "crowd", table(groups={"age": "Age"}), folder=tmp_path, survey=SURVEY, by=["age=shoes"])


def test_a_survey_nobody_answered_is_not_compared(tmp_path: Path) -> None:
    votes(tmp_path / "real.csv", VOTES)

    class Silent(Improviser):
        async def complete(self, request: Request, draw: int) -> Response:
            return Response("")

    with Store(":memory:", Silent()) as store:
        sim = store.begin("crowd", model="improviser")
        sim.add_world("Hall")
        sim.add_person({"name": "P0"})
        with pytest.raises(UsageError, match="nobody gave a usable answer"):
            validate(store, "crowd", table(), folder=tmp_path, survey=SURVEY)
        assert store.notes() == []


def test_a_prediction_of_ticks_is_of_people() -> None:
    ticked = answers(Question("owns", "multiple", ("car", "bike")), [["car", "bike"], ["car"], [], None])
    assert predicted({"owns": ticked}) == {"owns": {"car": pytest.approx(2 / 3), "bike": pytest.approx(1 / 3)}}
