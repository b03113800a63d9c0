"""Several tests at once: p values corrected so that chance findings do not pile up.

Sources: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
1979 (keeps the chance of any false finding); Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate",
Journal of the Royal Statistical Society B 57, 1995 (keeps the expected share of false ones among the findings).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from troupe_es.errors import UsageError
from troupe_es.experimentation.statistics.results import Result

Values = Sequence[float | None]


def holm(p: Values) -> list[float | None]:
    """Return ``p`` corrected after Holm, in the order given. None stays None and does not count as a test.

    Raises UsageError for what is no p value.
    """
    return _corrected(p, lambda ordered: accumulate(_holm(ordered), max))


def benjamini_hochberg(p: Values) -> list[float | None]:
    """Return ``p`` corrected after Benjamini and Hochberg, as ``holm`` does."""
    return _corrected(p, lambda ordered: reversed([*accumulate(_hochberg(ordered), min)]))


def _holm(ordered: Sequence[float]) -> list[float]:
    return [(len(ordered) - rank) * value for rank, value in enumerate(ordered)]


def _hochberg(ordered: Sequence[float]) -> list[float]:
    count = len(ordered)
    return [value * (count / rank) for rank, value in zip(range(count, 0, -1), reversed(ordered), strict=True)]


def _corrected(p: Values, steps: Callable[[list[float]], Iterable[float]]) -> list[float | None]:
    tested = sorted((value, place) for place, value in enumerate(p) if value is not None)
    for value, place in tested:
        if not 0 <= value <= 1:
            raise UsageError(f"p value {place + 1} is {value!r}: it must lie between 0 and 1")
    corrected: list[float | None] = [None] * len(p)
    for (_, place), value in zip(tested, steps([value for value, _ in tested]), strict=True):
        corrected[place] = min(1.0, value)
    return corrected


METHODS = {"Holm": holm, "Benjamini–Hochberg": benjamini_hochberg}


def corrected(results: Sequence[Result], method: Literal["Holm", "Benjamini–Hochberg"] = "Holm") -> list[Result]:
    """Return ``results`` as one family of tests, each with its corrected p. Raises UsageError for another method."""
    if method not in METHODS:
        raise UsageError(f"no correction is called {method!r}: there are {' and '.join(METHODS)}")
    family = METHODS[method]([result.p for result in results])
    return [
        result if value is None else replace(result, adjusted=value, adjustment=method)
        for result, value in zip(results, family, strict=True)
    ]
