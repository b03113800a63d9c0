"""A cassette answers from its file, exactly or not at all, in VCR's four modes."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from strategies import answers

from troupe_es.errors import MissingAnswer, UsageError
from troupe_es.llm import Message, Model, Request, Response
from troupe_es.llm.cassette import Cassette, Mode
from troupe_es.llm.scripted import Scripted


def request(words: str = "Hello.", address: str = "1/ana/turn/0/0", limit: int = 100) -> Request:
    return Request(Message("user", words, Message("system", "You are Ana.")), "m", address, limit)


def ask(model: Model, asked: Request | None = None, draw: int = 0) -> Response:
    return asyncio.run(model.complete(asked or request(), draw))


def model(*texts: str) -> Scripted:
    return Scripted([*(texts or ("one", "two", "three"))], name="m")


def recorded(path: Path) -> Path:
    ask(Cassette(path, model("one")))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "a.jsonl"


def test_once_records_the_first_time_and_replays_ever_after(path: Path) -> None:
    first = model()
    live = Cassette(path, first)
    assert (ask(live).text, ask(live, draw=1).text) == ("one", "two")
    again = Cassette(path, model("other"))
    assert (ask(again, draw=1).text, ask(again).text) == ("two", "one")
    with pytest.raises(MissingAnswer):
        ask(again, draw=2)
    assert len(first.calls) == 2


def test_none_never_asks(path: Path) -> None:
    behind = model()
    with pytest.raises(MissingAnswer, match="no answers at all"):
        ask(Cassette(path, behind, "none"))
    assert ask(Cassette(recorded(path), behind, "none")).text == "one"
    assert behind.calls == []
    assert path.read_text().count("\n") == 1


def test_new_episodes_asks_only_for_what_is_missing(path: Path) -> None:
    behind = model("new")
    tape = Cassette(recorded(path), behind, "new_episodes")
    assert (ask(tape).text, ask(tape, request("Bye.")).text) == ("one", "new")
    assert len(behind.calls) == 1
    assert ask(Cassette(path), request("Bye.")).text == "new"


def test_all_asks_always_and_the_latest_counts(path: Path) -> None:
    assert ask(Cassette(recorded(path), model("later"), "all")).text == "later"
    assert ask(Cassette(path, mode="none")).text == "later"
    assert path.read_text().count("\n") == 2


def test_the_key_is_exact(path: Path) -> None:
    tape = Cassette(recorded(path), mode="none")
    for other in (request("Hello!"), request(address="2/ana/turn/0/0"), request(limit=99)):
        with pytest.raises(MissingAnswer):
            ask(tape, other)


def test_a_miss_names_the_nearest_and_how_it_differs(path: Path) -> None:
    live = Cassette(path, model())
    ask(live, request("Hello.", "1/ana/turn/0/0"))
    ask(live, request("What about the price?", "2/ana/turn/0/0"))
    tape = Cassette(path, mode="none")
    with pytest.raises(MissingAnswer, match=r"'2/ana/turn/0/0', draw 0: .*same for 1 messages.*price\?'.*cost\?'"):
        ask(tape, request("What about the cost?", "2/ana/turn/0/0"))
    with pytest.raises(MissingAnswer, match="max_tokens was 100 and is 7"):
        ask(tape, request(limit=7))
    with pytest.raises(MissingAnswer, match="same question for another address or draw"):
        ask(tape, request("Hello.", "9/bram/turn/0/0"))
    with pytest.raises(MissingAnswer, match=r"Nearest is '2/ana/turn/0/0'"):
        ask(tape, request("And what about the price?", "9/bram/turn/0/0"))


def test_the_name_is_the_models_or_what_was_recorded(path: Path) -> None:
    assert Cassette(path).name == "cassette"
    assert Cassette(recorded(path), Scripted({}, name="n")).name == "n"
    assert Cassette(path).name == "m"


def test_without_a_model_a_first_recording_says_so(path: Path) -> None:
    with pytest.raises(MissingAnswer, match="no model behind it"):
        ask(Cassette(path))


def test_the_file_has_a_readable_line_for_each_answer(path: Path) -> None:
    (line,) = recorded(path).read_text().splitlines()
    row = json.loads(line)
    assert (row["address"], row["draw"], row["model"], row["asks"]) == ("1/ana/turn/0/0", 0, "m", "Hello.")
    assert row["answer"]["text"] == "one"


@pytest.mark.parametrize("cut", [1, 5, 60, 200])
def test_a_torn_last_line_is_dropped_at_the_next_write(path: Path, cut: int) -> None:
    whole = recorded(path).read_bytes()
    path.write_bytes(whole + whole[: min(cut, len(whole) - 2)])
    tape = Cassette(path, model("two"), "new_episodes")
    assert tape.torn
    assert ask(tape).text == "one"
    assert path.read_bytes() != whole, "only a write may repair the file"
    assert ask(tape, request("Bye.")).text == "two"
    assert not tape.torn
    assert path.read_bytes().startswith(whole)
    assert len(path.read_text().splitlines()) == 2
    assert not Cassette(path).torn


def test_a_line_that_only_lacks_its_end_is_kept(path: Path) -> None:
    path.write_bytes(recorded(path).read_bytes()[:-1])
    tape = Cassette(path, model("two"), "new_episodes")
    assert (tape.torn, ask(tape).text, ask(tape, request("Bye.")).text) == (False, "one", "two")
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "content", [b"hello", b'{"a":1}\n', b"\x89PNG\r\n\x1a\n\xff", b"{}", b"[]\n", b'{"address":1}\n', b"\n"]
)
def test_another_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="line 1 is no line of a cassette"):
        Cassette(path, model())
    assert path.read_bytes() == content


def test_wrong_usage(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'sometimes' is no mode"):
        Cassette(path, mode="sometimes")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs a model"):
        Cassette(path, mode="all")
    with pytest.raises(UsageError, match="cannot be read"):
        Cassette(tmp_path)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_an_error_of_the_model_is_not_recorded(path: Path, mode: Mode) -> None:
    tape = Cassette(path, Scripted([RuntimeError("gone")]), mode)
    with pytest.raises(RuntimeError, match="gone"):
        ask(tape)
    assert not path.exists()


@settings(max_examples=60, deadline=None)
@given(answers.responses())
def test_whatever_a_model_says_is_replayed_as_it_was_live(
    tmp_path_factory: pytest.TempPathFactory, said: Response
) -> None:
    path = tmp_path_factory.mktemp("tape") / "a.jsonl"
    live = ask(Cassette(path, Scripted([said])))
    assert ask(Cassette(path, mode="none")) == live
    assert live.text.encode().decode() == live.text


def test_closing_closes_the_model_too(path: Path) -> None:
    class Closable(Scripted):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    behind = Closable(["one"])
    tape = Cassette(path, behind)
    ask(tape)
    asyncio.run(tape.aclose())
    assert behind.closed
