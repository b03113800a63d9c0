"""What commands that ask aside mean in a given state, or why not: extractions, surveys, labels, new texts."""

from troupe_es import commands
from troupe_es.commands import EDITION
from troupe_es.controller import places
from troupe_es.errors import BadCommand
from troupe_es.events import types
from troupe_es.extraction.fields import checked
from troupe_es.projections import State
from troupe_es.survey import questions

LEAST_SHOWN = 100
"""Fewest tokens of history that can be shown at once."""

MOST_TEXTS = 1000
"""Most different texts that are sorted under labels at once."""


def extract(state: State, command: commands.Extract, source: types.Source) -> types.ExtractionAsked:
    """Return the extraction, people by their ids. Raises BadCommand, BadReference."""
    if command.limit < LEAST_SHOWN:
        raise BadCommand(f"at least {LEAST_SHOWN} tokens of history must be shown at once, not {command.limit}")
    if command.about and command.world is not None:
        raise BadCommand("extract about people or about a world, not both")
    return types.ExtractionAsked(
        source=source,
        objective=command.objective,
        fields=list(checked(command.fields)),
        about=[state.person(name).id for name in dict.fromkeys(command.about)] or None,
        world=None if command.world is None else places.world(state, command.world),
        limit=command.limit,
        edition=EDITION,
    )


def give_survey(state: State, command: commands.GiveSurvey, source: types.Source) -> types.SurveyGiven:
    """Return the survey, with whom it asks. Raises BadCommand, BadReference."""
    people = [state.person(name).id for name in command.people] or list(state.people)
    if not people:
        raise BadCommand("there is nobody in this simulation to be asked")
    return types.SurveyGiven(
        source=source,
        title=command.title,
        introduction=command.introduction,
        questions=questions.checked(command.questions),
        people=list(dict.fromkeys(people)),
        seed=command.seed,
        edition=EDITION,
    )


def label(state: State, command: commands.Label, source: types.Source) -> types.LabelsAsked:
    """Return the request for labels: every text once, in alphabetical order. Raises BadCommand."""
    texts = sorted(set(command.texts))
    if not texts or command.most < 1:
        raise BadCommand("there is nothing to sort: give at least one text, and allow at least one label")
    if len(texts) > MOST_TEXTS:
        raise BadCommand(f"there are {len(texts)} different texts; at most {MOST_TEXTS} are sorted at once")
    return types.LabelsAsked(source=source, texts=texts, most=command.most, about=command.about, edition=EDITION)


def rewrite(state: State, command: commands.Rewrite, source: types.Source) -> types.RewritingAsked:
    """Return the request for a new text. Raises BadCommand where there is none to begin with."""
    if not command.text.strip():
        raise BadCommand("there is nothing to write anew: the text is empty")
    return types.RewritingAsked(
        source=source,
        text=command.text,
        requirements=command.requirements,
        style=command.style,
        context=list(command.context),
        edition=EDITION,
    )
