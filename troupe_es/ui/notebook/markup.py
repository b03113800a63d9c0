"""HTML for a cell of a notebook: every text escaped, nothing that runs, legible on light and dark.

A notebook's colours are its reader's. So nothing here sets one: what is quieter is more transparent, and lines are
the grey that is seen on both.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from troupe_es.ui.text import shown

STYLE = """
.troupe { max-width: 60rem; line-height: 1.45; overflow-x: auto; }
.troupe h3 { margin: .4rem 0; font-size: 1.1rem; }
.troupe table { border-collapse: collapse; margin: .4rem 0; }
.troupe th, .troupe td { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0;
  border-bottom: 1px solid rgba(128, 128, 128, .35); background: none; white-space: pre-wrap; }
.troupe th { font-weight: 600; } .troupe b { white-space: nowrap; }
.troupe .number { text-align: right; font-variant-numeric: tabular-nums; }
.troupe .quiet { opacity: .72; }
.troupe .note { border-left: 3px solid rgba(128, 128, 128, .7); padding-left: .6rem; }
.troupe summary { cursor: pointer; } .troupe ul { margin: .2rem 0; padding-left: 1.4rem; }
"""


class Html(str):
    """HTML of ours; any other text is foreign, and escaped where it is put into it."""

    __slots__ = ()


class Shown:
    """Something as a notebook shows it; elsewhere, its title."""

    def __init__(self, title: str, body: Html) -> None:
        self.title = title
        self.body = body

    def _repr_html_(self) -> str:
        return f'<style>{STYLE}</style><div class="troupe">{element("h3", self.title)}{self.body}</div>'

    def __repr__(self) -> str:
        return f"<{shown(self.title)}>"


def text(value: object) -> Html:
    """Return ``value`` as HTML: our own as it is, all else escaped, harmless, its direction kept to itself."""
    return value if isinstance(value, Html) else Html(f"<bdi>{escape(shown(value))}</bdi>")


def joined(parts: Iterable[object]) -> Html:
    """Return ``parts`` one after another."""
    return Html("".join(map(text, parts)))


def element(name: str, *children: object, class_: str = "") -> Html:
    """Return an element with these children."""
    given = f' class="{class_}"' if class_ else ""
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """Return a table; numbers stand at the right."""
    head = element("tr", *(element("th", name) for name in columns))
    body = joined(element("tr", *map(_cell, row)) for row in rows)
    return element("table", element("thead", head), element("tbody", body))


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return names and values beside each other, those that say something."""
    said = [(name, value) for name, value in pairs if value not in ("", None)]
    return element("table", element("tbody", *(element("tr", element("th", n), element("td", v)) for n, v in said)))


def folded(summary: str, body: Html) -> Html:
    """Return ``body`` behind a line that opens it."""
    return element("details", element("summary", summary), body)


def listed(items: Iterable[object]) -> Html:
    """Return a list."""
    return element("ul", *(element("li", item) for item in items))


def _cell(value: Any) -> Html:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return element("td", f"{value:,}" if isinstance(value, int) else f"{value:g}", class_="number")
    return element("td", "" if value is None else value)
