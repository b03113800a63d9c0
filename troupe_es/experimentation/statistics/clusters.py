"""The unit of analysis: what is independent of each other, and so may be counted.

Utterances of one replicate answer each other, and answers of one person are of one mind: they are not independent,
and counting each of them makes chance look like a finding (S. H. Hurlbert, "Pseudoreplication and the design of
ecological field experiments", Ecological Monographs 54, 1984). They are summed up per unit first; only units count.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics import samples
from troupe_es.experimentation.statistics.samples import UNIT
from troupe_es.numerals import counted, plural

HOW: dict[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "mean": ("mean", samples.mean),
    "median": ("median", statistics.median),
    "sum": ("sum", sum),
    "share": ("share", samples.mean),
}


@dataclass(frozen=True, slots=True)
class Units:
    """One value per unit of analysis: ``values`` go with ``names``, and ``sizes`` says how many each was made of."""

    unit: str
    of: str
    how: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    sizes: tuple[int, ...]

    @property
    def note(self) -> str:
        """What was done, in words; it belongs beside every result that was computed from it."""
        if not self.values:
            return f"there are no {plural(self.of)}, so no {plural(self.unit)} to count"
        total, units = counted(sum(self.sizes), self.of), counted(len(self.values), self.unit)
        how = f"as the {HOW[self.how][0]} of its {plural(self.of)}"
        return f"{total} in {units}: each {self.unit} counts once, {how}"


def per_unit(
    rows: Iterable[tuple[Any, Any]],
    *,
    unit: str = UNIT,
    of: str = "utterance",
    how: Literal["mean", "median", "sum", "share"] = "mean",
) -> Units:
    """Return one value per unit of ``rows`` of (name of the unit, value of one observation in it).

    ``unit`` and ``of`` are the words for both, in the singular; "share" takes only 0, 1, True and False. Raises
    UsageError for a value that is no number, and for another way to sum up.
    """
    if how not in HOW:
        raise UsageError(f"values cannot be summed up by {how!r}: there are {', '.join(HOW)}")
    found: dict[str, list[Any]] = {}
    for name, value in rows:
        found.setdefault(str(name), []).append(_read(value, how))
    names = tuple(sorted(found))
    read = [samples.read(found[name], f"{unit} {name}") for name in names]
    values = tuple(float(HOW[how][1](group)) for group in read)
    return Units(unit, of, how, names, values, tuple(len(group) for group in read))


def _read(value: Any, how: str) -> Any:
    if how != "share":
        return value
    if value not in (0, 1):
        raise UsageError(f"a share is of yes and no, 1 and 0, not of {value!r}")
    return int(value)
