"""What the README shows is run as it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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


def troupe(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from troupe_es.ui.cli import main; main()", *words]
    return subprocess.run(
        program, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=300
    )


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


@pytest.mark.parametrize("scenario", [block for block in blocks("yaml") if block.startswith("troupe: 1")])
def test_the_scenarios_of_the_readme_run_and_verify(scenario: str, tmp_path: Path) -> None:
    (tmp_path / "shown.yaml").write_text(scenario, encoding="utf-8")
    [name] = re.findall("^name: (.+)$", scenario, re.MULTILINE)
    ran = troupe(["run", "shown.yaml", "--model", "improviser"], tmp_path)
    assert ran.returncode == 0, ran.stderr
    verified = troupe(["verify", name], tmp_path)
    assert verified.returncode == 0, verified.stderr


def test_the_population_of_the_readme_is_made_and_profiled(tmp_path: Path) -> None:
    [spec] = [block for block in blocks("yaml") if "dimensions:" in block]
    (tmp_path / "shoppers.yaml").write_text(spec, encoding="utf-8")
    lines = [words for words in command_lines() if words[1] in ("population", "profile")]
    assert [words[1] for words in lines] == ["population", "profile", "profile"]
    for words in lines:
        done = troupe(words[1:], tmp_path)
        assert done.returncode == 0, (words, done.stderr)
    assert len(list((tmp_path / "people").iterdir())) == 40
    assert "<h2>Every trait</h2>" in (tmp_path / "people.html").read_text(encoding="utf-8")


ASIDE = ("rewrite", "survey", "extract", "label", "rows", "report", "check")


def test_what_the_readme_asks_aside_leaves_the_run_alone(tmp_path: Path) -> None:
    for name, mark in (("cold-tea.yaml", "name: cold-tea"), ("tea.yaml", "title: Cold tea")):
        [text] = [block for block in blocks("yaml") if mark in block]
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert troupe(["run", "cold-tea.yaml", "--model", "improviser"], tmp_path).returncode == 0
    before = troupe(["runs", "--json"], tmp_path).stdout
    lines = [words for words in command_lines() if words[1] in ASIDE and words[2].partition("@")[0] == "cold-tea"]
    assert list(dict.fromkeys(words[1] for words in lines)) == list(ASIDE)
    for words in lines:
        done = troupe(words[1:], tmp_path)
        assert done.returncode == 0, (words, done.stderr)
    assert (tmp_path / "answers.csv").read_text().count("taste") == 2
    assert all((tmp_path / name).stat().st_size for name in ("labelled.csv", "talk.csv", "report.html"))
    assert troupe(["runs", "--json"], tmp_path).stdout == before


def test_the_study_of_the_readme_is_one_command(tmp_path: Path) -> None:
    for name, mark in (("soup.yaml", "# soup.yaml"), ("shoppers.yaml", "# shoppers.yaml;")):
        [text] = [block for block in blocks("yaml") if block.startswith(mark)]
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "people.csv").write_text("Vote\n" + "\n".join("12345" * 5), encoding="utf-8")
    [words] = [words for words in command_lines() if "soup.yaml" in words]
    done = troupe(words[1:], tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "not people" in page and "Would you buy it?" in page and "What came first" in page


def test_the_experiment_of_the_readme_runs(tmp_path: Path) -> None:
    [scenario] = [block for block in blocks("yaml") if "name: cold-tea" in block]
    [experiment] = [block for block in blocks("yaml") if block.startswith("experiment:")]
    (tmp_path / "cold-tea.yaml").write_text(scenario + experiment, encoding="utf-8")
    done = troupe(["experiment", "cold-tea.yaml", "--model", "improviser", "--replicates", "3"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "price talk" in done.stdout and "not people" in done.stdout


def test_the_branch_of_the_readme_works_after_the_demo(tmp_path: Path) -> None:
    assert troupe(["demo"], tmp_path).returncode == 0
    three = [words[1:] for words in command_lines() if "elevenses" in words[2]][:3]
    assert [words[0] for words in three] == ["log", "branch", "diff"]
    for words in three:
        done = troupe(words, tmp_path)
        assert done.returncode == 0, (words, done.stderr)


@pytest.mark.parametrize("words", command_lines(), ids=lambda words: " ".join(words[:3]))
def test_every_command_of_the_readme_exists_with_its_options(words: list[str]) -> None:
    from click.testing import CliRunner

    from troupe_es.ui.cli import main

    shown = CliRunner().invoke(main, [words[1], "--help"])
    assert shown.exit_code == 0, shown.output
    for option in [word.split("=")[0] for word in words if word.startswith("--")]:
        assert option in shown.output


def test_the_head_that_the_readme_prints_is_the_recorded_one() -> None:
    import json

    expected = json.loads((ROOT / "replays/elevenses/expected.json").read_text(encoding="utf-8"))
    [shown] = re.findall(r"^head +([0-9a-f]{64})$", README, re.MULTILINE)
    assert shown in json.dumps(expected)
