"""``experiment``: arms that part from one life, each lived several times, and what they differ in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from troupe_es.controller import exporting, reading
from troupe_es.controller.references import check_name
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.experimentation import Audit, Comparison, Findings, audit, compare, design
from troupe_es.experimentation import experiment as run_experiment
from troupe_es.experimentation.runner import AT_ONCE
from troupe_es.experimentation.runner import Progress as Told
from troupe_es.numerals import counted
from troupe_es.scenario import Scenario
from troupe_es.ui.estimate import dry_run as told_before
from troupe_es.ui.estimate import expected
from troupe_es.ui.going import choose_model, resumable
from troupe_es.ui.options import Means, command, given, limits, typed
from troupe_es.ui.render import console, facts, indented, one_line, print_json, safe, table, title


@command("experiment")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--model", default="", metavar="M", help="Who answers, as for 'run'; an arm's own model wins in it.")
@click.option("--name", metavar="NAME", help="Another name for the simulation than the scenario's.")
@click.option(
    "--replicates", type=click.IntRange(min=1), metavar="R", help="Lives of every arm, over the scenario's."
)
@click.option(
    "--at-once", type=click.IntRange(min=1), default=AT_ONCE, show_default=True, help="Branches that live together."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the table to a new file: .csv, .xlsx…",
)
@click.option("--audit", "auditing", is_flag=True, help="Vary draws, words, order and models; how far outcomes move.")
@click.option("--other-model", "others", multiple=True, metavar="M", help="A model to answer in the audit as well.")
@click.option("--dry-run", is_flag=True, help="Ask nobody: list the calls it would make, and what they may cost.")
@limits
def experiment(
    scenario: Path,
    name: str | None,
    replicates: int | None,
    at_once: int,
    out: Path | None,
    auditing: bool,
    others: tuple[str, ...],
    dry_run: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Run the experiment that SCENARIO describes: its program once, then every replicate of every arm.

    Each is a branch, NAME-ARM-NUMBER, that can be looked into like any other. Stopped in the middle the same command
    goes on; run to the end it asks nobody. The comparison of the arms needs the extra 'stats'. With --audit, or
    'audit: true' in SCENARIO, the same is run again under what should make no difference.
    """
    if out is not None:
        exporting.check(out)
    script = _script(scenario, name, replicates)
    auditing = auditing or audited_too(script)
    if others and not auditing:
        raise UsageError("--other-model names a model for an audit: give --audit too")
    if dry_run:
        assert script.experiment is not None
        whole = script.experiment.model_copy(update={"audit": auditing})
        script = script.model_copy(update={"experiment": whole})
        told_before(expected(script, store, means, others), as_json)
        return
    chosen = choose_model(means.model or script.model or "", store, script.name, "main")
    again = ["experiment", str(scenario), *given(("--model", chosen), ("--name", name), ("--out", out))]
    again += given(("--replicates", replicates), ("--audit", auditing), ("--other-model", others))
    with (
        Store(store, **means.settings) as held,
        resumable(store, *again, means=means),
        _progress(script) as progress,
    ):
        settings: dict[str, Any] = {"model": chosen, "budget": means.limit, "at_once": at_once, "progress": progress}
        findings, audited = conducted(held, script, others, auditing=auditing, **settings)
    if out is not None:
        exporting.export(exporting.Table(findings.table(), script.name, findings.note), out)
    if as_json:
        print_json(plain(findings, audited))
    else:
        tell(findings, audited, store)


def conducted(
    held: Store, script: Scenario, others: tuple[str, ...] = (), *, auditing: bool, **settings: Any
) -> tuple[Findings, Audit | None]:
    """Run the experiment of a scenario, with its audit or without."""
    if not auditing:
        return run_experiment(held, script, **settings), None
    audited = audit(held, script, models=others, **settings)
    return audited.findings, audited


def plain(findings: Findings, audited: Audit | None) -> dict[str, Any]:
    """Return all that was found as plain objects."""
    return {**_plain(findings, *_compared(findings)), **({"audit": _moves(audited)} if audited else {})}


def tell(findings: Findings, audited: Audit | None, path: Path) -> None:
    """Print all that was found: the table, the comparison of the arms, and how far an audit moved them."""
    _tell(findings, *_compared(findings), path)
    if audited is not None:
        _tell_audit(audited)


