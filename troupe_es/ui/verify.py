"""``verify``: is it what was written, and would it be decided so again? The first divergence is shown whole."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.status import Status
from rich.text import Text

from troupe_es.controller.bundle import verify_bundle
from troupe_es.controller.replay import Divergence, Report
from troupe_es.controller.store import Store
from troupe_es.errors import UsageError
from troupe_es.events import Stored
from troupe_es.log import Damage
from troupe_es.numerals import counted
from troupe_es.ui.options import command
from troupe_es.ui.render import beside, console, indented, print_json, safe, title
from troupe_es.views.integrity import plain, report

MOST = 20
"""Damages and differences that are listed."""


@command("verify")
@click.argument("what", nargs=-1, metavar="[REF|BUNDLE]…")
@click.option("--strict", is_flag=True, help="Hold differences of older editions against a recording, too.")
@click.option("--head", metavar="HASH", help="The head that was written down elsewhere: finds a tail that was cut.")
@click.pass_context
def verify(
    ctx: click.Context, what: tuple[str, ...], strict: bool, head: str | None, store: Path, as_json: bool
) -> None:
    """Check chain and checksums, and decide everything again from the record: no model, no network, no key.

    A BUNDLE is a path that ends in .zip or begins with ./, ../ or /, or a folder with a manifest. Without
    arguments the whole store is checked, every branch of it.
    """
    if head is not None and len(what) != 1:
        raise UsageError("--head is the head of one life: name one REF")
    bundles = [word for word in what if is_bundle(word)]
    refs = [word for word in what if not is_bundle(word)]
    damages: list[Damage] = []
    with _progress() as progress:
        reports = [
            report for word in bundles for report in verify_bundle(Path(word), strict=strict, progress=progress)
        ]
        if refs or not what:
            with Store(store, write=False) as held:
                damages = [] if refs else held.log.check()
                found = refs or _all(held)
                reports += [held.verify(ref, strict=strict, progress=progress) for ref in found]
    missed = head is not None and not (reports[-1].head.startswith(head.lower()) and len(head) >= 8)
    if as_json:
        print_json(
            {
                "holds": _hold(reports, damages, missed),
                "damages": plain(damages),
                "reports": [report(each) for each in reports],
            }
        )
    else:
        _tell(reports, damages, head if missed else None)
    if not _hold(reports, damages, missed):
        ctx.exit(1)


def is_bundle(word: str) -> bool:
    """Say whether an argument names a bundle rather than a point in the store."""
    return word.endswith(".zip") or word.startswith(("./", "../", "/")) or (Path(word) / "manifest.json").is_file()


def _all(store: Store) -> list[str]:
    return [str(branch) for branch in store.log.branches()]


def _hold(reports: list[Report], damages: list[Damage], missed: bool) -> bool:
    return all(report.holds for report in reports) and not damages and not missed


@contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """Count events on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with Status("", console=console(stderr=True)) as status:
        yield lambda seq: status.update(Text(f"decided up to event {seq:,}", style="dim"))


# on the screen


def _tell(reports: list[Report], damages: list[Damage], wanted: str | None) -> None:
    screen = console(reading=True)
    _damages(screen, damages)
    for each in reports:
        mark = Text("✓ ", style="green") if each.holds else Text("✗ ", style="bold red")
        screen.print(mark.append_text(title(each.ref)).append(f"  {each.head}", style="dim"))
        screen.print(indented(safe(_counted(each))))
        for head in each.before:
            screen.print(indented(safe(f"redacted; the head before was {head}", "dim")))
        _damages(screen, each.damages)
        for found in each.divergences[:1]:
            _show(screen, found)
        _differences(screen, each.differences)
        for finding in each.code[:MOST]:
            screen.print(indented(safe(str(finding), "yellow")))
    if wanted is not None:
        screen.print(safe(f"✗ the head is not {wanted}: events are missing at the end, or it is another life", "red"))
    if not reports and not damages:
        screen.print("The store is empty: there is nothing to verify.")


def _counted(report: Report) -> str:
    if report.damages:
        return "the file was changed; what it says was not decided again"
    if report.blocked:
        return report.blocked
    recorded = f"{counted(report.answers, 'answer')} from the record, 0 calls"
    if report.divergences:
        return f"diverges after {counted(report.events, 'event')}; {recorded}"
    given = report.events - report.decided
    events = counted(report.events, "event")
    return f"{events}: {given} given, {report.decided} decided again and identical; {recorded}"


def _damages(screen: Console, damages: list[Damage]) -> None:
    for damage in damages[:MOST]:
        screen.print(indented(safe(f"{damage.table} {damage.key}: {damage.what}", "red")))
    if len(damages) > MOST:
        screen.print(indented(safe(f"and {len(damages) - MOST} more", "red")))


def _differences(screen: Console, differences: list[Divergence]) -> None:
    """What an older edition decided otherwise: no fault, but worth knowing."""
    if differences:
        screen.print(
            indented(
                safe(f"{counted(len(differences), 'act')} of an older edition would be decided otherwise today:")
            )
        )
    for found in differences[:MOST]:
        screen.print(indented(safe(found.what), 4))


def _show(screen: Console, found: Divergence) -> None:
    """The two events and the two prompts, side by side."""
    screen.print(indented(safe(found.what, "red")))
    screen.print()
    rows = [(_event(found.recorded), _event(found.decided))]
    screen.print(beside("recorded", "decided again", rows, screen.width))
    if found.recorded_prompt or found.decided_prompt:
        screen.print()
        same = _common(found)
        rows = list(_prompts(found, same))
        screen.print(safe(f"The prompts, after {counted(same, 'message')} that are the same:", "dim"))
        screen.print(beside("as it was sent", "as it would be sent", rows, screen.width))


def _event(row: Stored | None) -> Text:
    if row is None:
        return Text("nothing", style="dim")
    head = (
        f"event {row.seq}: {row.type}\nactor {row.actor or '–'}, step {row.step}, time {row.time}, cause {row.cause}"
    )
    payload = json.dumps(json.loads(row.payload), indent=1, ensure_ascii=False)
    return safe(f"{head}\nhash {row.hash.hex()[:16]}…\n{payload}")


def _common(found: Divergence) -> int:
    """How many messages both prompts begin with."""
    pairs = zip(found.recorded_prompt, found.decided_prompt, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), min(_lengths(found)))


def _lengths(found: Divergence) -> tuple[int, int]:
    return len(found.recorded_prompt), len(found.decided_prompt)


def _prompts(found: Divergence, same: int) -> Iterator[tuple[Text, Text]]:
    for number in range(same, max(_lengths(found))):
        yield _message(found.recorded_prompt, number), _message(found.decided_prompt, number)


def _message(prompt: list[tuple[str, str]], number: int) -> Text:
    if number >= len(prompt):
        return Text("")
    role, content = prompt[number]
    return Text(f"── {role}\n", style="dim").append_text(safe(content, "not dim"))
