"""Prices: dated and sourced, overridable, exact, and never a zero for what is not known."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from troupe_es.errors import UsageError
from troupe_es.llm.prices import Price, Prices, free, micro, told

SHIPPED = yaml.safe_load((files("troupe_es.llm") / "prices.yaml").read_text())
counts = st.integers(0, 10**7)


def test_every_shipped_price_has_a_date_in_the_past_and_a_publisher() -> None:
    for model, entry in SHIPPED["models"].items():
        assert entry["date"] <= datetime.now(tz=UTC).date(), model
        assert entry["source"].startswith("https://"), model
        price = Prices(environ={}).required(model)
        assert price.cached <= price.input
        assert (price.currency, price.date) == ("USD", str(entry["date"]))


def test_digits_are_kept_and_other_names_are_the_same_model() -> None:
    prices = Prices(environ={})
    mini = prices.required("gpt-5-mini")
    assert (mini.input, mini.cached, mini.output) == (Decimal("0.25"), Decimal("0.025"), Decimal(2))
    for other in ("openai:gpt-5-mini", "gpt-5-mini-2025-08-07"):
        assert prices.required(other).output == 2


@pytest.mark.parametrize("model", ["gpt-6-imaginary", "gpt-5-min", "azure:gpt-5", "", "openai:"])
def test_what_is_not_listed_has_no_price_rather_than_none_to_pay(model: str) -> None:
    prices = Prices(environ={})
    assert prices.price_of(model) is None
    with pytest.raises(UsageError, match=f"{model!r}.*--prices"):
        prices.required(model)


@pytest.mark.parametrize(
    "model", ["improviser", "scripted", "scripted:elevenses", "local", "local:qwen", "local:/a/b.gguf"]
)
def test_what_runs_here_costs_nothing_and_needs_no_list(model: str) -> None:
    assert free(model)
    price = Prices("no-such-file.yaml").price_of(model)
    assert price is not None
    assert price.of(10**9, 10**9) == 0


def test_an_own_list_wins_and_the_rest_still_counts(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "currency: USD\nmodels:\n  gpt-5: {input: 1, output: 2}\n  azure:mine: {input: 0.1, output: 0.2}\n"
    )
    for prices in (Prices(own), Prices(environ={"TROUPE_PRICES": str(own)}), Prices(yaml.safe_load(own.read_text()))):
        assert prices.required("gpt-5").output == 2
        assert prices.required("gpt-5").cached == 1
        assert prices.required("azure:mine").input == Decimal("0.1")
        assert prices.required("gpt-4o").output == 10


def test_a_list_in_another_currency_stands_alone() -> None:
    prices = Prices({"currency": "EUR", "models": {"gpt-5": {"input": 1, "output": 2}}})
    assert (prices.currency, prices.required("gpt-5").currency) == ("EUR", "EUR")
    assert prices.price_of("gpt-4o") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "the file"),
        ("currency: USD\nmodels: {a: {input: -1, output: 1}}", "models.a.input"),
        ("currency: USD\nmodels: {a: {input: .nan, output: 1}}", "models.a.input"),
        ("currency: USD\nmodels: {a: {input: 1}}", "models.a.output"),
        ("currency: USD\nmodels: {a: {input: 1, output: 1, batch: 2}}", "models.a.batch"),
        ("currency: dollars\nmodels: {}", "currency"),
        ("a: [", "no price list can be read"),
        ("!!python/object/apply:os.getcwd []", "no price list can be read"),
        (None, "no price list can be read"),
    ],
)
def test_a_wrong_list_is_refused_by_file_and_field(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "own.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=f"own.yaml: .*{words}|own.yaml: {words}"):
        Prices(file).price_of("a")


@given(
    counts,
    counts,
    counts,
    st.decimals(0, 200, places=4),
    st.decimals(0, 200, places=4),
    st.decimals(0, 200, places=4),
)
def test_a_call_costs_its_tokens_rounded_up_once_and_never_more_than_the_most(
    prompt: int, completion: int, cached: int, each: Decimal, served: Decimal, out: Decimal
) -> None:
    price = Price("m", each, served, out)
    cost = price.of(prompt, completion, cached)
    exact = (prompt - min(cached, prompt)) * each + min(cached, prompt) * served + completion * out
    assert exact <= cost < exact + 1
    assert cost <= price.most(prompt, completion)


def test_money_as_people_write_it() -> None:
    assert [told(n) for n in (0, 7, 1200, 20_000, 1_500_000, 1_234_567_890)] == [
        "0.00", "0.000007", "0.0012", "0.02", "1.50", "1,234.57",
    ]  # fmt: skip
    assert micro(Decimal("2.5")) == 2_500_000
