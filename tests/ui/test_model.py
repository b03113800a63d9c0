"""Local models at the command line: what is listed, what is fetched and only if agreed to, how long a turn takes."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from servers.publisher import Publisher, serving
from ui.conftest import Troupe

from troupe_es.llm import published
from troupe_es.llm.published import Published

pytest.importorskip("gguf", reason="the package 'gguf' writes the tiny model: pip install 'troupe-es[test]'")
from servers import tiny

STORE = ["--store", "none.db"]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny.write(tmp_path_factory.mktemp("published") / "tiny.gguf").read_bytes()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder, empty."""
    monkeypatch.setenv("TROUPE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def publisher(weights: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Somebody who publishes the tiny model, the only one that is listed."""
    with serving(Publisher(weights)) as publisher:
        digest = hashlib.sha256(weights).hexdigest()
        entry = Published("tiny", "noise", "the tests", "MIT", "tiny.gguf", len(weights), digest, publisher.url)
        monkeypatch.setattr(published, "table", lambda: {"tiny": entry})
        yield publisher


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_what_is_published_is_offered_until_it_is_here(publisher: Publisher, folder: Path, troupe: Troupe) -> None:
    before = json.loads(troupe("model", "list", "--json").stdout)
    assert (before["folder"], before["here"]) == (str(folder), [])
    assert [(offer["name"], offer["licence"]) for offer in before["published"]] == [("tiny", "MIT")]
    assert "nothing yet" in troupe("model", "list").stdout
    assert troupe("model", "get", "tiny", "--yes").exit_code == 0
    [found] = json.loads(troupe("model", "list", "--json").stdout)["here"]
    assert found["sha256"] == published.table()["tiny"].sha256
    assert found["model"] == f"local:tiny@{found['sha256'][:12]}"
    assert Path(found["path"]) == folder / "tiny.gguf"
    listed = troupe("model", "list").stdout
    assert found["model"] in listed
    assert "nothing that is not here" in listed


def test_a_model_is_fetched_after_its_size_licence_and_hash_were_shown_and_agreed_to(
    publisher: Publisher, folder: Path, weights: bytes, troupe: Troupe
) -> None:
    result = troupe("model", "get", "tiny", typed="y\n")
    assert result.exit_code == 0, result.stderr
    shown, _, _ = result.stderr.partition("Fetch it?")
    entry = published.table()["tiny"]
    size = f"{len(weights):,} B"
    for word in (size, entry.licence, entry.publisher, entry.url, entry.sha256[:30], str(folder)[:30]):
        assert word in shown
    assert (folder / "tiny.gguf").read_bytes() == weights
    assert f"--model local:tiny@{entry.sha256[:12]}" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize("typed", ["n\n", "\n", ""], ids=["no", "nothing said", "an input that ended"])
def test_who_does_not_agree_gets_nothing(publisher: Publisher, folder: Path, typed: str, troupe: Troupe) -> None:
    result = troupe("model", "get", "tiny", typed=typed)
    assert result.exit_code == 2
    assert "was not fetched" in result.stderr and "--yes" in result.stderr
    assert (publisher.asked, names(folder)) == ([], [])


def test_a_program_is_not_asked_but_told_to_agree(publisher: Publisher, folder: Path, troupe: Troupe) -> None:
    result = troupe("model", "get", "tiny", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Fetch it?" not in result.stderr and "--yes" in result.stderr
    assert (publisher.asked, names(folder)) == ([], [])
    agreed = json.loads(troupe("model", "get", "tiny", "--json", "--yes").stdout)
    assert agreed["sha256"] == published.table()["tiny"].sha256
    assert Path(agreed["path"]).is_file()


def test_a_file_with_another_hash_is_refused_and_deleted(
    publisher: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch, troupe: Troupe
) -> None:
    other = replace(published.table()["tiny"], sha256="0" * 64)
    monkeypatch.setattr(published, "table", lambda: {"tiny": other})
    result = troupe("model", "get", "tiny", "--yes")
    assert result.exit_code == 2
    assert "is not tiny" in result.stderr and "deleted" in result.stderr
    assert "Traceback" not in result.stderr
    assert (len(publisher.asked), names(folder)) == (1, [])


def test_an_interrupted_download_ends_with_4_and_goes_on_where_it_was(
    publisher: Publisher, folder: Path, weights: bytes, troupe: Troupe
) -> None:
    publisher.cut = 50_000
    result = troupe("model", "get", "tiny", "--yes")
    assert result.exit_code == 4
    assert "asking again goes on" in result.stderr
    assert names(folder) == ["tiny.gguf.partial"]
    have = (folder / "tiny.gguf.partial").stat().st_size
    assert 0 < have <= 50_000
    assert json.loads(troupe("model", "list", "--json").stdout)["here"] == []
    assert troupe("model", "get", "tiny", "--yes").exit_code == 0
    assert (folder / "tiny.gguf").read_bytes() == weights
    assert publisher.asked == ["", f"bytes={have}-"]


def test_what_nobody_publishes_is_refused_with_the_names_there_are(publisher: Publisher, troupe: Troupe) -> None:
    result = troupe("model", "get", "huge", "--yes")
    assert result.exit_code == 2
    assert "'huge'" in result.stderr and "there is: tiny" in result.stderr
    assert publisher.asked == []


def test_doctor_measures_a_turn_of_the_local_model(publisher: Publisher, troupe: Troupe) -> None:
    pytest.importorskip("xllamacpp", reason="the engine of local models is not there: pip install 'troupe-es[local]'")
    assert troupe("model", "get", "tiny", "--yes").exit_code == 0
    result = troupe("doctor", "--measure", "--json", *STORE)
    assert result.exit_code == 0, result.stderr
    measured = json.loads(result.stdout)["measured"]
    assert measured["model"] == f"local:tiny@{published.table()['tiny'].sha256[:12]}"
    assert measured.keys() == {"model", "first", "turn"}
    assert all(isinstance(measured[name], float) for name in ("first", "turn"))
    assert not Path("none.db").exists()


def test_doctor_measures_whatever_model_is_named(troupe: Troupe) -> None:
    result = troupe("doctor", "--measure", "improviser", *STORE)
    assert result.exit_code == 0, result.stderr
    told = result.stdout.partition("Measured")[2]
    assert "improviser" in told and "first turn" in told and "with loading" in told


def test_doctor_says_what_to_do_where_there_is_no_local_model(troupe: Troupe) -> None:
    result = troupe("doctor", "--measure", *STORE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "troupe model get" in result.stderr
