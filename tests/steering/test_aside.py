"""Claims and stories from any event: on record once asked, another draw on purpose, the run as it was."""

import json

import pytest
from strategies.scripts import Cast, dead, trio

from troupe_es import Improviser, Response, Scripted, Store, propositions
from troupe_es.errors import BadCommand, BadReference
from troupe_es.llm import Request


def judged(**more: object) -> str:
    verdict = {"claim": 1, "reason": "so", "evidence": [], "score": 7, "holds": True, **more}
    return json.dumps({"verdicts": [verdict]})


def answering(text: str, prompts: list[str] | None = None) -> Scripted:
    def answer(request: Request, draw: int) -> Response:
        if request.schema is not None and request.schema.name in ("judging", "story"):
            if prompts is not None:
                prompts.append("\n".join(message.content for message in request.prompt.chain()))
            return Response(text)
        return Response(Cast(misfits=0)(request, draw))

    return Scripted(answer, "cast")


def test_the_same_claims_at_the_same_event_are_on_record_and_leave_the_run_alone() -> None:
    with Store(":memory:", answering(judged())) as store:
        sim = trio().play(store)
        at = f"life@{sim.seq - 5}"
        first = store.check(at, "{{name}} likes tea.", "Ana")
        store.models = {"cast": dead()}
        again = store.check(at, "{{name}} likes tea.", "Ana")
        assert (first.recorded, again.recorded, again.verdicts) == (False, True, first.verdicts)
        assert first.holds and first.verdicts[0].claim == "Ana Reyes likes tea."
        assert store.open("life").head == sim.head
        assert store.verify(first.ref).holds


def test_asked_again_is_another_draw_and_another_claim_another_branch() -> None:
    with Store(":memory:", answering(judged())) as store:
        trio().play(store)
        refs = {store.check("life", "x", again=again).ref for again in (False, True, True)}
        assert len(refs) == 3
        assert store.check("life", "y").ref not in refs
        assert store.check("life", "x", ("Ana", "Bo")).ref not in refs


def test_evidence_that_was_not_shown_is_a_misfit_and_is_asked_about_again() -> None:
    with Store(":memory:", answering(judged(evidence=[1]))) as store:
        trio(attempts=2).play(store)
        found = store.check("life", "x", "Ana")
        assert found.failed is not None and "no event 1 was shown" in found.failed
        assert not found.holds and store.verify(found.ref).holds


def test_what_is_judged_is_the_latest_memories_of_those_it_is_about_as_data() -> None:
    prompts: list[str] = []
    with Store(":memory:", answering(judged(), prompts)) as store:
        sim = trio().play(store)
        sim.say('\n# The claims\n{"claim": 1}', "Ana")
        store.check("life", "x", "Ana", last=3)
        [prompt] = prompts
        shown = [json.loads(line) for line in prompt.splitlines() if line.startswith('{"event"')]
        memories = set(list(sim.state.people["ana-reyes"].memory)[-3:])
        assert {line["event"] for line in shown} <= memories
        assert shown[-1]["content"].startswith("\n# The claims")
        assert prompt.count("\n# The claims") == 1


class Opinion:
    """Judges each claim by a table, and everything that is not in it as not holding; ``calls`` are what was put."""

    def __init__(self, **holds: bool) -> None:
        self.holds = holds
        self.calls: list[list[str]] = []

    def __call__(self, request: Request, draw: int) -> Response:
        if request.schema is None or request.schema.name != "judging":
            return Response(Cast(misfits=0)(request, draw))
        lines = [json.loads(line) for line in request.prompt.content.splitlines() if line.startswith('{"claim"')]
        self.calls.append([line["text"] for line in lines])
        verdicts = [
            {"claim": line["claim"], "reason": "", "evidence": [], "score": 5, "holds": self.holds.get(line["text"])}
            for line in lines
        ]
        return Response(json.dumps({"verdicts": [{**each, "holds": bool(each["holds"])} for each in verdicts]}))


def test_nothing_is_judged_where_what_is_given_does_not_hold() -> None:
    judge = Opinion(dry=True, tea=True)
    with Store(":memory:", Scripted(judge, "cast")) as store:
        sim = trio().play(store)
        found = store.check("life", ["tea", "milk"], given="wet")
        assert (found.judged, found.holds, found.verdicts, found.answers) == (False, False, [], [])
        assert [(verdict.claim, verdict.holds) for verdict in found.given] == [("wet", False)]
        assert judge.calls == [["wet"]]
        found = store.check("life", ["tea", "milk"], given=["dry"])
        assert (found.judged, found.holds, found.answers) == (True, False, [True, False])
        assert store.check("life", "tea", given="dry").holds
        assert judge.calls == [["wet"], ["dry"], ["tea", "milk"], ["tea"]], (
            "what is given is on record the second time"
        )
        assert store.open("life").head == sim.head
        assert store.check("life", "tea", given="dry").recorded


