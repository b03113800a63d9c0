"""How every picture is drawn: one look, one frame, and the same bytes for the same content.

Light ground, colours that colour-blind people can tell apart (M. Okabe and K. Ito, "Color universal design", 2008)
and that differ in lightness too. Letters are drawn as paths, so that a picture looks the same everywhere. No state of
pyplot is touched.
"""

import io
import textwrap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.results import shown
from troupe_es.extras import need

SIMULATED = "#0072B2"
REAL = "#E69F00"
OTHER = "#009E73"
INK = "#222222"
FAINT = "#6B6B6B"
GRID = "#DDDDDD"

LOOK = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 10,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "legend.frameon": False,
    "svg.hashsalt": "troupe",
    "svg.fonttype": "path",
    "path.simplify": False,
}
DOTS = 150
"""Pixels per inch of a PNG."""

_one = threading.Lock()
"""The look of matplotlib belongs to the whole process while a picture is drawn."""

Label = str | int | float
Paint = Callable[[Any], None]
"""Draws on a matplotlib figure, below its title and above its foot."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, drawn when asked for: ``wide`` × ``high`` inches, ``alt`` says in words what is to be seen."""

    title: str
    subtitle: str
    foot: str
    alt: str
    wide: float
    high: float
    paint: Paint

    def svg(self) -> bytes:
        """Return it as SVG. Raises UsageError where the extra is not installed."""
        return self._drawn("svg", {"Date": None, "Creator": "troupe", "Title": legible(self.title)})

    def png(self) -> bytes:
        """Return it as PNG, 150 pixels an inch. Raises UsageError where the extra is not installed."""
        return self._drawn("png", {"Software": None})

    def save(self, path: Path) -> None:
        """Write it to ``path``, .svg or .png. Raises UsageError for another ending, or where it cannot be written."""
        drawn = {".svg": self.svg, ".png": self.png}.get(path.suffix.lower())
        if drawn is None:
            raise UsageError(f"{path}: a picture is a .svg or a .png file")
        content = drawn()
        try:
            path.write_bytes(content)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from None

    def _drawn(self, kind: str, metadata: dict[str, str | None]) -> bytes:
        matplotlib = need("matplotlib", "plots", "pictures")
        figures = need("matplotlib.figure", "plots", "pictures")
        content = io.BytesIO()
        with _one, matplotlib.rc_context({**_defaults(matplotlib), **LOOK}):
            figure = figures.Figure(figsize=(self.wide, self.high))
            self.paint(figure)
            _framed(figure, self)
            figure.savefig(content, format=kind, dpi=DOTS, metadata=metadata)
        return content.getvalue()


def _defaults(matplotlib: Any) -> dict[str, Any]:
    """Return matplotlib's own settings, so that the user's do not change the picture; their backend is left alone."""
    return {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}


def _framed(figure: Any, picture: Picture) -> None:
    letters = int(picture.wide * 12.5)
    title = textwrap.wrap(legible(picture.title), int(letters * 0.7)) or [""]
    subtitle = textwrap.wrap(legible(picture.subtitle), letters)
    foot = textwrap.wrap(legible(picture.foot), int(letters * 1.15))
    inch, left = 1 / picture.high, 0.15 / picture.wide
    top = 1 - 0.12 * inch
    figure.text(left, top, "\n".join(title), fontsize=13, fontweight="bold", va="top")
    top -= 0.26 * len(title) * inch
    figure.text(left, top, "\n".join(subtitle), fontsize=10, color=FAINT, va="top")
    figure.text(left, 0.1 * inch, "\n".join(foot), fontsize=8, color=FAINT, va="bottom")
    top -= (0.2 * len(subtitle) + 0.08) * inch
    bottom = (0.15 + 0.16 * len(foot)) * inch
    figure.set_layout_engine("tight", rect=(0.01, bottom, 0.99, top))


def legible(text: str) -> str:
    """Return ``text`` with a box for every sign that the letters we draw with do not have."""
    manager, fonts = (need(f"matplotlib.{name}", "plots", "pictures") for name in ("font_manager", "ft2font"))
    known = fonts.FT2Font(manager.findfont("DejaVu Sans")).get_charmap()
    return "".join(sign if sign == "\n" or ord(sign) in known else "□" for sign in text)


def wrapped(text: str, letters: int, lines: int = 3) -> str:
    """Return ``text`` in lines of ``letters``, cut with an ellipsis after ``lines`` of them."""
    return "\n".join(textwrap.wrap(legible(text), letters, max_lines=lines, placeholder="…")) or " "


def label(answer: Label) -> str:
    """Return an answer, or a value of an attribute, as it is written on an axis."""
    return shown(answer) if isinstance(answer, float) else str(answer)
