"""Writes what a person wrote as a file: Markdown, HTML, DOCX or JSON, in whatever place the user names.

The text is Markdown by whoever played the author, so it is foreign: HTML in it is shown as text, links lead only
where links may lead, and no part of it names a file.
"""

import html
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from troupe_es.errors import UsageError
from troupe_es.extras import need

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'"><title>{title}</title></head>
<body><h1>{title}</h1><p><em>{author}</em></p>
{body}</body></html>
"""
CONTROL = {ord(character): None for character in map(chr, range(32)) if character not in "\n\t"}


@dataclass(frozen=True)
class Document:
    """A document as it stands at a point: who wrote it (id), when, and in which event."""

    title: str
    author: str
    content: str
    by: str
    time: str
    seq: int


def markdown(document: Document) -> bytes:
    """Return it as Markdown, under its title."""
    return f"# {document.title}\n\n*{document.author}*\n\n{document.content}\n".encode()


def as_json(document: Document) -> bytes:
    """Return all that is known of it."""
    return json.dumps(asdict(document), ensure_ascii=False, indent=2).encode() + b"\n"


def page(document: Document) -> bytes:
    """Return it as an HTML page that runs nothing and loads nothing."""
    body = _parser().render(document.content)
    title, author = html.escape(document.title), html.escape(document.author)
    return PAGE.format(title=title, author=author, body=body).encode()


def docx(document: Document) -> bytes:
    """Return it as DOCX. Raises UsageError when the extra is not installed."""
    made = need("docx", "documents", "DOCX files").Document()
    made.core_properties.title = document.title[:255]
    made.core_properties.author = document.author[:255]
    made.add_heading(shown(document.title), 0)
    made.add_paragraph(shown(document.author))
    for style, runs in _paragraphs(_parser().parse(document.content)):
        paragraph = made.add_paragraph(style=style)
        for text, bold, italic in runs:
            run = paragraph.add_run(shown(text))
            run.bold, run.italic = bold, italic
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


FORMS: dict[str, Callable[[Document], bytes]] = {".md": markdown, ".json": as_json, ".html": page, ".docx": docx}
"""How a document is written, by the ending of the file's name."""


def write(document: Document, path: Path) -> None:
    """Write ``document`` to a new file. Raises UsageError for a name that says no form, or a file that is there."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path}: the name must end in {', '.join(FORMS)}")
    content = form(document)
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(f"{path} is there already: name another file, or remove it first") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # costs time, and few write documents

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def shown(text: str) -> str:
    """Return ``text`` without characters that XML does not hold."""
    return text.translate(CONTROL)


def _paragraphs(tokens: "list[Token]") -> Iterator[tuple[str, list[tuple[str, bool, bool]]]]:
    """Yield the style of each paragraph and its runs: the text, and whether it is bold and italic."""
    style, lists = "Normal", [""]
    for token in tokens:
        match token.type:
            case "heading_open":
                style = f"Heading {token.tag[1:]}"
            case "bullet_list_open":
                lists.append("List Bullet")
            case "ordered_list_open":
                lists.append("List Number")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "paragraph_open":
                style = lists[-1] or "Normal"
            case "inline":
                yield style, list(_runs(token.children or []))
                style = lists[-1] or "Normal"
            case "fence" | "code_block":
                yield "Normal", [(token.content, False, False)]


def _runs(children: "list[Token]") -> Iterator[tuple[str, bool, bool]]:
    bold = italic = 0
    for child in children:
        bold += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
        italic += {"em_open": 1, "em_close": -1}.get(child.type, 0)
        if child.type in ("softbreak", "hardbreak"):
            yield "\n", False, False
        elif child.content:
            yield child.content, bold > 0, italic > 0
