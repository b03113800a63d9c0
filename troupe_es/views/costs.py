"""What a life took, paid against recorded and actual against estimated, from what its events name.

The prefix is the share of each prompt, from a person's second on, that their earlier prompts began with: what a
provider's cache can serve. It is counted in characters, as tokens are the provider's to count; ``cached tokens`` are
what the provider says it did serve. Money is worked out from the tokens and today's price list.
"""

from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from troupe_es.controller.prefixes import Prefix, prefixes
from troupe_es.controller.references import resolve
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.llm.prices import Prices
from troupe_es.views.taken import taken

BY = ("person", "purpose", "step", "model")
SUMS = (
    "calls",
    "paid",
    "recorded",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "paid_tokens",
    "seconds",
)
MONEY = ("money", "paid_money")


def costs(store: Store, ref: str, by: Iterable[str] = BY) -> dict[str, Any]:
    """Return what a whole branch took: the total, and a table ``by_KEY`` for each of ``by``.

    Money is in millionths of ``currency``, null where a model has no price. Raises UsageError for a point within a
    branch, or for another key.
    """
    chosen = tuple(by)
    if wrong := [key for key in chosen if key not in BY]:
        raise UsageError(f"by={wrong[0]!r}: write {', '.join(BY)}")
    point = resolve(store.log, ref)
    if not point.at_head:
        raise UsageError(f"{ref}: costs are those of a whole branch; leave '@…' out")
    rows = _priced(taken(store.log, point.branch), store.prices)
    unpriced = sorted({row["model"] for row in rows if row["money"] is None})
    asked = prefixes(store.log, point.branch)
    notes = store.log.journal(point.branch, "estimate")
    estimate = notes[-1].payload if notes else None
    steps = rows if "step" in chosen else []
    whole = _collapsed(rows)  # over the steps: what there is once a step is added up once
    tables = {f"by_{key}": grouped(steps if key == "step" else whole, key, asked, estimate) for key in chosen}
    total = {**_sums(whole), "prefix": _prefix(asked)}
    about = {"currency": _currency(rows, store.prices), "unpriced": unpriced, "estimate": estimate}
    return {"ref": str(point), "total": total, **about, **tables}


def _priced(rows: list[dict[str, Any]], prices: Prices) -> list[dict[str, Any]]:
    """Add to each row of ``costs`` what it comes to, and what of it was paid; None where there is no price."""
    known = {model: prices.price_of(model) for model in {row["model"] for row in rows}}
    for row in rows:
        price = known[row["model"]]
        row["money"] = price and price.of(row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"])
        tokens = row["prompt_tokens"] + row["completion_tokens"]
        row["paid_money"] = price and (round(row["money"] * row["paid_tokens"] / tokens) if tokens else 0)
    return rows


def _currency(rows: list[dict[str, Any]], prices: Prices) -> str:
    models = dict.fromkeys(row["model"] for row in rows)
    return next((price.currency for model in models if (price := prices.price_of(model))), "")


def _collapsed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["person"], row["purpose"], row["model"]].append(row)
    return [
        {"person": person, "purpose": purpose, "model": model, **_sums(group)}
        for (person, purpose, model), group in groups.items()
    ]


def grouped(
    rows: Iterable[dict[str, Any]], key: str, asked: Iterable[Prefix] = (), estimate: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the sums of ``rows`` for each value of ``key``, in the order of their coming, and what was expected."""
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    prompts: dict[Any, list[Prefix]] = defaultdict(list)
    for prompt in asked:
        prompts[getattr(prompt, key)].append(prompt)
    expected = (estimate or {}).get(f"by_{key}", {})
    return [
        {key: value, **_sums(group), "prefix": _prefix(prompts[value]), "estimated": expected.get(str(value))}
        for value, group in groups.items()
    ]


def _sums(rows: list[dict[str, Any]]) -> dict[str, Any]:
    sums = map(sum, zip(*map(itemgetter(*SUMS), rows), strict=True)) if rows else [0] * len(SUMS)
    known = all(row["money"] is not None for row in rows)
    money = {name: sum(row[name] for row in rows) if known else None for name in MONEY}
    return {**{name: round(value, 3) for name, value in zip(SUMS, sums, strict=True)}, **money}


def _prefix(asked: Iterable[Prefix]) -> float | None:
    """Return the share of later prompts that was there before; None where there are only first ones."""
    later = [prompt for prompt in asked if not prompt.first]
    whole = sum(prompt.whole for prompt in later)
    return round(sum(prompt.same for prompt in later) / whole, 3) if whole else None
