"""The text of an HTML page, by the standard library: all that is shown, in order, headings and lists marked.

No guess is made at what the main part is, so nothing that a person could read is lost; what is not shown (scripts,
styles, templates) is left out.
"""

import re
from html.parser import HTMLParser

HIDDEN = {"script", "style", "template", "noscript", "svg", "iframe", "object"}
BLOCKS = {
    *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form", "h1"),
    *("h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr"),
    *("ul", "title", "caption", "figcaption", "option"),
}
HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def text_of(html: str) -> tuple[str, str]:
    """Return the title and the text of a page."""
    page = _Page()
    page.feed(html)
    page.close()
    return " ".join("".join(page.title).split()), tidied("".join(page.text))


def tidied(text: str) -> str:
    """Return ``text`` with single spaces, and one empty line between paragraphs."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.title: list[str] = []
        self.hidden = 0
        self.titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in HIDDEN:
            self.hidden += 1
        elif tag in BLOCKS:
            self.titled = tag == "title"
            self.text.append("\n" + HEADINGS.get(tag, "- " if tag == "li" else ""))
        elif tag in ("td", "th"):
            self.text.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in BLOCKS:
            self.titled = False
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if self.titled:
            self.title.append(data)
        elif not self.hidden:
            self.text.append(re.sub(r"\s+", " ", data))
