"""What a test or a measure gives: one frozen record, to be read as a sentence or as a row of a table."""

from dataclasses import dataclass

from troupe_es.errors import UsageError
from troupe_es.numerals import plural

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Result:
    """One test or measure. What could not be computed is None, and ``note`` says why in words; nothing is ever NaN.

    ``df`` holds no, one or two degrees of freedom; ``n`` counts units per group, and ``unit`` says what a unit is.
    ``null`` is what the test speaks against when p is below ``alpha``. ``interval`` is that of ``estimate`` at
    ``level``. ``adjusted`` is p after correction for several tests by the method ``adjustment``.
    """

    name: str
    groups: tuple[str, ...]
    n: tuple[int, ...]
    unit: str
    null: str = ""
    symbol: str = ""
    statistic: float | None = None
    df: tuple[float, ...] = ()
    p: float | None = None
    measure: str = ""
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    level: float = LEVEL
    alpha: float = 0.05
    adjusted: float | None = None
    adjustment: str = ""
    note: str = ""

    @property
    def significant(self) -> bool | None:
        """Whether p, corrected where it was, is below alpha; None where there is no p."""
        p = self.p if self.adjusted is None else self.adjusted
        return None if p is None else p < self.alpha

    def sentence(self) -> str:
        """Return it in plain words: what was compared, what came out, what that says and what it does not."""
        parts = [f"{self.name} of {self._who()}", self._test(), self._reading(), self._estimate(), self.note]
        head = ": ".join(part for part in parts[:2] if part)
        return " ".join(_ended(part) for part in (head, *parts[2:]) if part)

    def row(self) -> dict[str, str | float | None]:
        """Return it as a row of a table, its columns the same for every result."""
        low, high = self.interval or (None, None)
        return {
            "test": self.name,
            "groups": " / ".join(self.groups),
            "n": " / ".join(map(str, self.n)),
            "unit": self.unit,
            "statistic": self.statistic,
            "df": ", ".join(shown(value) for value in self.df),
            "p": self.p,
            "adjusted p": self.adjusted,
            "measure": self.measure,
            "estimate": self.estimate,
            "low": low,
            "high": high,
            "level": self.level,
            "note": self.note,
        }

    def _who(self) -> str:
        sizes = [f"{group} (n = {n})" for group, n in zip(self.groups, self.n, strict=True)]
        listed = " and ".join([", ".join(sizes[:-1]), sizes[-1]] if len(sizes) > 1 else sizes) or "no groups"
        return f"{listed}, where n counts {plural(self.unit)}"

    def _test(self) -> str:
        df = f"({', '.join(shown(value) for value in self.df)})" if self.df else ""
        statistic = "" if self.statistic is None else f"{self.symbol}{df} = {shown(self.statistic)}"
        p = "" if self.p is None else f"p {p_shown(self.p)}"
        if self.adjusted is not None:
            p += f" (corrected after {self.adjustment}: p {p_shown(self.adjusted)})"
        return ", ".join(part for part in (statistic, p) if part)

    def _reading(self) -> str:
        if self.significant is None:
            return ""
        level = f"At the {percent(self.alpha)} level the data"
        if self.significant:
            return f"{level} speak against {self.null}"
        return f"{level} do not speak against {self.null}, which is no proof of it"

    def _estimate(self) -> str:
        if self.estimate is None:
            return ""
        text = f"{self.measure}: {shown(self.estimate)}"
        if self.interval is None:
            return text
        return f"{text} ({percent(self.level)} interval {shown(self.interval[0])} to {shown(self.interval[1])})"


def shown(value: float) -> str:
    """Return a number for people: two or three digits that say something, no exponent where none is needed."""
    size = abs(value)
    if value == int(value) and size < 1e6:
        return str(int(value))
    if size >= 1000:
        return f"{value:,.0f}" if size < 1e9 else f"{value:.3g}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3g}" if size < 0.001 else f"{value:.3f}"


def p_shown(p: float) -> str:
    """Return ``= 0.031`` or ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def percent(share: float) -> str:
    """Return ``95 %`` for .95."""
    return f"{round(share * 100, 6):g} %"


def alpha_of(level: float) -> float:
    """Return 1 − ``level``, .05 for .95. Raises UsageError for a level that is no share between a half and one."""
    if not 0.5 <= level < 1:
        raise UsageError(f"the level of an interval must be at least 0.5 and below 1, such as 0.95, not {level!r}")
    return round(1 - level, 12)


def _ended(text: str) -> str:
    sentence = text[:1].upper() + text[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
