"""Simulated answers against those of real people: distances, intervals, and a verdict that says what it cannot."""

from troupe_es.extraction.reporting import standing_line
from troupe_es.validation.answers import Answers, Question, answers
from troupe_es.validation.comparison import Comparison, compare
from troupe_es.validation.loading import load
from troupe_es.validation.prediction import predicted, sealed
from troupe_es.validation.report import Report, compare_all
from troupe_es.validation.study import Study, study
from troupe_es.validation.verdict import Margins
from troupe_es.validation.wiring import Validation, validate

__all__ = [
    "Answers",
    "Comparison",
    "Margins",
    "Question",
    "Report",
    "Study",
    "Validation",
    "answers",
    "compare",
    "compare_all",
    "load",
    "predicted",
    "sealed",
    "standing_line",
    "study",
    "validate",
]
