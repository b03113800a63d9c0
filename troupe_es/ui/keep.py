"""``stores`` and ``remove``: what a store holds, and a new one without a simulation."""

from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.controller.keeping import held, without
from troupe_es.controller.store import Store
from troupe_es.ui.options import command, typed
from troupe_es.ui.render import console, one_line, print_json, say, table


@command("stores")
def stores(store: Path, as_json: bool) -> None:
    """Show what the store holds: each simulation with its branches, events and bytes."""
    with Store(store, write=False) as opened:
        found = held(opened.log)
        whole = sum(size.bytes for size in opened.log.sizes().values())
    if as_json:
        print_json({"store": str(store), "bytes": whole, "simulations": [asdict(each) for each in found]})
        return
    rows = table(
        "simulation", "branches", "events", "bytes of events", right=("branches", "events", "bytes of events")
    )
    for each in found:
        rows.add_row(one_line(each.simulation), f"{each.branches:,}", f"{each.events:,}", f"{each.bytes:,}")
    console().print(rows)
    say(f"{store}: {whole:,} bytes with prompts, answers, indexes and saved folds")


@command("remove")
@click.argument("simulation")
@click.option(
    "--to", "path", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The new store's file."
)
def remove(simulation: str, path: Path, store: Path, as_json: bool) -> None:
    """Write a new store without SIMULATION; the old one is left as it is, to be deleted by hand.

    The journal, budgets and who paid for which answer are not carried over.
    """
    with Store(store, write=False) as opened:
        kept = without(opened.log, simulation, path)
    if as_json:
        print_json({"store": str(path), "simulations": kept, "without": simulation})
        return
    what = "1 simulation" if len(kept) == 1 else f"{len(kept)} simulations"
    say(f"{path} holds {what}, without {simulation}. To check it: {typed(path, 'verify')}. Then delete {store}")
