"""``population``: people made as shares say, written to a folder, with what was aimed at beside what came out."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from troupe_es.agent.persona import outline
from troupe_es.controller import populations
from troupe_es.controller.factory import person_name
from troupe_es.controller.populating import Population
from troupe_es.errors import EveryTurnFailed
from troupe_es.factory import plan
from troupe_es.factory.spec import Spec
from troupe_es.numerals import counted
from troupe_es.ui.going import choose_model, going, resumable
from troupe_es.ui.options import Means, command, given, limits
from troupe_es.ui.render import console, facts, one_line, print_json, safe, table, title

SYNTHETIC = "synthetic people, made up by {model}: not real ones"


@command("population")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(min=1), required=True, metavar="N", help="How many people.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Settles who they are.")
@click.option("--model", default="", metavar="M", help="Who makes them up, as for 'run'.")
@click.option("--name", metavar="NAME", help="The simulation's name in the store; absent: the file's.")
@click.option("--where", multiple=True, metavar="TEXT", help="What holds for everybody, such as 'age >= 18'.")
@click.option("--dimension", "only", multiple=True, metavar="NAME", help="Sample only this one, and others so named.")
@click.option("--without", multiple=True, metavar="NAME", help="Leave this dimension to the model.")
@click.option(
    "--example",
    "examples",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A persona file that shows the model how much to tell of a person.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write persona files (.agent.json) there."
)
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as .png or .svg.")
@click.option("--plan", "planning", is_flag=True, help="Only show what would be sampled; asks nobody.")
@limits
def population(
    spec: Path,
    count: int,
    seed: int,
    name: str | None,
    where: tuple[str, ...],
    only: tuple[str, ...],
    without: tuple[str, ...],
    examples: tuple[Path, ...],
    out: Path | None,
    picture: Path | None,
    planning: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Make a population as SPEC says: a population file, or a demography file with shares in percent.

    Who the people are is sampled here, by quotas, and a model only makes up the rest of each. Stopped in the middle
    the same command goes on; made once it asks nobody. Dimensions are independent of each other, unless the file
    ties them together.
    """
    wanted = populations.load_spec(spec, where=where, only=only, without=without, examples=examples)
    planned = plan.plan(wanted, count, seed)
    if planning:
        _plan(wanted, planned.sampled, as_json)
        return
    named = name or populations.name_of(spec)
    chosen = choose_model(means.model, store, named, "main")
    of = (("--count", count), ("--seed", str(seed)), ("--model", chosen), ("--name", named))
    like = (("--where", where), ("--dimension", only), ("--without", without), ("--example", examples))
    again = ["population", str(spec), *given(*of, *like, ("--out", out), ("--picture", picture))]
    with going(store, as_json, means) as held, resumable(store, *again, means=means):
        made = held.store.population(named, wanted, count, seed=seed, model=chosen, budget=means.limit)
    if not made.personas:
        raise EveryTurnFailed(f"nobody could be made: {next(iter(made.failed.values()))}")
    files = populations.write_folder(made.personas, out) if out else []
    if picture:
        _draw(made, named, chosen, picture)
    if as_json:
        print_json(_plain(made, wanted, files))
    else:
        _tell(made, wanted, count, chosen, out)


@command("person")
@click.argument("description")
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="Another seed, another person.")
@click.option("--model", default="", metavar="M", help="Who makes them up, as for 'run'.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the persona file there.")
@limits
def person(
    description: str,
    seed: int,
    out: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Make one person who is as DESCRIPTION says; the same description is the same person, and asks nobody again."""
    chosen = choose_model(means.model, store, person_name(description, seed), "main")
    again = ["person", description, "--seed", str(seed), "--model", chosen]
    with (
        going(store, as_json, means) as held,
        resumable(store, *again, means=means),
    ):
        made = held.store.person(description, seed=seed, model=chosen, budget=means.limit)
    files = populations.write_folder([made], out) if out else []
    if as_json:
        print_json(made)
        return
    console(reading=True).print(safe(f"{made['name']}\n\n{outline(made)}"))
    for file in files:
        console().print(safe(f"written to {file}", "dim"))


def _plain(made: Population, spec: Spec, files: list[Path]) -> dict[str, Any]:
    return {
        "ref": made.ref,
        "people": len(made.personas),
        "failed": made.failed,
        "shares": [{**asdict(each), "share": each.share, "deviation": each.deviation} for each in made.achieved],
        "left_out": spec.left_out,
        "files": [str(file) for file in files],
    }


def _plan(spec: Spec, sampled: Any, as_json: bool) -> None:
    """Show what is aimed at, and what is left out."""
    aims = [
        (" and ".join(each.of), " / ".join(share.labels), share.target) for each in sampled for share in each.shares
    ]
    if as_json:
        shares = [{"dimension": name, "label": label, "target": target} for name, label, target in aims]
        print_json({"shares": shares, "left_out": spec.left_out})
        return
    screen = console()
    rows = table("dimension", "value", "target", right=("target",))
    for name, label, target in aims:
        rows.add_row(one_line(name), one_line(label), f"{target:.1%}")
    screen.print(rows)
    _left_out(spec)


def _draw(made: Population, name: str, model: str, file: Path) -> None:
    from troupe_es import pictures  # only where it is used

    counts: dict[str, dict[str | int | float, int]] = {}
    targets: dict[str, dict[str | int | float, float]] = {}
    for each in made.achieved:
        counts.setdefault(each.dimension, {})[each.label] = each.count
        targets.setdefault(each.dimension, {})[each.label] = each.target
    shown = {dimension: found for dimension, found in counts.items() if any(found.values())}
    pictures.profile(shown, name, targets=targets, foot=SYNTHETIC.format(model=model)).save(file)


def _tell(made: Population, spec: Spec, count: int, model: str, out: Path | None) -> None:
    screen = console()
    screen.print(title(f"{made.ref}: {len(made.personas)} of {counted(count, 'person')}"))
    rows = table(
        "dimension",
        "value",
        "target",
        "achieved",
        "people",
        "points off",
        right=("target", "achieved", "people", "points off"),
    )
    for each in made.achieved:
        numbers = (f"{each.target:.1%}", f"{each.share:.1%}", str(each.count), f"{each.deviation:+.1f}")
        rows.add_row(one_line(each.dimension), one_line(each.label), *numbers)
    screen.print(rows)
    if spec.constraints:
        screen.print(safe(f"targets are what {' and '.join(map(repr, spec.constraints))} leave of the shares", "dim"))
    _left_out(spec)
    worst = max((abs(each.deviation) for each in made.achieved), default=0.0)
    pairs: list[tuple[str, object]] = [("largest deviation", f"{worst:.1f} percentage points")]
    pairs.append(("note", SYNTHETIC.format(model=model)))
    pairs += [("not made", f"{number}: {reason}") for number, reason in made.failed.items()]
    screen.print(facts([*pairs, *([("written to", str(out))] if out else [])]))


def _left_out(spec: Spec) -> None:
    for name, why in spec.left_out.items():
        console().print(safe(f"not sampled: {name} ({why})", "dim"))
