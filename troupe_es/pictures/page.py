"""A report as one HTML file that opens from disk: its pictures are inside it, and nothing is fetched or run.

Every text is escaped, pictures are data (an image cannot run a script), and the page forbids everything else itself.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from troupe_es.experimentation.statistics.results import shown
from troupe_es.pictures.charts import simulated_and_real
from troupe_es.pictures.drawing import Picture
from troupe_es.validation.comparison import Comparison
from troupe_es.validation.report import SUBGROUPS, Report
from troupe_es.validation.verdict import COLLAPSE

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
.about { border-left: 4px solid #D55E00; padding: .5rem 1rem; background: #FFF6EE; font-weight: 600; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; }
figcaption, .note { color: #555; font-size: .9rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td { white-space: pre-line; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
"""
NUMBER = ' class="number"'
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: a heading, paragraphs, pictures, and rows of a table (their columns those of the first).

    Where the columns have blank names there is no head. ``inner`` says that it belongs to the section before it.
    """

    heading: str
    paragraphs: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    inner: bool = False


def page(title: str, about: str, sections: Sequence[Section]) -> str:
    """Return an HTML page; ``about`` is its standing line. Raises UsageError where pictures cannot be drawn."""
    body = "\n".join(_section(section) for section in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{_text(title)}</h1>\n<p class="about">{_text(about)}</p>\n{body}\n</body>\n</html>\n'
    )


def of_validation(report: Report, title: str = "Simulated against real answers", notes: Sequence[str] = ()) -> str:
    """Return the page of a comparison with people: verdicts, then each question with its picture and measures.

    ``notes`` stand at its end: what the log shows of predictions that were sealed, say.
    """
    end = [Section("What came first", notes)] if notes else []
    return page(title, report.standing_line, [*comparisons(report), *end])


def comparisons(
    report: Report,
    heading: str = "Verdicts",
    *,
    texts: Mapping[str, str] | None = None,
    axes: Mapping[str, str] | None = None,
    inner: bool = False,
) -> list[Section]:
    """Return the sections of a comparison with people: verdicts under ``heading``, each question, then the rules.

    ``texts`` say in full what the questions of these names are, ``axes`` what their answers are; ``inner`` puts what
    comes after the verdicts inside their section.
    """
    verdicts = [_verdict(comparison) for comparison in report.comparisons]
    found = any(COLLAPSE in comparison.verdict.findings for comparison in report.comparisons)
    warning = ["Simulated people agree more than real ones do: do not read their answers as a spread of opinion."]
    sources = [f"Real answers are from {', '.join(report.sources)}."] if report.sources else []
    start = Section(heading, [*sources, *(warning if found else ())], rows=verdicts)
    each = [
        _comparison(comparison, report.standing_line, texts or {}, axes or {}, inner)
        for comparison in report.comparisons
    ]
    rules = [report.margins.sentence()]
    if any(comparison.subgroup for comparison in report.comparisons):
        rules.append(SUBGROUPS)
    return [start, *each, Section("How to read this", rules, inner=inner)]


def _comparison(
    comparison: Comparison, foot: str, texts: Mapping[str, str], axes: Mapping[str, str], inner: bool
) -> Section:
    name = comparison.question.name
    title = texts.get(name, name) + (f" ({comparison.subgroup})" if comparison.subgroup else "")
    said = [comparison.sentence(), *([comparison.chance.sentence()] if comparison.chance else [])]
    drawn = comparison.simulated.n and comparison.real.n
    pictures = [simulated_and_real(comparison, title, axis=axes.get(name, "answer"), foot=foot)] if drawn else []
    rows = [{name: row[name] for name in ("measure", "value", "low", "high", "ideal")} for row in comparison.rows()]
    return Section(title, said, pictures, rows, inner)


def _verdict(comparison: Comparison) -> dict[str, Any]:
    return {
        "question": comparison.title,
        "verdict": str(comparison.verdict),
        "simulated": comparison.simulated.sentence(),
        "real": comparison.real.sentence(),
    }


def _section(section: Section) -> str:
    level = "h3" if section.inner else "h2"
    parts = [f"<{level}>{_text(section.heading)}</{level}>"]
    parts += [f"<p>{_text(paragraph)}</p>" for paragraph in section.paragraphs]
    parts += [_figure(picture) for picture in section.pictures]
    if section.rows:
        parts.append(_table(section.rows))
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def _figure(picture: Picture) -> str:
    content = base64.b64encode(picture.svg()).decode()
    image = f'<img src="data:image/svg+xml;base64,{content}" alt="{_text(picture.alt)}">'
    title = picture.title + ("" if picture.title.endswith((".", "?", "!")) else ".")
    return f"<figure>{image}<figcaption>{_text(title)} {_text(picture.subtitle)}</figcaption></figure>"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(
        f"<th{NUMBER if _numeric(value) else ''}>{_text(str(name))}</th>" for name, value in rows[0].items()
    )
    body = "\n".join("<tr>" + "".join(_cell(row.get(name)) for name in rows[0]) + "</tr>" for row in rows)
    named = f"<thead><tr>{head}</tr></thead>\n" if any(str(name).strip() for name in rows[0]) else ""
    return f'<div class="scroll"><table>\n{named}<tbody>\n{body}\n</tbody>\n</table></div>'


def _cell(value: Any) -> str:
    if _numeric(value):
        return f"<td{NUMBER}>{_text(shown(value))}</td>"
    return f"<td>{_text('' if value is None else str(value))}</td>"


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(text: str) -> str:
    """Return ``text`` for HTML: escaped, without control characters and lone surrogates, which no page can hold."""
    legal = "".join(
        sign if sign in "\n\t" or (sign >= " " and not "\ud800" <= sign <= "\udfff") else "�" for sign in text
    )
    return escape(legal)
