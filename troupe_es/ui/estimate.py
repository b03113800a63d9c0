"""``estimate`` and ``run --dry-run``: what a scenario may take, before anybody is asked."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from troupe_es.controller import reading
from troupe_es.controller.bands import COMMON, Estimate, Expected
from troupe_es.controller.store import Store
from troupe_es.llm.limiter import MOST
from troupe_es.llm.prices import told
from troupe_es.numerals import counted
from troupe_es.scenario import Scenario
from troupe_es.ui.options import Means, command, prices_option
from troupe_es.ui.render import console, facts, one_line, print_json, table, title

COUNTS = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens")


@command("estimate")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--model", default="", metavar="M", help="Who would answer, instead of the scenario's own.")
@click.option("--concurrency", type=click.IntRange(min=1), default=MOST, metavar="N", help="Most calls in flight.")
@prices_option
def estimate(scenario: Path, model: str, concurrency: int, prices: Path | None, store: Path, as_json: bool) -> None:
    """Estimate calls, tokens, money and time of a SCENARIO, its experiment included, as bands; asks nobody.

    One run in ten stays below p10, one in ten exceeds p90. What the store's recordings tell of the model is used.
    """
    script = reading.load(scenario).scenario
    found = expected(script, store, Means(None, prices, concurrency, model))
    chosen = model or script.model or ""
    if as_json:
        print_json({"scenario": script.name, "model": chosen, **found.summary()})
    else:
        _tell(found, f"{script.name}, answered by {chosen}")


def expected(scenario: Scenario, store: Path, means: Means, others: Sequence[str] = ()) -> Estimate:
    """Return the estimate, learning from the store if there is one; ``others`` answer in an audit as well."""
    opened = Store(store, write=False, **means.settings) if store.exists() else None
    with closing(opened or Store(":memory:", **means.settings)) as held:
        return held.estimate(scenario, model=means.model, models=others)


def _tell(found: Estimate, heading: str) -> None:
    screen = console()
    screen.print(title(heading))
    rows = table("", "p10", "p50", "p90", right=("p10", "p50", "p90"))
    for name in COUNTS:
        band = getattr(found, name)
        rows.add_row(name.replace("_", " "), *(f"{value:,}" for value in (band.low, band.mid, band.high)))
    if found.money is not None:
        money = (found.money.low, found.money.mid, found.money.high)
        rows.add_row(f"money {found.currency}".strip(), *map(told, money))
    rows.add_row("time", *(_time(value) for value in (found.seconds.low, found.seconds.mid, found.seconds.high)))
    screen.print(rows)
    screen.print(facts(_notes(found)))


def _notes(found: Estimate) -> list[tuple[str, object]]:
    notes: list[tuple[str, object]] = [(model, f"price: {price}") for model, price in found.prices.items()]
    unknown = "no price is known, so there is no estimate of money: list it with --prices FILE"
    notes += [(model, unknown) for model in found.unpriced]
    for model, seen in found.learnt.items():
        known = f"known from {counted(seen['answers'], 'answer')} in {counted(seen['runs'], 'run')} of this store"
        if model != "improviser":  # which is rehearsed as it is
            notes.append((model, known if seen["answers"] else "has not answered in this store yet: a wide guess"))
    if found.arms:
        arms = f"{counted(len(found.arms), 'arm')} × {counted(found.replicates, 'replicate')}"
        arms += f", and {found.variations} times again for the audit" if found.variations else ""
        common = round(found.by("arm")[COMMON].calls) if COMMON in found.by("arm") else 0
        notes.append(("experiment", f"{arms}, and {counted(common, 'call')} for what they have in common"))
    if found.sampled:
        notes.append(("", "large: a part was rehearsed and stands for the whole"))
    return notes


def _time(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"


def dry_run(found: Estimate, as_json: bool) -> None:
    """List the calls that a run would make, as the rehearsal in the middle made them."""
    if as_json:
        print_json({"calls": [_call(call) for call in found.calls_made], "estimate": found.summary()})
        return
    weighed = found.sampled or bool(found.arms)
    first = ["arm"] if found.arms else []
    numbers = ("prompt", "cached", "answer", "money", "stands for")
    shown = numbers if weighed else numbers[:-1]
    rows = table(*first, "step", "person", "purpose", "model", *shown, right=numbers)
    for call in found.calls_made:
        step, person, purpose, *_ = call.address.split("/")
        again = f" (attempt {call.attempt})" if call.attempt > 1 else ""
        money = "?" if call.money is None else told(call.money)
        tokens = (f"{count:,}" for count in (call.prompt_tokens, call.cached_tokens, call.completion_tokens))
        row: list[str | Text] = [step, one_line(person), purpose + again, one_line(call.model), *tokens, money]
        arm = [one_line(call.key("arm"))] if found.arms else []
        rows.add_row(*arm, *row, *([f"{call.weight:.1f}"] if weighed else []))
    screen = console()
    screen.print(title("Nobody is asked. One life as it may be, in tokens:"))
    screen.print(rows)
    screen.print()
    _tell(found, "In all")


def _call(call: Expected) -> dict[str, Any]:
    step, person, purpose, *_ = call.address.split("/")
    about = {"step": int(step), "person": person, "purpose": purpose, "attempt": call.attempt}
    return {**about, **{name: value for name, value in vars(call).items() if name != "address"}}