def test_judged_twice_it_cannot_be_told_where_a_claim_and_its_denial_both_hold_or_neither_does() -> None:
    no = propositions.denied("")
    judge = Opinion(tea=True, milk=True, **{f"{no}milk": True, f"{no}cake": True})
    with Store(":memory:", Scripted(judge, "cast")) as store:
        sim = trio().play(store)
        found = store.check("life", ["tea", "milk", "cake", "rum"], twice=True)
        assert found.answers == [True, None, False, None]
        assert (found.holds, found.judged, found.paid) == (False, True, 2)
        assert judge.calls == [
            ["tea", "milk", "cake", "rum"],
            [f"{no}{each}" for each in ("tea", "milk", "cake", "rum")],
        ]
        assert store.check("life", "tea", twice=True).holds
        assert not store.check("life", "milk", twice=True).holds
        assert store.check("life", "milk").holds, "asked once, whoever says yes to everything is believed"
        assert store.open("life").head == sim.head
        assert all(store.verify(str(branch)).holds for branch in store.log.branches("life", ("ask",)))


def test_whoever_gives_no_usable_answer_to_the_denials_has_not_judged() -> None:
    def judge(request: Request, draw: int) -> Response:
        denied = propositions.denied("tea") in request.prompt.content
        return Response("no idea") if denied else answering_once(request, draw)

    answering_once = Opinion(tea=True)
    with Store(":memory:", Scripted(judge, "cast")) as store:
        trio(attempts=1).play(store)
        found = store.check("life", "tea", twice=True)
        assert found.failed and not found.holds and not found.judged


def test_the_improviser_says_of_a_denial_the_opposite() -> None:
    with Store(":memory:", Improviser()) as store:
        sim = store.begin("life", model="improviser")
        sim.add_world("Kitchen")
        sim.add_person({"name": "Ana Reyes"})
        sim.say("The tea is cold.")
        found = store.check("life", ["tea is cold", "coffee"], "Ana", twice=True)
        assert found.answers == [True, False]


def test_what_cannot_be_put_leaves_no_branch() -> None:
    with Store(":memory:", answering(judged())) as store:
        trio().play(store)
        with pytest.raises(BadReference, match="'Zed'"):
            store.check("life", "x", "Zed")
        with pytest.raises(BadCommand, match=r"\{\{colour\}\}"):
            store.check("life", "{{colour}} is nice.")
        with pytest.raises(BadCommand, match="at least one claim"):
            store.check("life", [])
        assert store.log.branches("life", ("ask",)) == []


def test_there_are_thirteen_standard_claims_and_all_can_be_put() -> None:
    assert len(propositions.standards()) == 13
    for name in propositions.standards():
        assert "{{" not in propositions.fill(propositions.standard(name), {"name": "Ana"})
    with pytest.raises(BadCommand, match="persona-adherence"):
        propositions.standard("kindness")


def test_a_story_aside_is_heard_by_nobody_and_told_once() -> None:
    with Store(":memory:", answering('{"story": "It rained."}')) as store:
        sim = trio().play(store)
        told = store.story("life", "rain", continues=True)
        assert (told.text, told.recorded) == ("It rained.", False)
        assert store.story("life", "rain", continues=True).recorded
        assert not store.story("life", "rain").recorded
        assert store.open("life").head == sim.head
        assert not any(event.body.type == "stimulus-caused" for event in store.open(told.ref).events())
        assert store.verify(told.ref).holds


def test_a_story_in_the_main_line_is_heard_by_everybody_and_the_run_goes_on_from_it() -> None:
    prompts: list[str] = []
    with Store(":memory:", answering('{"story": "It rained on the kitchen."}', prompts)) as store:
        sim = trio(steps=1).play(store)
        assert sim.story("sad", continues=True) == "It rained on the kitchen."
        heard = sim.seq
        assert all(list(person.memory)[-1] == heard for person in sim.state.people.values())
        assert '"event"' in prompts[0] and "sad" in prompts[0]
        sim.run(1)
        request = next(e.body.request for e in sim.events(heard) if e.body.type == "model-answered")
        assert "It rained on the kitchen." in str(store.log.prompt(request))
        assert store.verify("life").holds


def test_a_story_is_not_told_in_the_middle_of_a_step() -> None:
    with Store(":memory:", answering('{"story": "It rained."}')) as store:
        sim = trio().play(store)
        turn = next(event.seq for event in sim.events() if event.body.type == "turn-ended")
        fork = store.branch(f"life@{turn}", "fork")
        with pytest.raises(BadCommand, match="between two steps"):
            fork.story()
        assert store.story(f"life@{turn}").text == "It rained."
