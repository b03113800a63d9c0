"""Answers as arrays, and what is measured on them: one function per kind of question, for many resamples at once.

Each takes two arrays, simulated and real answers, of shape (draws, people) or (draws, people, options), and gives
one of shape (draws, measures). Sources: L. N. Vaserstein, 1969 (the distance named after him); J. Lin, "Divergence
measures based on the Shannon entropy", IEEE Transactions on Information Theory 37, 1991 (Jensen–Shannon); M. G.
Kendall, "The treatment of ties in ranking problems", Biometrika 33, 1945 (tau-b); J.-C. de Borda, 1781; E. H.
Simpson, "Measurement of diversity", Nature 163, 1949 (one minus the chance that two answers agree).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from troupe_es.experimentation.statistics.bootstrap import Array, Unit, numpy
from troupe_es.validation.answers import Question, Value

Measured: TypeAlias = Callable[[Array, Array], Array]

DISCRETE = 20
"""Different real numbers up to which each is an answer of its own; more are put into ten bins of equal real share."""

BANDS = (0.5, 0.8, 0.95)
"""The central shares of real answers that calibration looks at."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is measured for one kind of question: the names, in the order of the columns that ``measured`` gives.

    ``distance`` names the measure by which chance is judged, ``spread`` the ratio of how much people differ.
    """

    names: tuple[str, ...]
    distance: str
    spread: str
    measured: Measured


def coded(question: Question, values: Sequence[Value]) -> list[Unit]:
    """Return ``values`` as numbers: themselves, the place of the option, 0 or 1 per option, or a rank per option.

    Options that a ranking does not name share the mean of the ranks that are left.
    """
    if question.kind in ("numeric", "ordinal"):
        return [float(value) for value in values if not isinstance(value, tuple)]
    if question.kind == "categorical":
        return [float(question.options.index(str(value))) for value in values]
    lists = [value for value in values if isinstance(value, tuple)]
    if question.kind == "multiple":
        return [tuple(float(option in value) for option in question.options) for value in lists]
    return [_ranks(question, value) for value in lists]


def _ranks(question: Question, ranking: tuple[str, ...]) -> tuple[float, ...]:
    left = (len(ranking) + 1 + len(question.options)) / 2
    return tuple(ranking.index(str(o)) + 1.0 if o in ranking else left for o in question.options)


def shape(question: Question, real: Sequence[Unit], together: Sequence[Unit]) -> Shape:
    """Return what is measured on answers to ``question``; bins and bands come from the ``real`` ones."""
    if question.kind in ("numeric", "ordinal"):
        return _numbers(real, together)
    if question.kind == "categorical":
        names = ("total variation", "Jensen–Shannon divergence (bits)", "diversity ratio")
        return Shape(names, names[0], names[2], _categories(len(question.options)))
    if question.kind == "multiple":
        names = ("mean gap of shares", "Jensen–Shannon divergence (bits)", "diversity ratio")
        return Shape(names, names[0], names[2], _ticks)
    names = ("Kendall's tau of the Borda orders", "mean gap of Borda scores", "first-choice total variation")
    return Shape((*names, "disagreement ratio"), names[1], "disagreement ratio", _rankings)


def _numbers(real: Sequence[Unit], together: Sequence[Unit]) -> Shape:
    np = numpy()
    support = np.unique(np.array(together, dtype=float))
    truth = np.array(real, dtype=float)
    bins = np.arange(len(support))
    if len(np.unique(truth)) > DISCRETE:
        edges = np.unique(np.quantile(truth, np.arange(1, 10) / 10))
        bins = np.searchsorted(edges, support, side="left")
    inside = np.array([(support >= low) & (support <= high) for low, high in bands(real)], dtype=float)
    names = ("mean difference", "variance ratio", "Kolmogorov–Smirnov distance", "Wasserstein distance")
    more = ("total variation", "Jensen–Shannon divergence (bits)", "calibration gap")
    return Shape((*names, *more), "Wasserstein distance", "variance ratio", _numeric(support, bins, inside))


def bands(real: Sequence[Unit]) -> list[tuple[float, float]]:
    """Return the ends of the central 50, 80 and 95 % of the real numbers."""
    np = numpy()
    truth = np.array(real, dtype=float)
    ends = [np.quantile(truth, [(1 - band) / 2, (1 + band) / 2]) for band in BANDS]
    return [(float(low), float(high)) for low, high in ends]


def _numeric(support: Array, bins: Array, inside: Array) -> Measured:
    np = numpy()
    steps, heads = np.diff(support), np.eye(int(bins.max()) + 1)[bins]

    def measured(a: Array, b: Array) -> Array:
        p, q = (_shares(np.searchsorted(support, values), len(support)) for values in (a, b))
        gaps = np.abs(np.cumsum(p, axis=1) - np.cumsum(q, axis=1))[:, :-1]
        columns = [
            a.mean(axis=1) - b.mean(axis=1),
            _ratio(_variance(a), _variance(b)),
            gaps.max(axis=1, initial=0.0),
            (gaps * steps).sum(axis=1),
            _total_variation(p @ heads, q @ heads),
            _jensen_shannon(p @ heads, q @ heads),
            np.abs((p - q) @ inside.T).mean(axis=1).round(12),  # without what summing leaves of 0
        ]
        return np.stack(columns, axis=1)

    return measured


def _categories(options: int) -> Measured:
    def measured(a: Array, b: Array) -> Array:
        np = numpy()
        p, q = (_shares(values.astype(int), options) for values in (a, b))
        n, m = a.shape[1], b.shape[1]
        first, second = ((1 - (share**2).sum(axis=1)) * k / max(1, k - 1) for share, k in ((p, n), (q, m)))
        return np.stack([_total_variation(p, q), _jensen_shannon(p, q), _ratio(first, second)], axis=1)

    return measured


def _ticks(a: Array, b: Array) -> Array:
    np = numpy()
    p, q = a.mean(axis=1), b.mean(axis=1)
    pairs = [np.stack([share, 1 - share], axis=-1) for share in (p, q)]
    divergence = _jensen_shannon(*pairs).mean(axis=1)
    spread = _ratio(_variance(a).sum(axis=1), _variance(b).sum(axis=1))
    return np.stack([np.abs(p - q).mean(axis=1), divergence, spread], axis=1)


def _rankings(a: Array, b: Array) -> Array:
    np = numpy()
    p, q = a.mean(axis=1), b.mean(axis=1)
    gap = np.abs(p - q).mean(axis=1) / max(1, a.shape[2] - 1)
    first = _total_variation(_firsts(a), _firsts(b))
    spread = _ratio(_variance(a).sum(axis=1), _variance(b).sum(axis=1))
    return np.stack([tau(p, q), gap, first, spread], axis=1)


def borda(ranks: Array) -> Array:
    """Return each option's Borda score, 1 where everybody ranks it first and 0 where everybody ranks it last."""
    return (ranks.shape[-1] - ranks.mean(axis=-2)) / max(1, ranks.shape[-1] - 1)


