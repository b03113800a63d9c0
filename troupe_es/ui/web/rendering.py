"""Templates and how they say things: every foreign text escaped, isolated and with its control characters shown.

A text from a model or a file meets a page only through ``text`` (in the page) or ``plain`` (in an attribute); Jinja
escapes whatever a template forgets.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from troupe_es.llm.prices import told
from troupe_es.ui.drawn.marks import bar
from troupe_es.ui.text import cut, harmless_json, shown
from troupe_es.ui.web.wording import on_page

HUES = 8
SHAPES = 4
SEVERAL = 400
"""People whose colours go by the order in which they came."""

_order: ContextVar[dict[str, int]] = ContextVar("order", default={})  # noqa: B039 - never changed

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def page(
    request: Request, template: str, status: int = 200, order: Iterable[str] = (), **values: Any
) -> HTMLResponse:
    """Return the page ``template`` makes of ``values``; ``nav`` and ``notices`` may be among them.

    ``order`` are the ids of a run's people in the order they came: the first ones get colours that differ.
    """
    given = {"request": request, "nav": "", "notices": [], **values}
    with coloured(order):
        content = environment().get_template(template).render(given)
    return HTMLResponse(content, status, {"Cache-Control": "no-cache"})


@contextmanager
def coloured(order: Iterable[str]) -> Iterator[None]:
    """Let the first people of ``order`` have colours that differ, in what is rendered inside."""
    known = _order.set({id: number for number, id in enumerate(islice(order, SEVERAL))})
    try:
        yield
    finally:
        _order.reset(known)


def run_of(simulation: str, branch: str, at: int | None = None) -> dict[str, Any]:
    """Return what crumbs and tabs need of a branch."""
    return {
        "simulation": simulation,
        "branch": branch,
        "ref": f"{simulation}/{branch}" + (f"@{at}" if at is not None else ""),
        "url": f"/runs/{simulation}/{branch}",
        "at": at,
    }


@cache
def environment() -> Environment:
    """Return the templates' environment."""
    made = Environment(
        loader=PackageLoader("troupe_es.ui.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        text=text,
        plain=shown,
        line=line,
        hue=hue,
        initial=initial,
        number=number,
        money=money,
        micro=micro,
        moment=moment,
        wall=wall,
        json=as_json,
        compact=compact,
        here=on_page,
    )
    made.globals.update(asset=asset, csrf_token=csrf_token, store_name=store_name)
    made.globals.update(bar=bar, told=priced, counted=number, percent=percent)
    return made


def text(value: object) -> Markup:
    """Return a foreign text as text: escaped, its control characters shown, its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(shown(value))


def line(value: object, most: int = 200) -> Markup:
    """Return a foreign text on one line of at most ``most`` characters."""
    return Markup("<bdi>{}</bdi>").format(cut(value, most))


def hue(person: object) -> str:
    """Return the classes of a person's colour and shape: by the order in which people came, else by the id alone.

    ``words.js`` does as this does.
    """
    known = _order.get().get(str(person))
    if known is not None:
        return f"who-{known % HUES} shape-{known // HUES % SHAPES}"
    found = 0x811C9DC5
    for byte in str(person).encode("utf-8", "replace"):
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    found ^= found >> 15
    return f"who-{found % HUES} shape-{found // HUES % SHAPES}"


def initial(name: object) -> str:
    """Return the first letter of a name that is a letter or a digit, else a dot."""
    return next((sign.upper() for sign in str(name) if sign.isalnum()), "·")


def number(value: float | None) -> str:
    """Return a number with its thousands apart; nothing for none."""
    if value is None:
        return "–"
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:,.2f}".replace(",", "\u202f")


def money(value: float | None) -> str:
    """Return US dollars, small amounts with the digits that tell them apart."""
    if value is None:
        return "–"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def micro(value: int | None, currency: str = "") -> str:
    """Return millionths of a currency as an amount of it."""
    if value is None:
        return "–"
    amount = value / 1_000_000
    return f"{amount:,.2f} {currency}".strip() if amount >= 1 or not value else f"{amount:.2g} {currency}".strip()


def wall(value: int | None) -> Markup:
    """Return milliseconds since 1970 as people read a time, UTC."""
    return moment(datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")) if value else Markup("")


def priced(amount: int | None) -> str:
    """Return an amount in millionths of a currency as people write it."""
    return "–" if amount is None else told(amount)


def percent(share: float) -> str:
    """Return a share of 1 in whole percent."""
    return f"{share:.0%}"


def moment(value: str | None) -> Markup:
    """Return an ISO 8601 time as people read it, the machine's form beside it."""
    if not value:
        return Markup("")
    day, _, clock = value.partition("T")
    parts = day.split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts) or not 1 <= int(parts[1]) <= 12:
        return text(value)
    said = f"{int(parts[2])} {MONTHS[int(parts[1]) - 1]} {parts[0]}" + (f", {clock[:5]}" if clock else "")
    return Markup('<time datetime="{}">{}</time>').format(value, said)


def as_json(value: Any) -> Markup:
    """Return JSON for reading, its control characters escaped as JSON does."""
    return escape(harmless_json(json.dumps(value, ensure_ascii=False, indent=2)))


def compact(value: Any) -> Markup:
    """Return JSON on one line, not too long to be read in passing."""
    return line(harmless_json(json.dumps(value, ensure_ascii=False)), 300)


@cache
def asset(name: str) -> str:
    """Return the address of a file in ``assets/``, with what it holds in it: it may be kept for ever."""
    content = (files("troupe_es.ui.web") / "assets" / name).read_bytes()
    return f"/assets/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def csrf_token(request: Request) -> str:
    """Return what a form must send back to be believed."""
    return str(getattr(request.state, "csrf", ""))


def store_name(request: Request) -> str:
    """Return the name of the store's file, without where it lies."""
    return str(getattr(request.app.state, "store_name", ""))
