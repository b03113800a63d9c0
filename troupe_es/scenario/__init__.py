"""Scenario files: a simulation as a script, from YAML text to commands."""

from typing import Any

from pydantic import ValidationError

from troupe_es import canonical
from troupe_es.agent.persona import too_deep
from troupe_es.errors import BadScenario
from troupe_es.scenario.asides import compared
from troupe_es.scenario.items import Person
from troupe_es.scenario.model import Budget, Experiment, Scenario
from troupe_es.scenario.plan import check, commands_of_arm
from troupe_es.scenario.plan import commands_of as commands
from troupe_es.scenario.staging import World
from troupe_es.scenario.text import DEPTH, LIMIT
from troupe_es.scenario.text import parse as parse_text
from troupe_es.scenario.wording import refusal

__all__ = [
    "LIMIT",
    "Budget",
    "Experiment",
    "Person",
    "Scenario",
    "World",
    "check",
    "commands",
    "commands_of_arm",
    "compared",
    "dumps",
    "json_schema",
    "model_of",
    "parse",
]


def parse(text: str, source: str) -> Scenario:
    """Read the YAML or JSON ``text`` of a scenario.

    Raises BadScenario, which names ``source``, the path of each wrong field, and what may have been meant.
    """
    return model_of(parse_text(text, source), source)


def model_of(content: Any, source: str) -> Scenario:
    """Return plain JSON ``content`` as a scenario, or raise BadScenario as ``parse`` does."""
    if too_deep(content, DEPTH):
        raise BadScenario(f"{source}: is nested deeper than {DEPTH} levels")
    try:
        canonical.dumps(content)  # refuses NaN and what is no JSON, wherever it stands
        scenario = Scenario.model_validate(canonical.clean(content)[0])
    except ValidationError as error:
        raise refusal(source, error) from error
    except (TypeError, ValueError) as error:
        raise BadScenario(f"{source}: is not JSON: {error}") from error
    check(scenario, source)
    return scenario


def dumps(scenario: Scenario) -> str:
    """Return the canonical JSON that ``parse`` reads as an equal scenario; what is left out is a default."""
    return canonical.dumps(canonical.clean(scenario.model_dump(mode="json", exclude_defaults=True))[0])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenario files."""
    schema = Scenario.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Scenario", **schema}
