"""``validate``: simulated answers against real ones, and predictions that are sealed."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from troupe_es.errors import UsageError
from troupe_es.scenario import text
from troupe_es.scenario.tables import Table
from troupe_es.ui.going import asking
from troupe_es.ui.interview import person
from troupe_es.ui.options import Means, command, given, instead, limits
from troupe_es.ui.render import console, indented, one_line, print_json, safe, say, table

FILE = click.Path(path_type=Path)


class Validate(click.Group):
    """A group in which words that are no command of it are those of ``compare``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``compare`` before what is not the name of a command."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["compare", *args]
        return super().parse_args(ctx, args)


@click.group("validate", cls=Validate)
def validate() -> None:
    """Compare answers with real ones; seal predictions; check people.

    'troupe validate REF …' is 'troupe validate compare REF …'.
    """


def mapped(function: Any) -> Any:
    """Add ``--map``, ``--survey``, ``--simulated`` and ``--model``."""
    for option in (
        instead("answers"),
        click.option("--simulated", type=FILE, metavar="FILE", help="A table of simulated answers, read by --map."),
        click.option(
            "--survey", type=FILE, metavar="FILE", help="Ask these questions at REF; they are named as in --map."
        ),
        click.option(
            "--map", "mapping", type=FILE, metavar="FILE", help="YAML: which column answers which question."
        ),
    ):
        function = option(function)
    return function


@command("compare")
@click.argument("ref")
@click.option("--real", type=FILE, required=True, metavar="FILE", help="The answers of real people, a person a row.")
@mapped
@click.option("--by", multiple=True, metavar="GROUP", help="Subgroups too: a group or column; GROUP=TRAIT of people.")
@click.option("--answered-by", default="", metavar="MODEL", help="Which model gave the answers in --simulated.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a report with pictures there; it opens from disk.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when a question is no good match.")
@limits
def compare(
    ref: str,
    real: Path,
    mapping: Path | None,
    survey: Path | None,
    simulated: Path | None,
    by: tuple[str, ...],
    answered_by: str,
    html: Path | None,
    exit_code: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Compare the answers to a survey taken at REF, or those in a table, with real ones; the run is left as it is.

    The mapping names each question with its column, kind (numeric, ordinal, ranking, categorical, multiple), options
    and codes. The log notes that the real answers were read; the report says whether a prediction was sealed before.
    """
    from troupe_es import validation  # only where it is used: it computes

    real_table = table_of(mapping, real)
    read = (("--real", real), ("--map", mapping), ("--survey", survey))
    told = (("--by", by), ("--html", html), ("--exit-code", exit_code))
    with asking(store, means, "validate", ref, *given(*read, *told)) as held:
        found = validation.validate(
            held.store,
            ref,
            real_table,
            survey=survey,
            simulated=simulated,
            by=by,
            answered_by=answered_by,
            model=means.model,
            budget=means.limit,
        )
    if html is not None:
        _write(html, found, ref)
    if as_json:
        print_json(plain(found, html))
    else:
        tell(found, html)
    if exit_code and not found.good:
        raise click.exceptions.Exit(1)


def table_of(mapping: Path | None, file: Path) -> Table:
    """Return how ``file`` is read. Raises UsageError that names the mapping and what is wrong in it."""
    if mapping is None:
        raise UsageError("say which column answers which question, with --map FILE")
    try:
        written = text.parse(mapping.read_text(encoding="utf-8"), str(mapping))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{mapping}: cannot be read: {why}") from None
    if not isinstance(written, dict):
        raise UsageError(f"{mapping}: expected an object with 'questions'")
    from troupe_es.validation import loading  # only where it is used: it computes

    return loading.table_of({**written, "file": str(file)}, str(mapping))


def _write(html: Path, found: Any, ref: str) -> None:
    from troupe_es import pictures  # only where it is used

    content = pictures.of_validation(found.report, f"Simulated against real answers: {ref}", found.order)
    try:
        html.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{html}: cannot be written: {error.strerror}") from None


def plain(found: Any, html: Path | None = None) -> dict[str, Any]:
    """Return it as JSON."""
    report = found.report
    verdicts = [
        {"question": each.title, "verdict": str(each.verdict), "good": each.verdict.good, "why": each.verdict.reasons}
        for each in report.comparisons
    ]
    written = {"truth": found.truth, "html": str(html) if html else None}
    return {
        "note": report.standing_line,
        "good": found.good,
        "verdicts": verdicts,
        "measures": report.rows(),
        "order": found.order,
        **written,
    }


def tell(found: Any, html: Path | None = None, *, measures: bool = True) -> None:
    """Print a comparison with people, question by question, with every measure or with the verdicts alone."""
    report, screen = found.report, console()
    screen.print(safe(report.standing_line, "bold"))
    rows = table("question", "simulated", "real", "verdict")
    for each in report.comparisons:
        rows.add_row(*map(one_line, (each.title, each.simulated.sentence(), each.real.sentence(), str(each.verdict))))
    screen.print(rows)
    for each in report.comparisons:
        screen.print(safe(each.sentence()))
        for measure in each.measures if measures else ():
            screen.print(indented(safe(f"{measure.sentence()}.", "dim")))
    for sentence in (report.margins.sentence(), *found.order):
        screen.print(safe(sentence))
    if html is not None:
        say(f"written: {html}")


@command("seal")
@click.argument("ref")
@click.option("--prediction", type=FILE, metavar="FILE", help="YAML or JSON: by question, the share of each answer.")
@mapped
@limits
def seal(
    ref: str,
    prediction: Path | None,
    mapping: Path | None,
    survey: Path | None,
    simulated: Path | None,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Write the hash of a prediction into the log at REF, and print it, to be published before the truth is loaded.

    The prediction is the answers to a survey taken at REF, those in a table, or shares in a file. Only a hash that
    was published proves to others that it was made before.
    """
    if sum(each is not None for each in (prediction, survey, simulated)) != 1:
        raise UsageError("give one of --survey, --simulated and --prediction")
    with asking(store, means, "validate", "seal", ref, *given(("--survey", survey))) as held:
        if survey is not None:
            found = held.store.seal(ref, held.store.survey(ref, survey, model=means.model, budget=means.limit))
        else:
            found = held.store.seal(ref, _predicted(prediction, mapping, simulated))
    if as_json:
        print_json(asdict(found))
        return
    screen = console()
    screen.print(safe(found.sha256, "bold"))
    before = "was sealed before" if found.recorded else "is sealed"
    screen.print(
        safe(f"This prediction of {', '.join(found.questions)} {before}: {found.ref}. Publish the hash now.")
    )


def _predicted(prediction: Path | None, mapping: Path | None, simulated: Path | None) -> Any:
    if simulated is not None:
        from troupe_es import validation  # only where it is used: it computes

        return validation.predicted(validation.load(table_of(mapping, simulated)))
    assert prediction is not None
    try:
        written = text.parse(prediction.read_text(encoding="utf-8"), str(prediction))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{prediction}: cannot be read: {why}") from None
    if not isinstance(written, dict) or not all(isinstance(each, dict) for each in written.values()):
        raise UsageError(f"{prediction}: expected for each question an object with the share of each answer")
    return written


for each in (compare, seal, person):
    validate.add_command(each)
