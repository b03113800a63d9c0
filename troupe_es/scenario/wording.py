"""Says what is wrong with a scenario: where, what, and what may have been meant."""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from troupe_es.errors import BadScenario
from troupe_es.events.types import Settings, SurveyQuestion
from troupe_es.factory.spec import Spec
from troupe_es.scenario import asking, equipping, experiment, items, model, populating, staging, steering, tables
from troupe_es.survey.spec import Survey

MOST = 5
"""Most mistakes that one message lists."""

MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): model.Scenario,
    ("settings",): Settings,
    ("budget",): model.Budget,
    ("worlds",): staging.World,
    ("people",): items.Person,
    ("program", "<broadcast>"): items.Broadcast,
    ("program", "<say>"): items.Say,
    ("program", "<run>"): items.RunSteps,
    ("program", "<set>"): items.Set,
    ("program", "<set>", "set"): items.Setting,
    ("program", "<add>"): items.Add,
    ("program", "<add>", "add"): items.Person,
    ("program", "<remove>"): staging.Remove,
    ("program", "<move>"): staging.Move,
    ("program", "<move>", "move"): staging.Moving,
    ("program", "<relate>"): staging.Relate,
    ("program", "<relate>", "relate"): staging.Edge,
    ("program", "<unrelate>"): staging.Unrelate,
    ("program", "<unrelate>", "unrelate"): staging.Ending,
    ("program", "<skip>"): staging.Skip,
    ("program", "<skip>", "skip"): staging.Span,
    ("program", "<equip>"): equipping.Equip,
    ("program", "<unequip>"): equipping.Unequip,
    ("program", "<enable>"): equipping.Enable,
    ("program", "<enable>", "enable"): equipping.Enabling,
    ("documents", "<whole>"): equipping.Document,
    ("faculties", "<whole>"): equipping.Faculty,
    ("people", "documents", "<whole>"): equipping.Document,
    ("people", "faculties", "<whole>"): equipping.Faculty,
    ("interventions",): model.Intervention,
    ("program", "<intervene>"): model.Intervene,
    ("program", "<intervene>", "intervene"): model.Intervention,
    ("program", "<story>"): steering.StoryItem,
    ("program", "<story>", "story"): steering.Telling,
    ("program", "<survey>"): asking.SurveyItem,
    ("program", "<survey>", "survey", "<whole>"): Survey,
    ("program", "<survey>", "survey", "<whole>", "questions"): SurveyQuestion,
    ("program", "<extract>"): asking.ExtractItem,
    ("program", "<check>"): asking.CheckItem,
    ("population",): populating.Population,
    ("population", "spec", "<whole>"): Spec,
    ("network",): staging.Network,
    ("network", "edges"): staging.Edge,
    ("network", "generate"): staging.Generated,
    ("validation",): tables.Truth,
    ("validation", "questions"): tables.Column,
    ("experiment",): model.Experiment,
    ("experiment", "arms"): model.Arm,
    ("experiment", "outcomes"): experiment.Outcome,
}
"""Which model stands at a place, so that a wrong field can be compared with the right ones."""

SAYS = {
    "missing": "is required",
    "union_tag_not_found": f"needs one of {', '.join(model.VERBS)}",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be made of a-z, 0-9 and ._- and begin with a letter or number",
}


def refusal(source: str, error: ValidationError) -> BadScenario:
    """Return pydantic's findings as one message, a line for each mistake."""
    found = error.errors(include_url=False, include_context=True)
    lines = [f"{source}: {_where(item['loc'])}{_what(item)}" for item in found[:MOST]]
    if len(found) > MOST:
        lines.append(f"{source}: and {len(found) - MOST} more")
    return BadScenario("\n".join(lines))


def meant(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` for the known word nearest to ``word``, or nothing."""
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _where(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("<"):
            path += f".{part}" if path else part
    return f"{path}: " if path else ""


def _what(item: Any) -> str:
    kind, value, loc = item["type"], item["input"], item["loc"]
    if kind == "extra_forbidden":
        names = tuple(part for part in loc[:-1] if isinstance(part, str))
        known = MODELS[names].model_fields if names in MODELS else {}
        return f"no such field{meant(str(loc[-1]), known)}"
    if kind == "union_tag_not_found":
        keys = list(value) if isinstance(value, dict) else []
        near = next((hint for key in keys if (hint := meant(str(key), model.VERBS))), "")
        return f"{SAYS[kind]}{near}"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind in ("missing", "string_too_short"):
        return SAYS[kind]
    said = SAYS.get(kind) or item["msg"].replace("Input should be", "must be")
    return f"{said}, not {_short(value)}"


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
