"""SVG as text that a template takes as it is: every text in it is escaped here, and nothing in it can act.

Colours and fonts come from classes, never from attributes of style, so that a page's policy can forbid those.
"""

from html import escape
from typing import Any
from unicodedata import east_asian_width

from troupe_es.ui.text import cut, shown

NARROW, BROAD = frozenset("iljtfrI.,:;'|!()[] "), frozenset("mwMW@%…—")


class Svg(str):
    """A piece of SVG. Templates that escape everything leave it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def element(name: str, *children: str, **attributes: Any) -> Svg:
    """Return an element; ``class_`` is ``class``, ``text_anchor`` is ``text-anchor``; None leaves an attribute out.

    Children are texts, which are escaped, or SVG. Numbers are written with at most one decimal.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(child if isinstance(child, Svg) else escape(shown(child)) for child in children)
    return Svg(f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>")


def picture(label: str, wide: float, high: float, *children: str, class_: str = "") -> Svg:
    """Return a whole picture; ``label`` says in words what it shows."""
    box = f"0 0 {_value(wide)} {_value(high)}"
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=box,
        width=wide,
        height=high,
        class_=f"drawn {class_}".strip(),
        role="group",
        aria_label=label,
    )


def words(text: str, x: float, y: float, class_: str = "", *, most: int = 40, anchor: str | None = None) -> Svg:
    """Return a line of text, cut at ``most`` characters."""
    return element("text", cut(text, most), x=x, y=y, class_=class_ or None, text_anchor=anchor, direction="auto")


def width(text: str, size: float) -> float:
    """Return how wide ``text`` is at most in letters of ``size`` pixels, whatever plain face a system has."""
    return size * sum(map(_wide, text))


def _wide(sign: str) -> float:
    if east_asian_width(sign) in "WF":
        return 1.35
    if sign in NARROW:
        return 0.42
    return 1.0 if sign in BROAD or ord(sign) >= 0x2000 else 0.78 if sign.isupper() else 0.64


def fitted(text: str, most: float, size: float) -> str:
    """Return ``text`` harmless, on one line, and cut so that it is at most ``most`` pixels wide."""
    whole = cut(text, 400)
    if width(whole, size) <= most:
        return whole
    while whole and width(whole, size) + size > most:
        whole = whole[:-1]
    return whole.rstrip() + "…"


def linked(href: str | None, label: str, *children: str) -> Svg:
    """Return ``children`` as a link that says ``label``, also to whoever points at it; None: no link."""
    inside = (element("title", label), *children)
    return element("g", *inside) if href is None else element("a", *inside, href=href, aria_label=shown(label))


def _value(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else shown(value)
