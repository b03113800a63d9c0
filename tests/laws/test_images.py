"""Laws of images: whoever sees is shown those they remember, each after its words, in every life and fork of it."""

import json
from dataclasses import replace
from itertools import pairwise

import oracles
from hypothesis import given
from hypothesis import strategies as st
from strategies.scripts import Script, live_on, scripts, share

from troupe_es import Store
from troupe_es.events import types


@given(scripts(), st.data())
@share(2)
def test_a_person_who_sees_is_shown_the_images_they_remember_and_no_others(script: Script, data) -> None:
    script = replace(script, settings=script.settings.model_copy(update={"model": "improviser"}))
    with Store(":memory:") as store:
        sim = script.play(store)
        fork = live_on(store.branch(f"life@{data.draw(st.integers(1, sim.seq))}", "fork"))
        assert fork.paid == 0
        for lived in (sim, fork):
            events = list(lived.events())
            for answered in oracles.of(events, "model-answered"):
                if answered.body.address.split("/")[2] not in ("turn", "ask"):
                    continue  # an episode is told in words
                shown = seen(store.log.prompt(answered.body.request))
                may = remembered(events, answered)
                assert set(shown) <= set(may)
                if oracles.setting(events, "memory_last", answered.seq) == 200:
                    assert shown == may
            assert store.verify(lived.ref).holds
        events = list(sim.events())
        stored = store.log.db.execute("SELECT count(*) FROM blobs WHERE media LIKE 'image/%'").fetchone()[0]
        assert stored == any(event.body.image for event in oracles.of(events, "stimulus-given"))


def seen(prompt: list[tuple[str, str]]) -> list[str]:
    """The words beside each image of a prompt, in order."""
    found = []
    for (before, words), (role, _) in pairwise(prompt):
        if role == "image":
            assert before == "user"
            found.append(json.loads(words.splitlines()[-1])["content"])
    return found


def remembered(events, answered) -> list[str]:
    """The words of every image that whoever is asked perceived before their turn began."""
    before = [event for event in events if event.seq < oracles.turn_began(events, answered)]
    bodies = [events[seq - 1].body for seq in oracles.memory(before, str(answered.actor))]
    return [body.content for body in bodies if isinstance(body, types.StimulusGiven) and body.image]
