"""``cost``: what a life took, paid against recorded and actual against estimated, from the store's view ``costs``.

The prefix is the share of each prompt, from a person's second on, that their earlier prompts began with: what a
provider's cache can serve. It is counted in characters, as tokens are the provider's to count; ``cached tokens`` are
what the provider says it did serve. Money is worked out from the tokens and today's price list.
"""

from pathlib import Path
from typing import Any

import click

from troupe_es.controller.store import Store
from troupe_es.llm.prices import told
from troupe_es.ui.options import command, prices_option
from troupe_es.ui.render import console, facts, one_line, print_json, table, title
from troupe_es.views.costs import BY, MONEY, SUMS, costs

COMPARED = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "money")


@command("cost")
@click.argument("ref")
@click.option("--by", type=click.Choice(BY), multiple=True, help="Only this table; may be given more than once.")
@prices_option
def cost(ref: str, by: tuple[str, ...], prices: Path | None, store: Path, as_json: bool) -> None:
    """Show what the life REF took: paid by this branch, or on record already; and what was expected of it."""
    with Store(store, write=False, prices=prices) as held:
        whole = costs(held, ref, by or BY)
    if as_json:
        print_json(whole)
        return
    screen = console()
    screen.print(title(whole["ref"]))
    if whole["estimate"] is not None:
        screen.print()
        screen.print(_compared(whole["estimate"], whole["total"]))
    for key in by or BY:
        screen.print()
        screen.print(_table(key, whole[f"by_{key}"], whole["total"]))
    screen.print()
    screen.print(facts(_notes(whole)))


def _compared(estimate: dict[str, Any], total: dict[str, Any]) -> Any:
    """Return the band beside what came of it."""
    numbers = ("p10", "p50", "p90", "actual")
    made = table("estimate", *numbers, right=numbers)
    for name in COMPARED:
        band, actual = estimate.get(name), total[name]
        shown = told if name == "money" else _number
        if band is not None and actual is not None:
            row = (shown(band["low"]), shown(band["mid"]), shown(band["high"]), shown(actual))
            made.add_row(name.replace("_", " "), *row)
    return made


def _columns(total: dict[str, Any], groups: list[dict[str, Any]]) -> list[str]:
    """What a table shows: money where there is any, the estimate where one was made."""
    priced = bool(total["money"])
    shown = [name for name in SUMS if not (priced and name == "paid_tokens")]
    shown += [*(MONEY if priced else ()), "prefix"]
    if any(group["estimated"] for group in groups):
        shown += ["estimated_tokens", *(("estimated_money",) if priced else ())]
    return shown


def _table(key: str, groups: list[dict[str, Any]], total: dict[str, Any]) -> Any:
    columns = _columns(total, groups)
    names = [name.replace("_", " ") for name in columns]
    made = table(key, *names, right=names)
    for group in groups:
        made.add_row(one_line(group[key]), *(_cell(group, name) for name in columns))
    if len(groups) > 1:
        made.add_section()
        made.add_row("total", *(_cell(total, name) for name in columns), style="bold")
    return made


def _cell(group: dict[str, Any], name: str) -> str:
    expected = group.get("estimated") or {}
    if name == "estimated_tokens":
        return _number(expected["prompt_tokens"] + expected["completion_tokens"]) if expected else ""
    value = expected.get("money") if name == "estimated_money" else group[name]
    if value is None:
        return ""
    return f"{value:.0%}" if name == "prefix" else told(value) if "money" in name else _number(value)


def _notes(whole: dict[str, Any]) -> list[tuple[str, object]]:
    notes: list[tuple[str, object]] = []
    if whole["total"]["money"]:
        notes.append(("money", f"in {whole['currency']}, from tokens and today's price list"))
    notes += [("money", f"no price is known for {name!r}: list it with --prices FILE") for name in whole["unpriced"]]
    if whole["total"]["prefix"] is not None:
        notes.append(("prefix", "how much of a prompt was in its person's earlier ones (characters, not tokens)"))
    return notes


def _number(value: float) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
