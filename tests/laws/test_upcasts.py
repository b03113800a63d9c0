"""Laws of versions: what was written in any shape is read in today's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.errors import StoreTooNew
from troupe_es.events import Draft, Stored, read, seal, types
from troupe_es.events.upcast import UPCASTERS, upcast


def test_every_old_event_version_reaches_the_newest() -> None:
    steps = {(word, version) for word, model in types.TYPES.items() for version in range(1, model.version)}
    assert set(UPCASTERS) == steps


@given(st.integers(1, 8), st.dictionaries(st.text(max_size=5), st.integers(), max_size=4))
def test_a_chain_of_upcasters_is_walked_a_version_at_a_time(newest: int, payload: dict[str, Any]) -> None:
    def step(version: int):
        return lambda old: {"was": [*old.get("was", []), version], "inner": old.get("inner", old)}

    chain = {("song-sung", version): step(version) for version in range(1, newest)}
    for version in range(1, newest + 1):
        lifted = upcast("song-sung", version, newest, dict(payload), chain)
        assert lifted.get("was", []) == list(range(version, newest))
        assert lifted.get("inner", lifted) == payload


@given(st.integers(2, 8), st.data())
def test_a_missing_upcaster_is_named(newest: int, data) -> None:
    missing = data.draw(st.integers(1, newest - 1))
    chain = {("song-sung", version): dict for version in range(1, newest) if version != missing}
    with pytest.raises(LookupError, match=f"v{missing} to v{missing + 1}"):
        upcast("song-sung", data.draw(st.integers(1, missing)), newest, {}, chain)


def test_an_old_row_is_lifted_when_it_is_read_and_its_bytes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types.WorldAdded, "version", 1)
    row = seal(Draft(types.WorldAdded(world="k", name="Kitchen")), 1, bytes(32))
    monkeypatch.setattr(types.WorldAdded, "version", 3)
    monkeypatch.setitem(UPCASTERS, ("world-added", 1), lambda old: {**old, "name": old["name"] + " 2"})  # type: ignore
    monkeypatch.setitem(UPCASTERS, ("world-added", 2), lambda old: {**old, "name": old["name"] + " 3"})  # type: ignore
    assert read(row).body.name == "Kitchen 2 3"
    assert json.loads(row.payload)["name"] == "Kitchen"
    assert read(row).hash == row.hash


@given(st.sampled_from(sorted(types.TYPES)), st.integers(1, 99))
def test_a_newer_version_says_please_update(word: str, ahead: int) -> None:
    row = Stored(1, word, types.TYPES[word].version + ahead, None, 0, "", None, "{}", bytes(32))
    with pytest.raises(StoreTooNew, match="please update"):
        read(row)
