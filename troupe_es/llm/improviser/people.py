"""People the improviser makes up: ordinary enough for a demonstration, and put together by dice.

Like everything it says they are evidence of nothing. What is settled of a person is read from the prompt, so that a
child goes to school and somebody of eighty is retired; where a text is asked for that is not known here, a schema's
usual filling stands.
"""

import json
from collections.abc import Sequence
from typing import Any

from troupe_es.llm.improviser import folk
from troupe_es.llm.improviser.dice import Dice
from troupe_es.llm.improviser.fitting import Fitting
from troupe_es.llm.protocol import Request


def person(request: Request, dice: Dice) -> Any:
    """Return somebody who fits the schema of ``request`` and what it says is settled."""
    assert request.schema is not None
    told = _told(request.prompt.content)
    settled, initials = told.get("settled", {}), told.get("initials", [])
    age = settled.get("age") if isinstance(settled.get("age"), int) else 18 + dice.below(70)
    made = _made(dice, int(age), str(settled.get("gender", "")), initials)
    fitting = Fitting(request.schema.body, dice, lambda: dice.pick(folk.FACTS))
    filled = fitting.value()
    return {name: made.get(name, value) for name, value in filled.items()}


def _made(dice: Dice, age: int, gender: str, initials: Sequence[str]) -> dict[str, Any]:
    sex = {"f": "f", "w": "f", "m": "m"}.get(gender[:1].lower()) or dice.pick("fm")
    interests = _some(dice, folk.INTERESTS)
    likes = _some(dice, folk.LIKES)
    return {
        "names": [_name(dice, sex, initials) for _ in range(3)],
        "age": age,
        "gender": "female" if sex == "f" else "male",
        "nationality": "of this country",
        "residence": dice.pick(folk.TOWNS).capitalize(),
        "education": "Still at school."
        if 5 < age < 18
        else "Too young for school."
        if age < 6
        else dice.pick(folk.SCHOOL),
        "long_term_goals": _some(dice, folk.GOALS),
        "occupation": _occupation(dice, age),
        "style": dice.pick(folk.STYLE),
        "personality": {
            "traits": _some(dice, folk.TRAITS),
            "big_five": {factor: _level(dice) for factor in folk.FACTORS},
        },
        "preferences": {"interests": interests, "likes": likes, "dislikes": _some(dice, folk.DISLIKES)},
        "skills": _some(dice, folk.SKILLS),
        "beliefs": _some(dice, folk.BELIEFS),
        "behaviors": {
            "general": _some(dice, folk.HABITS),
            "routines": {part: _some(dice, all) for part, all in folk.DAY.items()},
        },
        "health": dice.pick(folk.HEALTH),
        "relationships": [
            {"name": _name(dice, dice.pick("fm"), ()), "description": f"A {tie}. {about}"}
            for tie, about in _some(dice, folk.TIES)
        ],
        "other_facts": _some(dice, folk.FACTS),
    }


def _level(dice: Dice) -> str:
    return dice.pick(folk.LEVELS)


def _some(dice: Dice, bank: Sequence[Any]) -> list[Any]:
    return dice.shuffled(bank)[: 2 + dice.below(2)]


def _name(dice: Dice, sex: str, initials: Sequence[str]) -> str:
    given, family = folk.GIVEN[sex].split(), folk.FAMILY.split()
    first = [name for name in given if name[:1] == "".join(initials[:1])] or given
    last = [name for name in family if name[:1] == "".join(initials[1:2])] or family
    return f"{dice.pick(first)} {dice.pick(last)}"


def _occupation(dice: Dice, age: int) -> dict[str, str]:
    if age < 18:
        what = "pupil" if age > 5 else "small child"
        return {
            "title": what,
            "organization": "a school nearby" if age > 5 else "the family",
            "description": "Learns and plays.",
        }
    title, organization, description = dice.pick(folk.WORK)
    if age > 66:
        return {
            "title": f"retired {title}",
            "organization": "none any more",
            "description": f"For forty years: {description}",
        }
    return {"title": title, "organization": organization, "description": description}


def _told(content: str) -> dict[str, Any]:
    """Return the line of JSON that says what is settled, or nothing."""
    for line in content.splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and "settled" in value:
                return value
    return {}
