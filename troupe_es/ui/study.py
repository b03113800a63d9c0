"""What a scenario asks aside, as ``run`` tells it: answers, values and verdicts, and a report to keep."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from troupe_es.controller.aside import Judgement
from troupe_es.controller.exporting import shown
from troupe_es.controller.extracting import Extraction
from troupe_es.controller.reading import Loaded
from troupe_es.controller.reporting import Found
from troupe_es.controller.store import Store
from troupe_es.controller.surveying import Surveyed
from troupe_es.errors import UsageError
from troupe_es.events.types import SurveyQuestion
from troupe_es.extras import need
from troupe_es.numerals import counted
from troupe_es.ui import check, extract, validate
from troupe_es.ui.render import console, one_line, safe, say, table, title
from troupe_es.validation.study import Study, study

COUNTED = ("yes-no", "choice", "likert")


def ready(report: Path) -> None:
    """Raise UsageError where a report could not be written, before anybody is asked."""
    if report.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{report}: a report is one page of HTML: name a file that ends in .html")
    if not report.absolute().parent.is_dir():
        raise UsageError(f"{report}: there is no folder {str(report.parent)!r}")
    need("matplotlib", "plots", "the report's pictures")


def lived(store: Store, loaded: Loaded, settings: Mapping[str, Any], report: Path | None) -> Study:
    """Play a scenario, compare it with people, and write the report that is wanted."""
    found = study(store, loaded, **settings)
    if report is not None:
        _write(found, report)
    return found


def _write(found: Study, report: Path) -> None:
    from troupe_es import pictures  # only where it is used

    content = pictures.of_study(found)
    try:
        report.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{report}: cannot be written: {error.strerror}") from None


def plain(found: Study, report: Path | None) -> dict[str, Any]:
    """Return what came of it as JSON."""
    told: dict[str, Any] = {"note": found.note, "asked": [_plain(each) for each in found.found]}
    if found.validation is not None:
        told["validation"] = validate.plain(found.validation)
        told["sealed"] = found.seal.sha256 if found.seal is not None else None
    return {**told, **({"report": str(report)} if report is not None else {})}


def _plain(found: Found) -> dict[str, Any]:
    told = {"at": found.at, "ref": found.ref, "paid": found.paid}
    match found:
        case Surveyed():
            return {"survey": found.title, **told, "rows": found.table()}
        case Extraction():
            return {"extract": found.table(), "about": list(found.about), **told, "failed": found.failed}
        case Judgement():
            verdicts = [verdict.model_dump() for verdict in found.verdicts]
            return {"check": verdicts, **check.around(found), **told, "failed": found.failed}


def tell(found: Study, report: Path | None) -> None:
    """Print what was asked aside, and the verdict."""
    for each in found.found:
        match each:
            case Surveyed():
                _survey(each)
            case Extraction() if each.failed is None:
                extract.tell(each, each.at)
            case Judgement() if each.failed is None:
                check.tell(each, each.at)
    if found.seal is not None:
        done = "was sealed before" if found.seal.recorded else "is sealed"
        say(f"\nThe prediction {done}; publish its hash: {found.seal.sha256}")
    if found.validation is not None:
        console().print(title("\nagainst real people"))
        validate.tell(found.validation, measures=False)
    say(f"\n{counted(found.paid, 'answer')} asked for now in all, those aside included")
    if report is not None:
        say(f"written: {report}")


def _survey(found: Surveyed) -> None:
    screen = console()
    screen.print(title(f"\n{one_line(found.title or 'survey').plain}, asked at {found.at}"))
    rows = table("question", "n", "answers", right=("n",))
    for question in found.questions:
        answers = list(found.answers(question.id).values())
        rows.add_row(one_line(question.text), str(len(answers)), one_line(summary(question, answers)))
    screen.print(rows)
    source = "from the record, 0 calls" if found.recorded else "asked now, and recorded"
    screen.print(safe(f"{found.note} {source}: {found.ref}", "dim"))


def summary(question: SurveyQuestion, answers: Sequence[Any]) -> str:
    """Return answers in a line: how often each, the mean of numbers, what comes first; nothing of free texts."""
    if not answers:
        return "nobody answered"
    if question.kind in COUNTED:
        counts = Counter(answers)
        order = sorted(counts) if question.kind == "likert" else [each for each, _ in counts.most_common()]
        said = ", ".join(f"{shown(each)}: {counts[each]}" for each in order)
        return f"mean {mean(answers):.2f} ({said})" if question.kind == "likert" else said
    match question.kind:
        case "number":
            return f"mean {mean(answers):.2f}, {min(answers):g} to {max(answers):g}"
        case "multiple" | "rank":
            named = [option for each in answers for option in (each if question.kind == "multiple" else each[:1])]
            return ", ".join(f"{option}: {count}" for option, count in Counter(named).most_common())
    return "in the report, with --json, and with 'troupe survey'"
