"""Where a script and its recording differ, the field is named with both values."""

import pytest

from troupe_es import Improviser, Settings, Store
from troupe_es.controller import mismatch
from troupe_es.errors import ScriptDiffers
from troupe_es.events import types


def stopped(store: Store, **changed: object) -> str:
    with pytest.raises(ScriptDiffers) as found:
        store.begin("tea", **{"model": "improviser", **changed})  # type: ignore[arg-type]
    return str(found.value)


def test_another_model_than_the_recorded_one_is_told_as_that_and_no_more() -> None:
    with Store(":memory:", Improviser()) as store:
        store.begin("tea", model="improviser")
        told = stopped(store, model="gpt-5-mini")
    assert "tea/main at event 1.\n" in told
    assert "\n    settings.model: improviser → gpt-5-mini\nGive it another name (troupe run --name NAME)" in told
    assert "{" not in told and len(told.splitlines()) == 4


def test_every_field_that_differs_is_told_and_what_is_not_there_is_nothing() -> None:
    with Store(":memory:", Improviser()) as store:
        store.begin("tea", model="improviser", seed=7)
        told = stopped(store, seed=8, settings=Settings(models={"ask": "gpt-5"}))
    assert "    seed: 7 → 8\n" in told and "    settings.models.ask: nothing → gpt-5\n" in told


def said(content: str) -> types.StimulusGiven:
    return types.StimulusGiven(source="script", content=content, kind="CONVERSATION", world="kitchen")


def test_of_a_long_text_the_place_is_shown_where_it_differs() -> None:
    told = mismatch.told(said("word " * 200 + "tea"), said("word " * 200 + "coffee"))
    assert "tea → …" in told and told.endswith("coffee") and len(told) < 200


def test_commands_of_two_kinds_are_both_shown() -> None:
    told = mismatch.told(said("Hello."), types.PersonRemoved(source="script", person="ana-reyes"))
    assert told.splitlines()[0].startswith("  recorded: stimulus-given") and "Hello." in told
    assert told.splitlines()[1].startswith("  script:   person-removed") and "ana-reyes" in told


def test_many_differences_are_counted() -> None:
    many = {f"trait-{n}": n for n in range(20)}
    one, other = (
        types.PersonAdded(source="script", person="ana", name="Ana", world="kitchen", persona={"name": "Ana", **more})
        for more in ({}, many)
    )
    assert mismatch.told(one, other).count(" → ") == 1 + mismatch.MOST
    assert mismatch.told(one, other).endswith("and 12 more fields")
