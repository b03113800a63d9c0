"""Gives whole people to the cells of a table, so that each dimension has its quotas.

Controlled rounding, one dimension after the other: those who agree so far are given to the next dimension's values as
the table has it, what rounding takes from one group is carried to the next, and what is then still missing anywhere
is moved there along a chain of people who may change (an augmenting path, as in flows). A table of three dimensions
and more need not have an exact controlled rounding; then a quota is missed by as little as the chains allow.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from troupe_es.factory.fitting import Cell, Table
from troupe_es.factory.sequences import quotas


def allotted(table: Table, count: int, wanted: Sequence[tuple[Sequence[int], Sequence[float]]]) -> list[Cell]:
    """Return the cell of each of ``count`` people, in the order of the cells.

    ``wanted`` says for each dimension the band that every value of it is in, and the share of each band.
    """
    there: Counter[Cell] = Counter({(): count})
    for place, (bands, shares) in enumerate(wanted):
        step = _Step(_prefixes(table, place + 1), there, list(bands), quotas(shares, count))
        there = step.taken()
    return sorted(there.elements())


def _prefixes(table: Table, length: int) -> dict[Cell, dict[int, float]]:
    """Return the share of each next value, by what people have so far."""
    parts: dict[Cell, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for cell, share in table.items():
        parts[cell[: length - 1]][cell[length - 1]].append(share)
    return {prefix: {value: math.fsum(each) for value, each in values.items()} for prefix, values in parts.items()}


@dataclass
class _Step:
    """One dimension: ``shares`` of its values for each kind of people ``there``, and the ``quota`` of each band."""

    shares: Mapping[Cell, Mapping[int, float]]
    there: Mapping[Cell, int]
    bands: list[int]
    quota: Sequence[int]
    given: dict[Cell, Counter[int]] = field(default_factory=dict)
    exact: dict[Cell, dict[int, float]] = field(default_factory=dict)

    def taken(self) -> Counter[Cell]:
        """Return how many people there are in each cell, this dimension included."""
        self._round()
        while self._moved(self._band_balance()):
            pass
        for band in sorted({band for band in self.bands if self.bands.count(band) > 1}):
            while self._moved(self._value_balance(band)):
                pass
        return Counter({(*prefix, value): n for prefix, row in self.given.items() for value, n in row.items() if n})

    def _round(self) -> None:
        carried: dict[int, float] = defaultdict(float)
        for prefix in sorted(prefix for prefix, n in self.there.items() if n):
            shares, people = self.shares[prefix], self.there[prefix]
            whole = math.fsum(shares.values())
            values = sorted(shares)
            exact = {value: people * shares[value] / whole for value in values}
            due = [max(0.0, exact[value] + carried[value]) for value in values]
            given = quotas(due if math.fsum(due) > 0 else list(exact.values()), people)
            for value, n in zip(values, given, strict=True):
                carried[value] += exact[value] - n
            self.exact[prefix] = exact
            self.given[prefix] = Counter(dict(zip(values, given, strict=True)))

    def _band_balance(self) -> dict[int, int]:
        """How many people too many each value has, counted by its band."""
        has = Counter[int]()
        for row in self.given.values():
            for value, n in row.items():
                has[self.bands[value]] += n
        return {value: has[band] - self.quota[band] for value, band in enumerate(self.bands)}

    def _value_balance(self, band: int) -> dict[int, int]:
        """How many people too many each part of one band has; all other values have what is theirs."""
        values = [value for value, other in enumerate(self.bands) if other == band]
        weights = [math.fsum(row.get(value, 0.0) for row in self.exact.values()) for value in values]
        has = [sum(row[value] for row in self.given.values()) for value in values]
        due = quotas(weights, sum(has)) if math.fsum(weights) > 0 else has
        balance = dict.fromkeys(range(len(self.bands)), 0)
        return balance | {value: n - d for value, n, d in zip(values, has, due, strict=True)}

    def _moved(self, balance: Mapping[int, int]) -> bool:
        """Move one person from where there are too many to where there are too few, over others if need be."""
        short = {value for value, over in balance.items() if over < 0}
        came: dict[int, tuple[int, Cell] | None] = {value: None for value, over in balance.items() if over > 0}
        queue = sorted(came)
        for value in queue:
            for other, prefix in self._neighbours(value):
                if other in came:
                    continue
                came[other] = (value, prefix)
                if other in short:
                    self._shift(other, came)
                    return True
                queue.append(other)
        return False

    def _neighbours(self, value: int) -> list[tuple[int, Cell]]:
        """Return which values people with ``value`` may have instead, and who would change most gladly."""
        best: dict[int, tuple[float, Cell]] = {}
        for prefix, row in self.given.items():
            if not row[value]:
                continue
            for other in row:
                if other != value:
                    gain = row[value] - self.exact[prefix][value] + self.exact[prefix][other] - row[other]
                    best[other] = max(best.get(other, (-math.inf, ())), (round(gain, 9), prefix))
        return [(other, best[other][1]) for other in sorted(best)]

    def _shift(self, value: int, came: Mapping[int, tuple[int, Cell] | None]) -> None:
        while (step := came[value]) is not None:
            before, prefix = step
            self.given[prefix][before] -= 1
            self.given[prefix][value] += 1
            value = before
