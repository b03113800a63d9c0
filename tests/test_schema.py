"""The published schemas are those of the code, what was published stays, and what is stored fits them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gallery
import jsonschema
import pytest
from record_replays import PEOPLE, REPLAYS, record

from troupe_es import Store
from troupe_es.controller import bundle, schemas
from troupe_es.controller.bundle import archive
from troupe_es.errors import UsageError
from troupe_es.events import TYPES, types

SCHEMA = Path(__file__).parents[1] / "schema"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SCHEMA, tmp_path / "schema"))


def test_the_published_schemas_are_those_of_the_code() -> None:
    assert schemas.faults(SCHEMA) == []


def test_every_type_has_a_schema_and_the_scenario_and_the_tables_too() -> None:
    names = {f"events/{type}.v{model.version}.json" for type, model in TYPES.items()}
    assert set(schemas.files()) == names | {"scenario.json", "survey.json", "log.sql"}


@pytest.mark.parametrize("name", ["scenario.json", "log.sql", "events/world-added.v1.json"])
def test_a_stale_file_is_named(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("name", "nome", 1))
    assert [fault for fault in schemas.faults(folder) if fault.startswith(name)]
    (folder / name).unlink()
    assert [fault for fault in schemas.faults(folder) if fault.startswith(name)]


def test_an_old_version_may_neither_change_nor_vanish(folder: Path) -> None:
    old = folder / "events" / "cat-fed.v1.json"
    old.write_text('{"properties": {"fish": {"type": "string", "description": "what it ate"}}}')
    frozen = json.loads((folder / schemas.FROZEN).read_text())
    frozen["events/cat-fed.v1.json"] = schemas._shape(old.read_text())
    (folder / schemas.FROZEN).write_text(json.dumps(frozen))
    assert schemas.faults(folder) == []
    old.write_text(old.read_text().replace("what it ate", "what it had"))
    assert schemas.faults(folder) == []
    old.write_text(old.read_text().replace("string", "number"))
    assert schemas.faults(folder) == [
        "events/cat-fed.v1.json: is published and was changed; take it from the last release"
    ]
    old.unlink()
    assert "missing" in schemas.faults(folder)[0]


def test_a_published_version_cannot_be_written_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class WorldAdded(types.WorldAdded):
        size: int = 0

    monkeypatch.setitem(TYPES, "world-added", WorldAdded)
    assert "raise the version" in schemas.faults(folder)[0]
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    with pytest.raises(UsageError, match="raise the version"):
        schemas.write(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before
    monkeypatch.setattr(WorldAdded, "version", 3)
    assert schemas.faults(folder) == ["events/world-added.v3.json: is not published yet; run 'troupe schema'"]
    schemas.write(folder)
    assert schemas.faults(folder) == []
    assert (folder / "events" / "world-added.v2.json").exists()


def stored(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of all events of two recorded lives, and of one with code of one's own."""
    record("forks", tmp_path / "forks")
    with Store(tmp_path / "coded.db") as store:
        gallery.coded(store)
        bundle.export(store.log, "coded", tmp_path / "coded")
    for folder in (tmp_path / "forks", tmp_path / "coded", REPLAYS / "gallery"):
        yield from map(json.loads, archive.read(folder)["log.jsonl"].splitlines())


def test_every_stored_payload_fits_its_schema(tmp_path: Path) -> None:
    seen = set()
    for row in stored(tmp_path):
        name = f"{row['type']}.v{row['version']}.json"
        schema = json.loads((SCHEMA / "events" / name).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        payload = json.loads(row["payload"])
        jsonschema.validate(payload, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**payload, "surprise": 1}, schema)
        seen.add(row["type"])
    assert seen == gallery.WANTED
    assert not gallery.NOT_YET & seen, "take it out of NOT_YET: something makes it now"


def test_a_repaired_payload_fits_its_schema_too() -> None:
    schema = json.loads((SCHEMA / "events" / "stimulus-given.v1.json").read_text())
    payload: dict[str, object] = {
        "source": "script",
        "kind": "VISUAL",
        "content": "\ufffd",
        "world": None,
        "to": [],
        "speaker": "",
    }
    jsonschema.validate({**payload, "repaired": 1}, schema)


def test_the_scenario_schema_takes_a_scenario_and_refuses_a_typo() -> None:
    schema = json.loads((SCHEMA / "scenario.json").read_text())
    script = {"troupe": 1, "name": "x", "worlds": [{"name": "Room"}], "people": [{"persona": PEOPLE[0]}]}
    jsonschema.validate(script, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**script, "wrolds": []}, schema)
