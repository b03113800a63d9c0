"""What a life took, paid against recorded and actual against estimated, from what its events name.

The prefix is the share of each prompt, from a person's second on, that their earlier prompts began with: what a
provider's cache can serve. It is counted in characters, as tokens are the provider's to count; ``cached tokens`` are
what the provider says it did serve. Money is worked out from the tokens and today's price list.
"""

from collections import defaultdict
from collections.abc import Iterable
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
    rows = taken(store.log, point.branch)
    unpriced = sorted({row["model"] for row in rows if not _price(row, store.prices)})
    asked = prefixes(store.log, point.branch)
    notes = store.log.journal(point.branch, "estimate")
    estimate = notes[-1].payload if notes else None
    tables = {f"by_{key}": grouped(rows, key, asked, estimate) for key in chosen}
    total = {**_sums(rows), "prefix": _prefix(asked)}
    currency = next((price.currency for row in rows if (price := store.prices.price_of(row["model"]))), "")
    about = {"currency": currency, "unpriced": unpriced, "estimate": estimate}
    return {"ref": str(point), "total": total, **about, **tables}


def _price(row: dict[str, Any], prices: Prices) -> bool:
    """Add what a row of ``costs`` comes to, and what of it was paid; say whether there is a price."""
    price = prices.price_of(row["model"])
    row["money"] = price and price.of(row["prompt_tokens"], row["completion_tokens"], row["cached_tokens"])
    taken = row["prompt_tokens"] + row["completion_tokens"]
    row["paid_money"] = price and (round(row["money"] * row["paid_tokens"] / taken) if taken else 0)
    return price is not None


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
    sums = {name: round(sum(row[name] for row in rows), 3) for name in SUMS}
    known = all(row["money"] is not None for row in rows)
    return {**sums, **{name: sum(row[name] for row in rows) if known else None for name in MONEY}}


def _prefix(asked: Iterable[Prefix]) -> float | None:
    """Return the share of later prompts that was there before; None where there are only first ones."""
    later = [prompt for prompt in asked if not prompt.first]
    whole = sum(prompt.whole for prompt in later)
    return round(sum(prompt.same for prompt in later) / whole, 3) if whole else None
