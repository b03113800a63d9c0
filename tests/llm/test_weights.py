"""Weights are known by what they are, never by where they lie."""

import getpass
import json
import os
from pathlib import Path

import pytest

from troupe_es.errors import UsageError
from troupe_es.llm import weights
from troupe_es.llm.choose import configured


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"TROUPE_MODELS": str(tmp_path / "models")}


def gguf(path: Path, content: bytes = b"one") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF" + content)
    return path


def test_the_same_bytes_have_the_same_hash_in_any_folder(tmp_path: Path, environ: dict[str, str]) -> None:
    first = weights.of(gguf(tmp_path / "a" / "small.gguf"), environ)
    second = weights.of(gguf(tmp_path / "b" / "small.gguf"), environ)
    assert first.name == second.name
    assert weights.CHAINED.fullmatch(first.name)
    assert weights.of(gguf(tmp_path / "c" / "small.gguf", b"two"), environ).name != first.name


def test_a_name_holds_no_character_that_a_reference_could_not(tmp_path: Path, environ: dict[str, str]) -> None:
    found = weights.of(gguf(tmp_path / "My model (v2) é.gguf"), environ)
    assert found.name.startswith("local:My-model-v2@")


def test_a_file_is_hashed_again_only_when_it_has_changed(tmp_path: Path, environ: dict[str, str]) -> None:
    path = gguf(tmp_path / "a.gguf")
    first = weights.of(path, environ)
    index = Path(environ["TROUPE_MODELS"]) / weights.INDEX
    content = json.loads(index.read_text())
    content[str(path)]["sha256"] = "f" * 64
    index.write_text(json.dumps(content))
    assert weights.of(path, environ).sha256 == "f" * 64
    gguf(path, b"other bytes")
    assert weights.of(path, environ).sha256 not in (first.sha256, "f" * 64)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"bytes": 1}}', "null"])
def test_an_index_that_cannot_be_read_costs_only_time(tmp_path: Path, environ: dict[str, str], content: str) -> None:
    path = gguf(tmp_path / "models" / "a.gguf")
    (path.parent / weights.INDEX).write_text(content)
    assert [found.path for found in weights.known(environ)] == [path]


def test_what_is_no_gguf_file_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    path = tmp_path / "notes.gguf"
    path.write_text("shopping")
    with pytest.raises(UsageError, match=r"notes\.gguf is no GGUF file"):
        weights.of(path, environ)
    with pytest.raises(UsageError, match=r"gone\.gguf cannot be read as weights"):
        weights.find(f"local:{tmp_path / 'gone.gguf'}", environ)


def test_local_is_the_one_that_is_there_or_says_which_there_are(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"troupe model get"):
        weights.find("local", environ)
    used = gguf(tmp_path / "elsewhere" / "x.gguf", b"zero")
    assert weights.find(f"local:{used}", environ).path == used
    assert weights.find("local", environ).path == used
    first = gguf(tmp_path / "models" / "a.gguf")
    assert weights.find("local", environ).path == first
    gguf(tmp_path / "models" / "b.gguf", b"two")
    with pytest.raises(UsageError, match=r"(?s)--model local:a@.*--model local:b@"):
        weights.find("local", environ)


def test_a_file_that_is_gone_is_known_no_more_and_leaves_the_index(tmp_path: Path, environ: dict[str, str]) -> None:
    gone, left = gguf(tmp_path / "used" / "gone.gguf"), gguf(tmp_path / "used" / "left.gguf", b"two")
    for path in (gone, left):
        weights.of(path, environ)
    gone.unlink()
    assert configured(environ)["local"]["files"] == 1
    assert weights.find("local", environ).path == left
    assert list(json.loads((Path(environ["TROUPE_MODELS"]) / weights.INDEX).read_text())) == [str(left)]


def test_no_test_knows_the_folders_of_whoever_runs_it() -> None:
    theirs = Path("~" + getpass.getuser()).expanduser()
    for environ in ({}, os.environ):
        assert weights.folder(environ).is_relative_to(Path.home())
        assert weights.folder(environ).parents[3] != theirs
        assert not list(weights.known(environ))


def test_a_name_of_the_log_is_found_by_hash_or_says_what_is_missing(tmp_path: Path, environ: dict[str, str]) -> None:
    path = gguf(tmp_path / "models" / "a.gguf")
    name = weights.of(path, environ).name
    moved = path.rename(path.with_name("renamed.gguf"))
    assert weights.find(name, environ).path == moved
    moved.unlink()
    with pytest.raises(UsageError, match=name.rpartition("@")[2]):
        weights.find(name, environ)
