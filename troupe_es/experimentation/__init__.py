"""Experiments: arms that part from one life, balanced assignment, and what their outcomes let one say."""

from troupe_es.experimentation.assignment import (
    Blinding,
    allotted,
    blinded,
    latin_square,
    orders,
    williams_square,
)
from troupe_es.experimentation.audit import Audit, audit
from troupe_es.experimentation.comparison import Comparison, compare
from troupe_es.experimentation.outcomes import Lived
from troupe_es.experimentation.runner import experiment
from troupe_es.experimentation.table import Findings, Row

__all__ = [
    "Audit",
    "Blinding",
    "Comparison",
    "Findings",
    "Lived",
    "Row",
    "allotted",
    "audit",
    "blinded",
    "compare",
    "experiment",
    "latin_square",
    "orders",
    "williams_square",
]
