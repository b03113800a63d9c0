"""Reads what a person tells a faculty: the content of an action, as a model wrote it. Each misfit has its words."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from troupe_es import canonical
from troupe_es.acting import Misfit, json_object
from troupe_es.acts import Intent
from troupe_es.agent.persona import too_deep
from troupe_es.events import types

M = TypeVar("M", bound=BaseModel)

DEEPEST = 20
"""Levels of nesting that the content of an action may have."""


def object_in(content: str) -> dict[str, Any]:
    """Return the JSON object that ``content`` holds; none is an empty one. Raises Misfit."""
    if not content.strip():
        return {}
    found, _ = canonical.clean(_shallow(json_object(content)))
    try:
        canonical.dumps(found)  # a number can be larger than JSON holds
    except ValueError:
        raise Misfit("the JSON object in it has a number that is none.") from None
    plain: dict[str, Any] = found
    return plain


def _shallow(found: dict[str, Any]) -> dict[str, Any]:
    if too_deep(found, DEEPEST):
        raise Misfit(f"the JSON object in it is nested deeper than {DEEPEST} levels.")
    return found


def read(model: type[M], content: str) -> M:
    """Return the JSON object that ``content`` holds as a ``model``. Raises Misfit."""
    try:
        return model.model_validate(object_in(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the content"
        raise Misfit(f"{where}: {first['msg']}.") from None


def failed(intent: Intent, reason: str) -> types.ResultSeen:
    """Return what a person perceives of an action that came to nothing."""
    return types.ResultSeen(kind=intent.kind, content=reason, failed=True)
