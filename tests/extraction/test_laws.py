"""Laws of extraction: the run is as it was, every value rests on events that were shown, nothing is paid twice."""

from typing import Any, Literal

import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from strategies.asking import respondents
from strategies.scripts import dead, live_on, scripts, share, trio

from troupe_es import Store
from troupe_es.extraction import labels
from troupe_es.llm import Response

FIELDS = ["mood:choice(good|bad):how it ends", "n:integer", "part:number", "so:boolean", "said:list", "told:text"]
TYPES: dict[str, Any] = {
    "mood": ("good", "bad"),
    "n": int,
    "part": (int, float),
    "so": bool,
    "said": list,
    "told": str,
}
seeds = st.integers(0, 10**6)


def fits(field: str, value: Any) -> bool:
    """Whether a value is one of its field."""
    return value is None or (value in ("good", "bad") if field == "mood" else isinstance(value, TYPES[field]))


@given(scripts(), seeds, st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from([100, 300, 24_000]), st.data())
@share(3)
def test_what_is_extracted_rests_on_what_its_people_perceived_and_leaves_the_run_alone(
    script, seed, hostile, limit, data
) -> None:
    with Store(":memory:", respondents(seed, hostile)) as store:
        sim = script.play(store)
        events = list(sim.events())
        at = data.draw(st.integers(next(e.seq for e in events if e.body.type == "person-added"), len(events)))
        people = oracles.present(events, None, at)
        about = data.draw(st.lists(st.sampled_from(people), max_size=2, unique=True)) if people else []
        found = store.extract(f"life@{at}", FIELDS, about, limit=limit, objective="to know")
        assert (store.open("life").head, found.recorded) == (sim.head, False)
        added = {e.seq for e in oracles.of(events, "person-added") if e.body.person in (about or people)}
        shown = {seq for who in about or people for seq in oracles.memory(events[:at], who)} | added
        assert [value.field for value in found.values] == [field.split(":")[0] for field in FIELDS]
        for value in found.values:
            assert fits(value.field, value.value), value
            assert set(value.evidence) <= shown
            assert value.value is None or value.evidence
        assert found.failed is None or not any(found.row().values())
        report = store.verify(found.ref)
        assert report.holds, report
        store.models["cast"] = dead()
        again = store.extract(f"life@{at}", FIELDS, about, limit=limit, objective="to know")
        assert (again.values, again.ref, again.recorded) == (found.values, found.ref, True)


@given(seeds, st.sampled_from([0.0, 0.3]), st.data())
@share(3)
def test_a_fork_anywhere_in_an_extraction_by_parts_finds_the_same_and_asks_nobody(seed, hostile, data) -> None:
    with Store(":memory:", respondents(seed, hostile)) as store:
        sim = trio(steps=3).play(store)
        found = store.extract("life", FIELDS, limit=150)
        side = store.open(found.ref)
        assert found.parts > 2
        cut = data.draw(st.integers(sim.seq + 1, side.seq))
        fork = store.branch(f"{found.ref.partition('@')[0]}@{cut}", "fork")
        assert store.verify("life/fork").holds
        live_on(fork)
        assert (fork.head, fork.paid) == (side.head, 0)
        assert store.verify("life/fork").holds


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8), st.integers(1, 4), seeds, st.data())
@share(3)
def test_every_text_has_a_label_that_exists_and_the_same_texts_cost_nothing_again(texts, most, seed, data) -> None:
    prompts: list[Any] = []
    with Store(":memory:", respondents(seed, 0.2, prompts)) as store:
        sim = trio(steps=1).play(store)
        found = store.normalise("life", texts, most)
        assert store.verify(found.ref).holds and store.open("life").head == sim.head
        if found.failed is None:
            assert set(found.of.values()) == set(found.labels)
            assert len(found.of) == len(set(texts)) and 1 <= len(found.labels) <= most
            counts = [sum(label == name for label in found.of.values()) for name in found.labels]
            assert counts == sorted(counts, reverse=True)
        asked = len(prompts)
        mixed = data.draw(st.permutations(texts))
        elsewhere = store.normalise(f"life@{sim.seq - 2}", [*mixed, texts[0]], most)
        assert (elsewhere.labels, elsewhere.of, len(prompts)) == (found.labels, found.of, asked)
        assert elsewhere.ref != found.ref and store.verify(elsewhere.ref).holds


def test_labels_come_by_how_often_they_are_used_and_those_that_are_not_used_are_dropped() -> None:
    read = labels.read(Response('{"labels": ["z", "unused", "a", "b"], "of": [4, 1, 3, 1]}'), 4, 4)
    assert read == (["z", "a", "b"], [2, 0, 1, 0])


class Verdict(BaseModel):
    """What to find."""

    mood: Literal["good", "bad"] | None
    n: int | None
    said: list[str] | None


def test_a_pydantic_model_says_what_to_find_and_takes_what_was_found() -> None:
    with Store(":memory:", respondents()) as store:
        trio().play(store)
        found = store.extract("life", Verdict, "Ana")
        assert found.as_a(Verdict) == Verdict(**found.row())
        assert found.row()["n"] is not None


@pytest.mark.parametrize("hostile", [0.0, 1.0])
def test_values_come_from_the_parts_alone_when_a_history_is_long(hostile: float) -> None:
    with Store(":memory:", respondents(1, hostile)) as store:
        trio(steps=3, attempts=1).play(store)
        whole, parts = (store.extract("life", FIELDS, limit=limit) for limit in (24_000, 150))
        assert (whole.parts, parts.parts > 3) == (1, True)
        if hostile:
            assert parts.failed is not None and parts.failed.startswith("part 1 of")
        else:
            assert parts.row()["n"] == whole.row()["n"]
