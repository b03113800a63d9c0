"""The union of event types knows every type there is, by its chosen word."""

import pytest
from pydantic import ValidationError

from troupe_es.events import TYPES, types


def test_the_union_of_events_holds_every_type() -> None:
    assert types.body().json_schema()["discriminator"]["mapping"].keys() == TYPES.keys()


def test_a_body_from_outside_is_told_by_its_word() -> None:
    said = {"type": "action-taken", "kind": "TALK", "content": "Good evening.", "target": None}
    assert types.body().validate_python(said) == types.ActionTaken(kind="TALK", content="Good evening.")
    with pytest.raises(ValidationError, match="action-forgotten"):
        types.body().validate_python({**said, "type": "action-forgotten"})
