"""Whatever a bundle says, it is refused in one sentence, or it is what it was; and nothing is half written."""

import io
import json
import os
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pytest
from bundles import lived
from hypothesis import given
from hypothesis import strategies as st

from troupe_es import canonical, commands
from troupe_es.agent import templates
from troupe_es.controller import bundle, giving, replay
from troupe_es.controller.bundle import archive, exchange, lines, writing
from troupe_es.controller.bundle.content import Content
from troupe_es.errors import BadBundle, StoreTooNew
from troupe_es.events import Body, Draft, seal, types
from troupe_es.log import Log

Files = dict[str, bytes]
NAMES = sorted(lived.files())


def refused(path: Path) -> str:
    """Import a bundle that must be refused; return why. The store must be as it was."""
    with Log.open(":memory:") as log:
        before = lived.dump(log)
        with pytest.raises(BadBundle) as caught:
            bundle.import_(log, path)
        assert lived.dump(log) == before
    why = str(caught.value)
    assert str(path) in why
    return why


def changed(data: st.DataObject, content: bytes) -> bytes:
    """Change, cut, double or insert bytes somewhere."""
    at = data.draw(st.integers(0, max(0, len(content) - 1)), "at")
    length = data.draw(st.integers(0, 40), "length")
    new = data.draw(st.binary(max_size=3) | st.just(content[at : at + length]), "new")
    return content[:at] + new + content[at + data.draw(st.sampled_from([0, 1, length])) :]


@given(st.data())
def test_any_changed_byte_of_any_file_is_found(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    content = changed(data, lived.files()[name])
    if content != lived.files()[name]:
        with tempfile.TemporaryDirectory() as folder:
            why = refused(lived.put(Path(folder), {**lived.files(), name: content}))
            assert any(known in why for known in NAMES)


@given(st.data())
def test_a_changed_byte_of_a_zip_is_found_or_changes_nothing(data: st.DataObject) -> None:
    packed = archive._zipped(lived.files())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.zip"
        path.write_bytes(changed(data, packed))
        try:
            files = archive.read(path)
            lived.opened(files)
        except BadBundle:
            return
        assert files == lived.files()


def values(content: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values in JSON."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place, *(deep for key, value in pairs for deep in values(value, (*place, key)))]


def replaced(content: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[place[0]] = replaced(content[place[0]], place[1:], value)
    return copy


JSON = st.sampled_from(
    [None, True, 0, 1, 12, -1, 2**63, 1.5, "", "main", "again-1", "-", "a|b", "é\0", [], {}, ["x"], {"x": 1}]
)


@given(st.data())
def test_a_forged_value_is_refused_or_leaves_every_life_as_it_was(data: st.DataObject) -> None:
    """With the hashes of the files put right, so that only the content can tell."""
    name = data.draw(st.sampled_from([name for name in NAMES if not name.startswith("blobs/")]))
    text = lived.files()[name]
    rows = text.split(b"\n")[:-1] if name.endswith("l") else [text]
    number = data.draw(st.integers(0, len(rows) - 1))
    content = json.loads(rows[number])
    forged = replaced(content, data.draw(st.sampled_from(values(content))), data.draw(JSON))
    rows[number] = lines.pretty(forged)[:-1] if len(rows) == 1 else canonical.dumps(forged).encode()
    files = {**lived.files(), name: b"\n".join(rows) + (b"\n" if name != "scenario.json" else b"")}
    try:
        found = lived.opened(lived.signed(files) if name != "expected.json" else files)
    except BadBundle:
        return
    assert lived.heads(found).items() <= lived.heads(lived.content()).items()


@given(st.data())
def test_lines_left_out_doubled_or_moved_are_found(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["log.jsonl", "messages.jsonl", "answers.jsonl"]))
    rows = lived.files()[name].split(b"\n")[:-1]
    at, to = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    moved = [row for number, row in enumerate(rows) if number != at]
    some = data.draw(st.sampled_from([moved, [*rows, rows[at]], [*moved[:to], rows[at], *moved[to:]]]))
    if some != rows:
        with pytest.raises(BadBundle):
            lived.opened(lived.signed({**lived.files(), name: b"\n".join(some) + b"\n"}))


def without(name: str) -> Files:
    return {known: content for known, content in lived.files().items() if known != name}


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("blobs/")])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    assert name in refused(lived.put(tmp_path, without(name)))