def _firsts(ranks: Array) -> Array:
    return (ranks == 1).mean(axis=1)


def tau(p: Array, q: Array) -> Array:
    """Return Kendall's tau-b of two orders per row, NaN where one of them ranks nothing above anything."""
    np = numpy()
    upper = np.triu_indices(p.shape[1], 1)
    first, second = (np.sign(_rounded(x[:, upper[0]] - x[:, upper[1]])) for x in (p, q))
    pairs = np.sqrt((first != 0).sum(axis=1) * (second != 0).sum(axis=1).astype(float))
    return (first * second).sum(axis=1) / np.where(pairs == 0, np.nan, pairs)


def _rounded(values: Array) -> Array:
    return numpy().round(values, 12)  # means of equal ranks differ by rounding only


def _shares(codes: Array, options: int) -> Array:
    np = numpy()
    offset = np.arange(len(codes))[:, None] * options
    counts = np.bincount((codes + offset).ravel(), minlength=len(codes) * options)
    return counts.reshape(len(codes), options) / codes.shape[1]


def _variance(values: Array) -> Array:
    np = numpy()
    spread = values.var(axis=1, ddof=1) if values.shape[1] > 1 else np.full_like(values[:, 0], np.nan)
    return np.where(np.ptp(values, axis=1) == 0, 0.0, spread)


def _ratio(a: Array, b: Array) -> Array:
    np = numpy()
    return a / np.where(b > 0, b, np.nan)


def _total_variation(p: Array, q: Array) -> Array:
    return numpy().abs(p - q).sum(axis=1) / 2


def _jensen_shannon(p: Array, q: Array) -> Array:
    np = numpy()
    middle = (p + q) / 2
    parts = [np.where(s > 0, s * np.log2(np.where(s > 0, s / np.where(middle > 0, middle, 1), 1)), 0) for s in (p, q)]
    return np.maximum(0.0, (parts[0] + parts[1]).sum(axis=-1) / 2)
