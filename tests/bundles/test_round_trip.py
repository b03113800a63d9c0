"""What goes out comes back in, byte for byte, once."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from bundles import lived

from troupe_es import Store
from troupe_es import scenario as scenarios
from troupe_es.controller import bundle
from troupe_es.controller.bundle import archive, writing
from troupe_es.errors import BadBundle, BadReference, NameTaken
from troupe_es.events import Stored, chain
from troupe_es.log import Log
from troupe_es.log.notes import ANSWERER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lived.put(tmp_path / "market", lived.files())


@pytest.mark.parametrize("ending", ["", ".zip"])
def test_export_import_export_gives_the_same_bytes(folder: Path, tmp_path: Path, ending: str) -> None:
    first, second = tmp_path / f"first{ending}", tmp_path / f"second{ending}"
    archive.write(first, lived.files())
    with Log.open(":memory:") as log:
        assert bundle.import_(log, first) == "market"
        bundle.export(log, "market", second)
        assert log.check() == []
    assert archive.read(second) == archive.read(first) == lived.files()
    if ending:
        assert first.read_bytes() == second.read_bytes()


def test_an_imported_life_is_the_life_that_was_exported(folder: Path) -> None:
    content = lived.content()
    with Log.open(":memory:") as log:
        bundle.import_(log, folder)
        for name, twig in content.twigs.items():
            branch = log.branch("market", name)
            assert list(log.rows(branch)) == content.life(name)
            assert tuple(log.head(branch)) == content.head(name)
            assert (branch.kind, branch.fork_seq, branch.draw) == (twig.kind, twig.fork, twig.draw)


def test_what_a_model_answered_with_stands_in_the_manifest_beside_its_answers(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    [answerer] = manifest["answered_by"]
    assert (manifest["format"], answerer["model"], answerer["provenance"]) == (2, "improviser", [lived.MADE_WITH])
    with Log.open(":memory:") as log:
        bundle.import_(log, folder)
        [note] = log.journal(log.branch("market", "main"), ANSWERER)
        assert note.payload == {"model": "improviser", **lived.MADE_WITH}


def test_a_second_engine_stands_beside_the_first_whichever_was_noted_sooner() -> None:
    newer = {**lived.MADE_WITH, "engine": "dice 1.1"}
    for told in ([lived.MADE_WITH, newer], [newer, lived.MADE_WITH, newer]):
        content = replace(lived.content(), provenance={})
        for each in told:
            content.know("improviser", each)
        manifest = json.loads(writing.files(content)["manifest.json"])
        assert manifest["answered_by"][0]["provenance"] == [lived.MADE_WITH, newer]


def test_a_bundle_that_says_nothing_of_engines_is_the_first_format_still() -> None:
    files = writing.files(replace(lived.content(), provenance={}))
    assert json.loads(files["manifest.json"])["format"] == 1
    assert "provenance" not in files["manifest.json"].decode()
    assert lived.heads(lived.opened(files)) == lived.heads(lived.content())


def test_an_import_repeated_adds_nothing(folder: Path) -> None:
    with Log.open(":memory:") as log:
        bundle.import_(log, folder)
        before = lived.dump(log)
        bundle.import_(log, folder)
        assert lived.dump(log) == before


def test_an_imported_run_goes_on_without_asking_for_what_is_recorded(folder: Path) -> None:
    with Store(":memory:", record="none") as store:
        bundle.import_(store.log, folder)
        assert store.ask("market@step:1", "Ada", "Would you smile for it?").recorded
        fork = store.branch("market@step:1", "same-again")
        fork.resume()
        assert fork.head == lived.content().head("main")[1].hex()


def test_a_taken_name_with_another_life_is_refused_and_another_name_helps(folder: Path) -> None:
    with Store(":memory:") as store:
        bundle.import_(store.log, folder)
        store.open("market").broadcast("Closing time.")
        before = lived.dump(store.log)
        with pytest.raises(NameTaken, match=r"'main' ends at event .* another name"):
            bundle.import_(store.log, folder)
        assert lived.dump(store.log) == before
        assert bundle.import_(store.log, folder, "market-2") == "market-2"
        assert store.verify("market-2").holds
        with pytest.raises(BadReference):
            bundle.import_(store.log, folder, "Market 3")


def test_a_simulation_under_another_name_goes_on_under_that_name(folder: Path) -> None:
    with Store(":memory:", record="none") as store:
        bundle.import_(store.log, folder, "mine")
        assert store.resume("mine").ref.startswith("mine/main@")
        assert [known.name for known in store.log.simulations()] == ["mine"]


def test_our_answers_stay_ours_beside_foreign_ones(folder: Path, tmp_path: Path) -> None:
    with Store(":memory:") as store:
        mine = store.play(scenarios.parse(lived.SCENARIO, "market.yaml"), model="improviser").head
        count = store.log.sizes()["answers"].rows
        bundle.import_(store.log, folder, "foreign")
        origins = {origin for (origin,) in store.log.db.conn.execute("SELECT DISTINCT origin FROM answers")}
        assert origins == {"here", "bundle:market"}
        assert store.log.sizes()["answers"].rows > count
        assert store.open("market").head == mine
        assert store.verify("market").holds and store.verify("foreign").holds


def test_a_branch_brings_those_it_came_from_and_no_others(tmp_path: Path, folder: Path) -> None:
    with Log.open(":memory:") as log:
        bundle.import_(log, folder)
        bundle.export(log, "market", tmp_path / "part", ["untouched"])
        with pytest.raises(BadReference, match="louder"):
            bundle.export(log, "market", tmp_path / "none", ["loudr"])
    part = lived.opened(archive.read(tmp_path / "part"))
    assert list(part.twigs) == ["main", "louder", "untouched"]
    named = {called.key for name in part.twigs for called in part.calls(name)}
    assert set(part.replies) == named < set(lived.content().replies)
    assert [report.holds for report in bundle.verify_bundle(tmp_path / "part")] == [True] * 3


def test_events_of_unknown_types_survive_byte_for_byte(tmp_path: Path) -> None:
    content = lived.opened(lived.files())
    seq, previous = content.head("again-2")
    columns = ("cat-fed", 7, "béla-stone", 2, "2026-01-05T09:02:00", seq, '{"fish":["herring",1.5,null]}')
    row = Stored(seq + 1, *columns, chain(previous, seq + 1, *columns))
    content.events["again-2"].append(row)
    with Log.open(":memory:") as log:
        branch = bundle.import_(log, lived.put(tmp_path / "cat", writing.files(content)))
        assert list(log.rows(log.branch(branch, "again-2")))[-1] == row


def test_a_store_that_holds_the_name_here_can_be_exported_and_imported(tmp_path: Path) -> None:
    with Store(":memory:") as store:
        sim = store.begin("here", model="improviser")
        sim.add_world("Room")
        sim.add_person({"name": "Ada Pine"})
        sim.run(1)
        bundle.export(store.log, "here", tmp_path / "here.zip")
    with Log.open(":memory:") as log:
        assert bundle.import_(log, tmp_path / "here.zip") == "here"


def test_export_replaces_a_bundle_and_nothing_else(tmp_path: Path, folder: Path) -> None:
    with Store(":memory:") as store:
        store.begin("small", model="improviser")
        for name in ("market", "market.zip"):
            place = tmp_path / name
            archive.write(place, lived.files())
            bundle.export(store.log, "small", place)
            assert lived.opened(archive.read(place)).simulation == "small"
        notes, photos = tmp_path / "notes.zip", tmp_path / "photos"
        notes.write_text("buy herring")
        lived.put(photos, {**lived.files(), "cat.jpg": b"a cat"})
        (tmp_path / "empty").mkdir()
        for place in (notes, photos, tmp_path / "empty"):
            with pytest.raises(BadBundle, match="is no bundle"):
                bundle.export(store.log, "small", place)
        with pytest.raises(BadBundle, match="cannot be written"):
            bundle.export(store.log, "small", tmp_path / "nowhere" / "small.zip")
    assert notes.read_text() == "buy herring" and (photos / "cat.jpg").exists()
    assert not [place for place in tmp_path.iterdir() if place.name.startswith(".")]


def test_a_folder_zipped_by_hand_is_a_bundle(folder: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "by-hand"), "zip", folder)
    assert "blobs/" in zipfile.ZipFile(tmp_path / "by-hand.zip").namelist()
    assert [report.holds for report in bundle.verify_bundle(tmp_path / "by-hand.zip")] == [True] * 8