def _script(scenario: Path, name: str | None, replicates: int | None) -> Scenario:
    """Read the scenario, with what the options change in it."""
    script = reading.load(scenario).scenario
    if script.experiment is None:
        raise UsageError(f"{scenario}: describes no experiment: give arms and outcomes under 'experiment'")
    changed: dict[str, Any] = {} if name is None else {"name": check_name(name)}
    if replicates is not None:
        changed["experiment"] = script.experiment.model_copy(update={"replicates": replicates})
    script = script.model_copy(update=changed)
    design.replicates(script)  # what cannot be run is told before there is a store
    return script


def audited_too(script: Scenario) -> bool:
    """Whether the scenario itself says that its experiment is audited."""
    return script.experiment is not None and script.experiment.audit


@contextmanager
def _progress(script: Scenario) -> Iterator[Told]:
    """Show on stderr, where that is a terminal, how many branches are done."""
    assert script.experiment is not None
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = console(stderr=True)
    with Progress(*bar, console=screen, transient=True, disable=not screen.is_terminal) as shown:
        whole = len(script.experiment.arms) * script.experiment.replicates
        task = shown.add_task(f"{script.name}: the common part", total=whole)

        def told(done: int, of: int, branch: str) -> None:
            shown.update(task, completed=done, total=of, description=f"{branch} is done")

        yield told


def _compared(findings: Findings) -> tuple[list[Comparison], str]:
    """Return the comparison, or why there is none: without the extra the table is still worth having."""
    try:
        return compare(findings), ""
    except UsageError as error:
        return [], str(error)


def _plain(findings: Findings, compared: list[Comparison], fault: str) -> dict[str, Any]:
    return {
        "note": findings.note,
        "prefix": findings.prefix,
        "head": findings.head,
        "paid": findings.paid,
        "rows": findings.table(),
        "comparisons": [
            {
                "outcome": each.outcome,
                "kind": each.kind,
                "arms": dict(each.means),
                "test": each.test.row(),
                "effect": each.effect.row(),
                "missing": each.missing,
                "words": each.sentences(),
            }
            for each in compared
        ],
        "not_compared": fault or None,
    }


def _tell(findings: Findings, compared: list[Comparison], fault: str, path: Path) -> None:
    screen = console()
    arms, times = counted(len(findings.design.arms), "arm"), counted(findings.design.replicates, "replicate")
    screen.print(title(f"{arms} × {times}, parted at {findings.prefix}"))
    rows = table("arm", "replicate", "outcome", "value", "at", "note", right=("replicate",))
    for row in findings.rows:
        value = "–" if row.value is None else f"{row.value:g}" if isinstance(row.value, float) else str(row.value)
        cells = (one_line(row.arm), str(row.replicate), one_line(row.outcome), one_line(value), one_line(row.ref))
        rows.add_row(*cells, one_line(row.note, "dim", 60))
    screen.print(rows)
    for each in compared:
        screen.print(title(f"\n{each.outcome}"))
        screen.print(indented(safe("\n".join(each.sentences()))))
    if fault:
        screen.print(safe(f"\nnot compared: {fault}"))
    first = findings.rows[0].ref.partition("@")[0]
    nexts = typed(path, "transcript", first)
    screen.print(safe(f"\n{findings.note} The unit of analysis is the replicate.", "bold"))
    screen.print(facts([("answers", f"{findings.paid} asked for now"), ("next", nexts)]))


def _moves(audited: Audit) -> dict[str, Any]:
    return {
        "note": audited.note,
        "paid": audited.paid,
        "movements": [asdict(each) for each in audited.movements],
        "conclusions": dict(audited.conclusions),
        "rows": {name: findings.table() for name, findings in audited.variations.items()},
    }


def _tell_audit(audited: Audit) -> None:
    screen = console()
    screen.print(title(f"\nRobustness: {counted(len(audited.variations), 'variation')}, how far each outcome moves"))
    rows = table("outcome", "arm", "before", "variation", "moved by", right=("before", "moved by"))
    for each in sorted(audited.movements, key=lambda each: (each.outcome, each.arm)):
        moved = "–" if each.moved is None else f"{each.moved:+.3g}"
        cells = map(one_line, (each.outcome, each.arm, _level(each.before), each.variation))
        rows.add_row(*cells, moved)
    screen.print(rows)
    for text in audited.conclusions.values():
        screen.print(safe(text))
    screen.print(safe(f"\n{audited.note}", "bold"))
    screen.print(facts([("answers", f"{audited.paid} asked for now, for all of it")]))


def _level(before: float | dict[str, int] | None) -> str:
    if isinstance(before, dict):
        return ", ".join(f"{answer} {count}" for answer, count in before.items())
    return "–" if before is None else f"{before:.3g}"
