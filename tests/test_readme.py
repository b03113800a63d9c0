"""What the README shows is run as it stands there."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from click.testing import CliRunner, Result

from troupe_es import Store
from troupe_es.errors import TroupeError
from troupe_es.scenario import text
from troupe_es.ui.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def command_lines() -> list[list[str]]:
    """Return every line of a shell block that calls the program, as its words."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("troupe ")]


def environment() -> dict[str, str]:
    """Return an environment with no model configured."""
    mine = {"OPENAI_API_KEY", "OPENAI_BASE_URL", "TROUPE_BASE_URL", "TROUPE_STORE", "AZURE_OPENAI_ENDPOINT"}
    return {name: value for name, value in os.environ.items() if name not in mine}


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_readme_runs(code: str, tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "shown.py"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_python_of_the_readme_finds_what_made_the_difference(tmp_path: Path) -> None:
    [code] = [block for block in blocks("python") if "cheaper" in block]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "cheaper" in done.stdout.splitlines()[-1]


PLACEHOLDERS = {"NAME", "MODEL", "DEPLOYMENT"}
"""Words in capitals that stand for something of the reader's; a line that has one is a pattern."""

ASIDE = ("rewrite", "survey", "extract", "label", "rows", "report", "check")


def is_pattern(words: list[str]) -> bool:
    return bool(PLACEHOLDERS & set(re.findall("[A-Z]+", " ".join(words))))


class Ran(NamedTuple):
    """A command of the README, what came of it, and the head of what it was about before and after."""

    words: list[str]
    result: Result
    heads: tuple[str, str]


class Walk(NamedTuple):
    """All commands of the README in its order, in one folder."""

    folder: Path
    ran: list[Ran]

    def of(self, *commands: str) -> list[Ran]:
        return [each for each in self.ran if each.words[0] in commands]


def head(words: list[str]) -> str:
    """The hash of the run that a command is about, if there is one by now."""
    with suppress(TroupeError), Store(write=False) as store:
        return store.log.head(store.log.branch(words[1].partition("@")[0])).hash.hex()
    return ""


def typed(words: list[str]) -> Ran:
    before = head(words)
    result = CliRunner().invoke(main, words, prog_name="troupe")
    return Ran(words, result, (before, head(words)))


def walked() -> Iterator[Ran]:
    """Write every file that the README shows, and type every command, in its order, in the current folder."""
    yield typed(["demo", "elevenses"])
    for language, block in re.findall(r"```(yaml|sh)\n(.*?)```", README, re.DOTALL):
        if language == "yaml":
            end, name = re.fullmatch(r"# (at the end of )?([a-z-]+\.yaml)\b.*", block.splitlines()[0]).groups()
            with Path(name).open("a" if end else "x", encoding="utf-8") as file:
                file.write(block)
        for line in block.splitlines() if language == "sh" else ():
            if line.startswith("printf "):
                subprocess.run(["sh", "-c", line], check=True)
            words = shlex.split(line, comments=True) if line.startswith("troupe ") else []
            if words and words[1] != "serve" and not is_pattern(words):
                yield typed(words[1:])


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for name in [name for name in os.environ if name.startswith(("TROUPE_", "OPENAI_", "AZURE_", "COLUMNS"))]:
            patched.delenv(name)
        yield Walk(folder, list(walked()))


def test_every_command_of_the_readme_works_in_its_order(walk: Walk) -> None:
    failed = [(each.words, each.result.stderr) for each in walk.ran if each.result.exit_code]
    assert not failed
    assert len(walk.ran) > 20


def test_what_the_readme_shows_of_the_demo_is_what_it_prints(walk: Walk) -> None:
    printed = iter(walk.ran[0].result.stdout.splitlines())
    shown = [line for line in blocks("text")[0].splitlines() if line.strip() != "…"]
    assert len(shown) > 10
    assert [line for line in shown if line not in printed] == []


def test_the_branch_of_the_readme_parts_before_what_was_shown_last(walk: Walk) -> None:
    three = [each.words for each in walk.ran[1:4]]
    assert [words[0] for words in three] == ["log", "branch", "diff"]
    assert all(" ".join(words) in walk.ran[0].result.stdout for words in three)
    assert "60  Maureen Tull" in blocks("text")[0] and "elevenses@58" in three[1]


def test_every_command_within_a_sentence_of_the_readme_is_a_pattern_or_one_that_was_typed(walk: Walk) -> None:
    """Names of commands apart, and what needs nothing but itself."""
    spans = re.findall(r"`(troupe [^`]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    typed_before = "\n".join(" ".join(["troupe", *each.words]) for each in walk.ran)
    free = re.compile(
        r".*([A-Z]{2,}|…|replays/\*).*|troupe ([a-z-]+|demo --list|model list|(run|experiment) --dry-run)"
    )
    assert [span for span in spans if not free.fullmatch(span) and span not in typed_before] == []


def test_all_runs_of_the_readme_verify(walk: Walk) -> None:
    with Store(walk.folder / "troupe.db", write=False) as store:
        names = {simulation.name for simulation in store.log.simulations()}
        assert {"cold-tea", "harbour", "shoppers", "soup"} <= names
        assert all(store.verify(name).holds for name in names)


def test_the_population_of_the_readme_is_made_and_profiled(walk: Walk) -> None:
    assert [each.words[0] for each in walk.of("population", "profile")] == ["population", "profile", "profile"]
    assert len(list((walk.folder / "people").iterdir())) == 40
    assert "<h2>Every trait</h2>" in (walk.folder / "people.html").read_text(encoding="utf-8")


def test_what_the_readme_asks_aside_leaves_the_run_alone(walk: Walk) -> None:
    aside = [each for each in walk.of(*ASIDE) if each.words[1].partition("@")[0] == "cold-tea"]
    assert list(dict.fromkeys(each.words[0] for each in aside)) == list(ASIDE)
    assert {each.heads for each in aside} == {(aside[0].heads[0],) * 2} and aside[0].heads[0]
    assert (walk.folder / "answers.csv").read_text().count("taste") == 2
    assert all((walk.folder / name).stat().st_size for name in ("labelled.csv", "talk.csv", "tea.html"))


def test_the_study_of_the_readme_is_one_command(walk: Walk) -> None:
    page = (walk.folder / "soup.html").read_text(encoding="utf-8")
    assert "not people" in page and "Would you buy it?" in page and "What came first" in page


def test_the_experiment_of_the_readme_runs_and_its_prediction_is_compared(walk: Walk) -> None:
    listed, done = (each.result.stdout for each in walk.of("experiment"))
    assert "p90" in listed and "price talk" in done and "not people" in done
    assert "seal" in (walk.folder / "validation.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.splitlines()[0][:40])
def test_every_reader_of_yaml_takes_what_the_readme_shows(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = text.parse(block, "README.md")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert text.parse(block, "README.md") == quick


@pytest.mark.parametrize(
    "words", [words for words in command_lines() if is_pattern(words) or words[1] == "serve"], ids=" ".join
)
def test_every_command_of_the_readme_that_cannot_be_typed_here_exists_with_its_options(words: list[str]) -> None:
    shown = CliRunner().invoke(main, [words[1], "--help"])
    assert shown.exit_code == 0, shown.output
    for option in [word.split("=")[0] for word in words if word.startswith("--")]:
        assert option in shown.output


def test_the_head_that_the_readme_prints_is_the_recorded_one() -> None:
    expected = json.loads((ROOT / "replays/elevenses/expected.json").read_text(encoding="utf-8"))
    [shown] = re.findall(r"^head +([0-9a-f]{64})$", README, re.MULTILINE)
    assert shown in json.dumps(expected)
