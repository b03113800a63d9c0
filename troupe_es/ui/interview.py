"""``validate person``: somebody is interviewed, and what they answer judged against what is expected of them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from troupe_es.controller.validating import Validated
from troupe_es.errors import EveryTurnFailed, UsageError
from troupe_es.ui.going import asking
from troupe_es.ui.options import Means, command, limits
from troupe_es.ui.render import console, indented, print_json, safe, title


@command("person")
@click.argument("ref")
@click.argument("who")
@click.option("--expect", "expected", multiple=True, metavar="TEXT|FILE", help="A claim; or a file, a claim a line.")
@click.option(
    "--question", "questions", multiple=True, metavar="TEXT", help="What is asked; none: made by the model."
)
@click.option("--again", is_flag=True, help="Do it all once more, in the next draw.")
@click.option("--model", default="", metavar="M", help="Who asks, answers and judges, instead of what is set there.")
@limits
def person(
    ref: str,
    who: str,
    expected: tuple[str, ...],
    questions: tuple[str, ...],
    again: bool,
    means: Means,
    store: Path,
    as_json: bool,
) -> None:
    """Interview WHO at REF and judge the answers against what is expected: a score from 0 to 1, with reasons.

    In a claim {{name}} stands for the person. It happens in side branches: the run is left as it is.
    """
    claims = [claim for each in expected for claim in _claims(each)]
    with asking(store, means) as held:
        found = held.store.validate_person(
            ref, who, claims, questions=questions, model=means.model, again=again, budget=means.limit
        )
    if as_json:
        verdicts = [verdict.model_dump() for verdict in found.verdicts]
        interview = {"interview": found.interview.table(), "note": found.interview.note}
        print_json({**asdict(found), "verdicts": verdicts, **interview})
    else:
        _tell_person(found)
    if found.failed is not None:
        raise EveryTurnFailed(f"the judge gave no usable answer: {found.failed}")


def _claims(expected: str) -> Sequence[str]:
    """Return the claims in a file, one a line, or the one that ``expected`` is."""
    try:
        file = Path(expected)
        if not file.is_file():
            return [expected]
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UsageError(f"{expected}: cannot be read: it is not UTF-8") from None
    except OSError:
        return [expected]  # too long for the name of a file


def _tell_person(found: Validated) -> None:
    screen = console(reading=True)
    score = "not judged" if found.score is None else f"{found.score:.2f} of 1"
    screen.print(title(f"{found.person}: {score}"))
    for row, question in zip(found.interview.rows, found.questions, strict=True):
        screen.print(safe(question, "dim"))
        screen.print(indented(safe(row.answer if row.status == "answered" else f"({row.reason})")))
    for verdict in found.verdicts:
        screen.print(safe(f"{'yes' if verdict.holds else 'no '} {verdict.score}/9  {verdict.claim}"))
        screen.print(indented(safe(verdict.reason)))
    screen.print(safe(f"{found.interview.note} {found.ref}", "dim"))
