"""How much of each prompt a provider's prefix cache can serve, measured on whole lives by the improviser.

The aim is 85 % in a focus group of ten steps and 75 % in one of sixty, far past the memory window. What a prompt has
that is new (what was just heard and done, and the moment) is the same for short and for long personas: so people
about whom there is little to say stay below the aim in a short life, whatever is done.
"""

from collections import defaultdict
from itertools import takewhile

import pytest

from troupe_es import Improviser, Settings, Store, examples
from troupe_es.controller import reading
from troupe_es.controller.prefixes import Prefix, prefixes

LONG = [person.persona for person in reading.load(examples.path("elevenses") / "scenario.yaml").scenario.people]
SHORT = [
    {"name": name, "age": 30, "beliefs": ["Good things take time."]} for name in ("Ana Reyes", "Bo Lind", "Cy", "Dee")
]


def lived(people: list[dict[str, object]], order: str, steps: int) -> list[Prefix]:
    """Return the prompts of a focus group."""
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("group", model="improviser", seed=3, settings=Settings(order=order))
        sim.add_world("Room")
        for persona in people:
            sim.add_person(dict(persona))
        sim.broadcast("Would you buy a ginger soda for three pounds a can?", speaker="Moderator")
        sim.run(steps)
        return prefixes(store.log, sim.branch)


def share(asked: list[Prefix]) -> float:
    later = [prompt for prompt in asked if not prompt.first]
    found = sum(prompt.same for prompt in later) / sum(prompt.whole for prompt in later)
    print(f"{found:.3f} of {len(later)} later prompts")
    return found


@pytest.mark.parametrize("order", ["parallel", "sequential"])
@pytest.mark.parametrize(
    ("people", "steps", "least"),
    [(LONG, 10, 0.85), (LONG, 60, 0.85), (SHORT, 10, 0.79), (SHORT, 60, 0.81)],
    ids=["shipped-10", "shipped-60", "short-10", "short-60"],
)
def test_most_of_each_prompt_was_there_before(
    people: list[dict[str, object]], order: str, steps: int, least: float
) -> None:
    asked = lived(people, order, steps)
    assert len(asked) == 4 * steps
    assert share(asked) >= least


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_a_share_is_of_what_the_same_person_was_shown_before(order: str) -> None:
    """Told again from the whole prompts, message by message, in a life that outgrows its memory window."""
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("group", model="improviser", settings=Settings(order=order, memory_last=4, memory_block=3))
        sim.add_world("Room")
        for persona in SHORT:
            sim.add_person(dict(persona))
        sim.run(8)
        shown: dict[str, list[list[tuple[str, str]]]] = defaultdict(list)
        for asked in prefixes(store.log, sim.branch):
            prompt = store.log.prompt(asked.request)
            assert asked.whole == size(prompt)
            assert asked.same == max((size(common(prompt, other)) for other in shown[asked.person]), default=0)
            assert asked.first == (not shown[asked.person])
            shown[asked.person].append(prompt)


def size(prompt: list[tuple[str, str]]) -> int:
    return sum(len(content) for _, content in prompt)


def common(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [message for message, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]
