"""Money on the command line: estimated before, limited during, explained after."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from servers.loopback import Loopback
from ui.conftest import SCENARIO, Troupe

PRICES = "currency: EUR\nmodels:\n  openai:dear: {input: 3, cached: 0.5, output: 12, date: 2026-01-01}\n"
DEAR = ["--model", "openai:dear", "--prices", "prices.yaml"]


@pytest.fixture
def dear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A priced model on a server of ours, and the scenario; the current folder has no store yet."""
    (tmp_path / "tea.yaml").write_text(SCENARIO)
    (tmp_path / "prices.yaml").write_text(PRICES)
    with Loopback() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def parsed(result: Result) -> Any:
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_before_a_run_it_is_estimated_and_its_calls_are_listed(dear: Loopback, troupe: Troupe) -> None:
    found = parsed(troupe("estimate", "tea.yaml", *DEAR, "--json"))
    assert found["calls"]["low"] == 6
    assert 0 < found["money"]["low"] < found["money"]["mid"] < found["money"]["high"]
    assert found["currency"] == "EUR"
    listed = parsed(troupe("run", "tea.yaml", *DEAR, "--dry-run", "--json"))
    turns = [(call["step"], call["person"]) for call in listed["calls"] if call["attempt"] == 1]
    assert sorted(turns) == [(step, who) for step in (1, 2, 3) for who in ("ana-reyes", "bo-lind")]
    assert all(call["money"] > 0 and call["model"] == "openai:dear" for call in listed["calls"])
    for words in (["estimate", "tea.yaml"], ["run", "tea.yaml", "--dry-run"]):
        said = troupe(*words, *DEAR)
        assert said.exit_code == 0
        assert "EUR" in said.stdout and "p90" in said.stdout
    assert not dear.calls
    assert not Path("troupe.db").exists()


def test_an_unknown_price_is_said_and_never_taken_for_nothing(dear: Loopback, troupe: Troupe) -> None:
    said = troupe("estimate", "tea.yaml", "--model", "openai:unheard-of")
    assert said.exit_code == 0
    assert "no price is known" in said.stdout and "money" not in said.stdout.split("price")[0]
    refused = troupe("run", "tea.yaml", "--model", "openai:unheard-of", "--money", "5")
    assert refused.exit_code == 2
    assert "no price is known for 'openai:unheard-of'" in refused.stderr
    assert not dear.calls


def test_a_limit_that_no_call_fits_into_is_told_with_one_that_the_next_call_fits_into(
    dear: Loopback, troupe: Troupe
) -> None:
    stopped = troupe("run", "tea.yaml", *DEAR, "--money", "0.001")
    assert stopped.exit_code == 3 and not dear.calls
    assert "0.001 of 0.001 EUR are left" in stopped.stderr
    [told] = re.findall("--money ([0-9.]+)", stopped.stderr)
    troupe("resume", "tea", "--prices", "prices.yaml", "--money", told)
    assert dear.calls


def test_money_stops_a_run_which_goes_on_with_more(dear: Loopback, troupe: Troupe) -> None:
    stopped = troupe("run", "tea.yaml", *DEAR, "--money", "0.035")
    assert stopped.exit_code == 3
    assert "of 0.035 EUR are left" in stopped.stderr
    assert "troupe resume tea --money 0.070 --prices prices.yaml" in stopped.stderr
    paid = len(dear.calls)
    assert 0 < paid < 6
    went_on = parsed(troupe("resume", "tea", "--prices", "prices.yaml", "--money", "1", "--json"))
    assert (went_on["steps"], went_on["unfinished"], len(dear.calls)) == (3, False, 6)


def test_afterwards_what_it_cost_stands_beside_what_was_expected(dear: Loopback, troupe: Troupe) -> None:
    expected = parsed(troupe("estimate", "tea.yaml", *DEAR, "--json"))
    parsed(troupe("run", "tea.yaml", *DEAR, "--json"))
    found = parsed(troupe("cost", "tea", "--prices", "prices.yaml", "--json"))
    total = found["total"]
    tokens = (total["prompt_tokens"] - total["cached_tokens"], total["cached_tokens"], total["completion_tokens"])
    exact = sum(count * each for count, each in zip(tokens, (3, 0.5, 12), strict=True))
    assert exact <= total["money"] < exact + 6
    assert total["paid_money"] == total["money"]
    assert found["estimate"]["money"]["low"] > 0
    assert found["estimate"]["currency"] == expected["currency"] == found["currency"]
    for key in ("person", "purpose", "step", "model"):
        groups = found[f"by_{key}"]
        assert sum(group["money"] for group in groups) == pytest.approx(total["money"], abs=6)
        assert all(group["estimated"]["money"] > 0 for group in groups)
    assert [group["prefix"] is None for group in found["by_step"]] == [True, False, False]
    assert 0.5 < total["prefix"] < 1
    said = troupe("cost", "tea", "--prices", "prices.yaml").stdout
    assert "actual" in said and "estimated money" in said
    assert "no price is known for 'openai:dear'" in troupe("cost", "tea").stdout


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "1e99", "0.0000001", "much"])
def test_an_amount_that_is_none_is_refused(life: Path, troupe: Troupe, amount: str) -> None:
    refused = troupe("run", "tea.yaml", "--money", amount)
    assert refused.exit_code == 2
    assert "is no amount of money" in refused.stderr


def test_a_forks_own_cost_is_what_it_paid(dear: Loopback, troupe: Troupe) -> None:
    parsed(troupe("run", "tea.yaml", *DEAR, "--json"))
    words = [
        "branch",
        "tea@step:1",
        "--name",
        "b",
        "--say",
        "It is free.",
        "--run",
        "--prices",
        "prices.yaml",
        "--json",
    ]
    parsed(troupe(*words))
    found = parsed(troupe("cost", "tea/b", "--prices", "prices.yaml", "--json"))
    assert 0 < found["total"]["paid_money"] < found["total"]["money"]
    assert found["estimate"] is None
    assert found["by_step"][0]["paid_money"] == 0
