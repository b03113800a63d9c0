"""The words of the prompts, as text files; whoever changes one raises ``commands.EDITION``."""

from importlib.resources import files
from string import Template


def load(name: str) -> Template:
    """Return the template ``name`` of this folder."""
    return Template((files(__package__) / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n"))


PERSON = load("person")
MOMENT = load("moment")
QUESTION = load("question")
FACULTIES = load("faculties")
FURTHER = load("further")
SIMULATED_RESULT = load("simulated_result")
ENRICH_DOCUMENT = load("enrich_document")
JUDGE = load("judge")
INSTEAD = load("instead")
MINIBIO = load("minibio")
SMALL_PERSON = load("small_person")
SMALL_MOMENT = load("small_moment")
SMALL_QUESTION = load("small_question")
SMALL_AGAIN = load("small_again")
