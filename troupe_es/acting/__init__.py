"""Acting: what every decision that asks a model shares, whoever decides."""

from troupe_es.acting.asking import Acting, Form, Part, Unanswered, Wanted, asked_again
from troupe_es.acting.reading import Misfit, json_object, listed, read_as, record, text
from troupe_es.acting.values import typed

__all__ = [
    "Acting",
    "Form",
    "Misfit",
    "Part",
    "Unanswered",
    "Wanted",
    "asked_again",
    "json_object",
    "listed",
    "read_as",
    "record",
    "text",
    "typed",
]