def swapped(name: str, old: bytes, new: bytes) -> Files:
    assert old in lived.files()[name]
    return {**lived.files(), name: lived.files()[name].replace(old, new, 1)}


def signed(name: str, old: bytes, new: bytes) -> Files:
    return lived.signed(swapped(name, old, new))


BAD: dict[str, tuple[Callable[[], Files], str]] = {
    "a newer format": (lambda: swapped("manifest.json", b'"format": 2', b'"format": 3'), "please update"),
    "a provenance in format 1": (lambda: signed("manifest.json", b'"format": 2', b'"format": 1'), "manifest.json"),
    "a provenance twice": (
        lambda: signed(
            "manifest.json", b'"provenance": [', b'"provenance": [' + lines.pretty(lived.MADE_WITH) + b","
        ),
        "manifest.json",
    ),
    "a wrong provenance": (
        lambda: signed("manifest.json", b'"weights": "', b'"weights": "x'),
        "provenance.0.weights",
    ),
    "an endless setting": (lambda: swapped("manifest.json", b'"context": 8192', b'"context": NaN'), "context"),
    "no JSON": (lambda: swapped("manifest.json", b"{", b"["), "manifest.json: is no JSON"),
    "an unknown key": (lambda: swapped("log.jsonl", b'{"actor"', b'{"aktor"'), "log.jsonl line 1: actor"),
    "a wrong type": (lambda: swapped("log.jsonl", b'"seq":2,', b'"seq":"2",'), "log.jsonl line 2: seq"),
    "not a number": (lambda: swapped("answers.jsonl", b'"seconds":0.0', b'"seconds":NaN'), "line 1: seconds"),
    "a name that climbs": (lambda: swapped("manifest.json", b'"market"', b'"../market"'), "simulation"),
    "a lone surrogate": (lambda: swapped("log.jsonl", b"Market square", b"Market \\ud800"), "log.jsonl line 2"),
    "a newer event": (lambda: swapped("log.jsonl", b'"version":3', b'"version":4'), "line 1"),
    "deep nesting": (lambda: {**lived.files(), "manifest.json": b"[" * 200_000}, "manifest.json"),
    "no text": (lambda: {**lived.files(), "scenario.json": b"\xff\xfe"}, "scenario.json"),
    "a foreign file": (lambda: {**lived.files(), "setup.py": b"print()"}, "setup.py"),
    "a foreign blob": (lambda: {**lived.files(), f"blobs/{'a' * 64}": b"x"}, "another hash"),
    "nothing": (lambda: {"manifest.json": b""}, "missing"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_said(what: str, tmp_path: Path) -> None:
    files, words = BAD[what]
    assert words in refused(lived.put(tmp_path, files()))


def test_a_file_with_one_huge_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_LINE", 1000)
    assert "messages.jsonl line 1: is" in refused(lived.put(tmp_path, lived.files()))


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, 0o120777 << 16
    return member


def ended(size: int, before: bytes = b"") -> bytes:
    """Return the end of a .zip whose index claims to have so many bytes."""
    return before + b"PK\5\6" + bytes(4) + b"\xff\xff" * 2 + size.to_bytes(4, "little") + bytes(6)


GOOD = list(lived.files().items())
ARCHIVES: dict[str, tuple[bytes, str]] = {
    "climbs out": (packed(*GOOD, ("../../evil.json", b"{}")), "evil.json"),
    "absolute": (packed(*GOOD, ("/etc/evil.json", b"{}")), "evil.json"),
    "another drive": (packed(*GOOD, ("C:\\manifest.json", b"{}")), "no file of a bundle"),
    "a blob elsewhere": (packed(*GOOD, ("blobs/../manifest.json", b"{}")), "no file of a bundle"),
    "a folder in it": (packed(*((f"market/{name}", content) for name, content in GOOD)), "no file of a bundle"),
    "a link": (packed(*without("manifest.json").items(), (link("manifest.json"), b"/etc/passwd")), "link"),
    "packed by bzip2": (packed(*GOOD, method=zipfile.ZIP_BZIP2), "packed"),
    "cut": (packed(*GOOD)[:-40], "zip"),
    "an endless index": (bytes(100) + ended(200_000_000), "more than 10000 files"),
    "a large zip's index": (ended(0, b"PK\6\7" + bytes(16)), "more than 10000 files"),
    "no zip": (b"PK but no more", "zip"),
    "empty": (b"", "zip"),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_a_hostile_zip_is_refused(what: str, tmp_path: Path) -> None:
    content, words = ARCHIVES[what]
    (tmp_path / "a.zip").write_bytes(content)
    assert words in refused(tmp_path / "a.zip")
    assert [place.name for place in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed(*GOOD, ("manifest.json", b"{}")))
    assert "manifest.json is there twice" in refused(tmp_path / "a.zip")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILE", 1_000_000)
    path = tmp_path / "a.zip"
    path.write_bytes(packed(*GOOD, ("differences.json", bytes(50_000_000))))
    assert path.stat().st_size < 500_000
    assert "differences.json is too large" in refused(path)
    monkeypatch.setattr(archive, "MOST_BYTES", 10_000)
    assert "the most is" in refused(path)
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000_000)
    assert "more than 3 files" in refused(path)


def test_reading_stops_at_the_first_line_that_is_wrong_and_holds_little(tmp_path: Path) -> None:
    answers = lived.files()["answers.jsonl"]
    endless = {**lived.files(), "answers.jsonl": answers + b"{}\n" * 4_000_000}
    path = tmp_path / "a.zip"
    path.write_bytes(packed(*lived.signed(endless).items()))
    tracemalloc.start()
    try:
        assert f"answers.jsonl line {len(answers.splitlines()) + 1}: " in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000 < len(endless["answers.jsonl"])
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["messages.jsonl", "answers.jsonl"])
def test_a_line_that_is_good_does_not_stand_there_twice(name: str, tmp_path: Path) -> None:
    line = lived.files()[name].split(b"\n")[0] + b"\n"
    twice = lived.signed({**lived.files(), name: line + lived.files()[name]})
    assert f"{name} line 2: stands" in refused(lived.put(tmp_path, twice))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    folder = lived.put(tmp_path, lived.files())
    with archive.opened(folder) as files, pytest.raises(BadBundle, match=r"log\.jsonl grows"):
        (folder / "log.jsonl").write_bytes(lived.files()["log.jsonl"] + b"{}\n")
        list(files.pieces("log.jsonl"))


def test_links_and_pipes_in_a_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(lived.files()["manifest.json"])
    kinds: list[Callable[[Path], None]] = [lambda place: place.symlink_to(secret), os.mkfifo, Path.mkdir]
    for number, make in enumerate(kinds):
        folder = lived.put(tmp_path / str(number), without("manifest.json"))
        make(folder / "manifest.json")
        assert "'manifest.json' is a link, folder or special file" in refused(folder)
    folder = lived.put(tmp_path / "blobs-linked", {n: c for n, c in GOOD if not n.startswith("blobs/")})
    (folder / "blobs").symlink_to(lived.put(tmp_path / "real", lived.files()) / "blobs")
    assert "'blobs' is a link" in refused(folder)
    assert "there is no bundle" in refused(tmp_path / "nothing")


def grown(*drafts: Draft) -> Content:
    """A bundle whose main branch goes on with these events, every hash and promise as it should be."""
    content = lived.opened(lived.files())
    seq, previous = content.head("main")
    for number, draft in enumerate(drafts, seq + 1):
        row = seal(draft, number, previous)
        content.events["main"].append(row)
        previous = row.hash
    return content


IMPOSSIBLE: list[Body] = [
    types.PersonAdded(person="x", name="X", world="nowhere", persona={"name": "X"}),
    types.PersonRemoved(person="nobody"),
    types.PersonChanged(person="nobody", path="age", after=1),
    types.SettingsChanged(path="settings.attempts", after="many"),
    types.StepEnded(),
]


@pytest.mark.parametrize("body", IMPOSSIBLE, ids=lambda body: body.type)
def test_what_nobody_can_live_through_is_refused(body: Body, tmp_path: Path) -> None:
    forged = writing.files(grown(Draft(body, "ada-pine", 2, "2026-01-05T09:02:00")))
    assert f"({body.type}) cannot happen there" in refused(lived.put(tmp_path, forged))


def test_a_forged_life_with_all_hashes_right_is_refuted_by_living_it_again(tmp_path: Path) -> None:
    said = types.ActionTaken(kind="TALK", content="I love herring.")
    forged = grown(Draft(said, "ada-pine", 2, "2026-01-05T09:02:00"))
    reports = bundle.verify_bundle(lived.put(tmp_path, writing.files(forged)))
    assert {report.ref: report.holds for report in reports}["market/main"] is False


UNDECIDABLE: list[list[Body]] = [
    [types.QuestionAsked(person="nobody", question="?", edition=1)],
    [
        types.PersonChanged(person="ada-pine", path="beliefs.7.x", after=1),
        types.QuestionAsked(person="ada-pine", question="?", edition=1),
    ],
]


@pytest.mark.parametrize("bodies", UNDECIDABLE, ids=["nobody is asked", "a trait that is not there"])
def test_a_life_that_can_be_folded_but_not_decided_is_refuted(bodies: list[Body], tmp_path: Path) -> None:
    answered = types.QuestionAnswered(person="ada-pine", answer="!")
    forged = grown(*(Draft(body, None, 2, "2026-01-05T09:02:00") for body in (*bodies, answered)))
    [divergence] = bundle.verify_bundle(lived.put(tmp_path, writing.files(forged)))[0].divergences
    assert "question-answered" in divergence.what


def test_a_later_edition_is_told_to_update(tmp_path: Path) -> None:
    forged = grown(Draft(types.RunRequested(steps=1, edition=99), None, 2, "2026-01-05T09:02:00"))
    with pytest.raises(StoreTooNew, match="please update"):
        bundle.verify_bundle(lived.put(tmp_path, writing.files(forged)))


def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this program be of the next edition, which words a prompt otherwise."""
    for module in (commands, replay, giving, exchange):
        monkeypatch.setattr(module, "EDITION", 2)
    monkeypatch.setattr(templates, "MOMENT", Template("$time $place $here $mind Now."))


def test_differences_of_an_older_edition_hold_unless_a_list_leaves_them_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(monkeypatch)
    path = lived.put(tmp_path, lived.files())
    found = {report.ref.partition("/")[2]: report for report in bundle.verify_bundle(path)}
    assert all(report.holds for report in found.values())
    differing = {name: [found.seq for found in report.differences] for name, report in found.items()}
    assert differing["main"]
    assert not all(report.holds for report in bundle.verify_bundle(path, strict=True))
    listed = {"edition": 2, "branches": differing}
    (path / "differences.json").write_text(json.dumps(listed))
    assert all(report.holds for report in bundle.verify_bundle(path))
    missed = differing["main"].pop()
    (path / "differences.json").write_text(json.dumps(listed))
    [wrong] = [report for report in bundle.verify_bundle(path) if not report.holds]
    assert wrong.ref == "market/main" and [found.seq for found in wrong.divergences] == [missed]
    (path / "differences.json").write_text(json.dumps({**listed, "edition": "2"}))
    assert "differences.json: edition" in refused(path)
