"""Projections: events folded into state, and views that read it."""

from troupe_es.projections.fold import apply, fold
from troupe_es.projections.state import Person, Read, State
from troupe_es.projections.transcript import Line, transcript

__all__ = ["Line", "Person", "Read", "State", "apply", "fold", "transcript"]
