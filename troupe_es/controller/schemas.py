"""The published schemas: what is stored, as JSON Schema for every type and version of event, scenario files, SQL.

They are generated, and checked by a test. A version of an event that has been published stays as it is for ever,
because recordings hold it: ``frozen.json`` keeps the digest of what each published schema accepts (its wording may
be improved), and a changed shape must come as a new version.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from troupe_es import canonical
from troupe_es import scenario as scenarios
from troupe_es.errors import UsageError
from troupe_es.events import TYPES, Body
from troupe_es.log import schema
from troupe_es.survey.spec import Survey

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FROZEN = "events/frozen.json"


class Whole(GenerateJsonSchema):
    """Requires every field: what is stored leaves none out."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Say yes, whatever the field's default."""
        return True


def files() -> dict[str, str]:
    """Return the text of every schema that the code of today writes, by its path in ``schema/``."""
    events = {_name(type, model.version): _json(_event(model)) for type, model in sorted(TYPES.items())}
    survey = {"$schema": DIALECT, **Survey.model_json_schema()}
    return {
        **events,
        "scenario.json": _json(scenarios.json_schema()),
        "survey.json": _json(survey),
        "log.sql": schema.sql(),
    }


def faults(folder: Path, more: Mapping[str, str] = {}) -> list[str]:
    """Return what is stale, missing or changed in ``folder``, in words; an empty list if nothing is.

    ``more`` are texts that are generated elsewhere, by their path.
    """
    published = _published(folder)
    found = []
    for name, shape in published.items():
        text = _read(folder / name)
        if text is None or _shape(text) != shape:
            what = "is missing" if text is None else "was changed"
            found.append(f"{name}: is published and {what}; take it from the last release")
    for name, text in {**files(), **more}.items():
        if _is_event(name) and published.get(name) != _shape(text):
            if name in published:
                found.append(f"{name}: is published, and the code says otherwise; raise the version of the event")
            else:
                found.append(f"{name}: is not published yet; run 'troupe schema'")
        elif _read(folder / name) != text:
            found.append(f"{name}: is stale; run 'troupe schema'")
    return found


def write(folder: Path, more: Mapping[str, str] = {}) -> None:
    """Write every schema into ``folder``, and what ``more`` there is, and publish new versions of events.

    Raises UsageError if a published version would change; nothing is written then.
    """
    published = _published(folder)
    texts = {**files(), **more}
    for name, text in texts.items():
        if published.get(name, _shape(text)) != _shape(text):
            raise UsageError(f"{folder / name} is published and may not change: raise the version of the event")
    shapes = {name: _shape(text) for name, text in texts.items() if _is_event(name)}
    for name, text in {**texts, FROZEN: _json(dict(sorted({**published, **shapes}.items())))}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _event(model: type[Body]) -> dict[str, Any]:
    """Return the schema of a stored payload: the type stands in its own column, ``repaired`` only if it is not 0."""
    content = model.model_json_schema(mode="serialization", schema_generator=Whole)
    del content["properties"]["type"]
    content["properties"]["repaired"]["minimum"] = 1
    del content["properties"]["repaired"]["default"]
    content["required"] = [name for name in content["required"] if name not in ("type", "repaired")]
    return {"$schema": DIALECT, **content}


def _name(type: str, version: int) -> str:
    return f"events/{type}.v{version}.json"


def _is_event(name: str) -> bool:
    return name.startswith("events/")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _shape(text: str) -> str:
    """Return the digest of what a schema accepts, whatever it says about it. A text that is none has one too."""
    try:
        content = _bare(json.loads(text))
    except ValueError:
        content = text
    return canonical.digest_json("troupe/schema/1", content)


def _bare(value: Any) -> Any:
    """Return a schema without titles and descriptions (a property may well be *named* description)."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        words = {name for name in ("title", "description") if isinstance(value.get(name), str)}
        return {name: _bare(item) for name, item in value.items() if name not in words}
    return value


def _published(folder: Path) -> dict[str, str]:
    text = _read(folder / FROZEN)
    return {str(name): str(shape) for name, shape in json.loads(text).items()} if text else {}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
