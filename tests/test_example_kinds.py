"""What each shipped example is there to show, asserted on its recording or on its life lived again."""

import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from record_replays import REPLAYS, script
from ui.conftest import Troupe, call

from troupe_es import Scripted, Store, commands, examples
from troupe_es.controller import bundle, reading
from troupe_es.events import Event, types
from troupe_es.llm import Request


@pytest.fixture
def troupe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Troupe:
    """``troupe`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TROUPE_STORE", raising=False)
    return call


@cache
def recorded(name: str) -> list[Event]:
    """The events of the recording in ``replays/``."""
    with Store(":memory:") as store:
        bundle.import_(store.log, REPLAYS / name)
        return list(store.log.events(store.log.branch(name)))


def of(name: str, *kinds: type) -> list[Event]:
    return [event for event in recorded(name) if isinstance(event.body, kinds)]


def said(name: str, who: str, kind: str = "TALK") -> list[tuple[int, str]]:
    """What a person said (or thought), with the events."""
    return [
        (event.seq, event.body.content)
        for event in recorded(name)
        if isinstance(event.body, types.ActionTaken) and (event.actor, event.body.kind) == (who, kind)
    ]


@cache
def requests(name: str) -> dict[str, Request]:
    """What is asked when an example is lived, by address."""
    model = Scripted.from_file(examples.path(name) / "answers.yaml")
    with Store(":memory:") as store:
        store.play(reading.load(examples.path(name) / "scenario.yaml").scenario, model=model)
    return {call.address: call for call in model.calls}


def shown(request: Request) -> str:
    """A whole prompt."""
    return "\n".join(message.content for message in request.prompt.chain())


def people(name: str) -> list[str]:
    return [event.body.person for event in of(name, types.PersonAdded) if isinstance(event.body, types.PersonAdded)]


def test_two_people_talk_and_each_hears_the_other() -> None:
    talks = {who: said("tandem", who) for who in people("tandem")}
    assert all(len(words) >= 3 for words in talks.values())
    bodies = {event.seq: event.body for event in recorded("tandem")}
    assert all(bodies[seq].target is None for words in talks.values() for seq, _ in words)  # type: ignore[union-attr]


def test_an_interview_puts_its_questions_one_after_the_other_and_each_is_answered() -> None:
    asked = [e for e in of("top-octave", types.StimulusGiven) if e.body.speaker == "Archivist"]  # type: ignore[union-attr]
    assert [event.body.content[:3] for event in asked] == ["C1.", "C2.", "C3.", "C4."]  # type: ignore[union-attr]
    answered = [seq for seq, _ in said("top-octave", "anselm-brix")]
    bounds = [*(event.seq for event in asked), len(recorded("top-octave"))]
    assert all(any(a < seq < b for seq in answered) for a, b in pairwise(bounds))


def test_what_is_recalled_in_an_interview_was_out_of_view_and_names_its_sources() -> None:
    [result] = of("top-octave", types.ResultSeen)
    assert isinstance(result.body, types.ResultSeen)
    brought = {
        event.seq: event.body for event in recorded("top-octave") if isinstance(event.body, types.StimulusGiven)
    }
    first, second = (brought[found.seq] for found in result.body.found[:2] if found.seq)
    assert {"Teresa Almada" in first.content, "Teresa Almada" in second.content} == {True, False}
    assert "hammer knock" in first.content + second.content
    assert all(set(found.scores) == {"recency", "relevance", "importance"} for found in result.body.found)
    before, after = (requests("top-octave")[f"3/anselm-brix/turn/{number}/0"] for number in (0, 1))
    assert "plays the Schubert" not in shown(before) and "Teresa Almada plays the Schubert" in shown(after)


def test_a_question_that_is_not_on_the_form_leaves_the_interview_as_it_was(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", record="none") as store:
        bundle.import_(store.log, REPLAYS / "top-octave")
        [side] = store.log.branches("top-octave", ("ask",))
        main = recorded("top-octave")
        assert side.fork_seq == max(e.seq for e in main if e.step == 3 and isinstance(e.body, types.StepEnded))
        reply = script("top-octave").ask_on(store)
        assert reply.recorded and reply.answer.startswith("Because she closed the lid.")
        assert not any(isinstance(event.body, types.QuestionAsked) for event in main)


def test_an_intervention_fires_because_of_what_was_said_and_changes_the_course() -> None:
    fired, ended = of("umbrellas", types.InterventionFired)
    assert isinstance(fired.body, types.InterventionFired) and isinstance(ended.body, types.InterventionFired)
    [because] = [event for event in recorded("umbrellas") if event.seq in fired.body.evidence]
    assert (fired.body.name, fired.step) == ("first-app", 1)
    assert because.actor == "kwame-asante" and re.search(r"\bapp\b", because.body.content)  # type: ignore[union-attr]
    caused = [event.body.type for event in recorded("umbrellas") if event.cause == fired.seq]
    assert caused == ["stimulus-caused", "faculty-gift-caused"]
    assert {event.step for event in of("umbrellas", types.ActionTaken)} == {1, 2, 3}
    assert not any(
        re.search(r"\bapps?\b", words)
        for who in people("umbrellas")
        for seq, words in said("umbrellas", who)
        if seq > fired.seq
    )
    [sheet] = of("umbrellas", types.DocumentWritten)
    assert sheet.actor == "jo-marchetti" and sheet.seq > fired.seq
    assert (ended.body.name, ended.step) == ("finished", 3)
    assert recorded("umbrellas")[-1].body == types.RunEnded(steps=3, turns=9, failed=0)


def test_without_those_words_the_intervention_does_not_fire(tmp_path: Path) -> None:
    [spoke] = [seq for seq, words in said("umbrellas", "kwame-asante") if "an app" in words]
    before = max(event.seq for event in of("umbrellas", types.TurnEnded) if event.seq < spoke)
    with Store(tmp_path / "a.db") as store:
        bundle.import_(store.log, REPLAYS / "umbrellas")
        edits = commands.RemovePerson("kwame-asante"), commands.Change("settings.model", "improviser")
        silent = store.branch(f"umbrellas@{before}", "silent", *edits)
        silent.resume()
        assert not any(isinstance(event.body, types.InterventionFired) for event in silent.events())
        assert isinstance(list(silent.events())[-1].body, types.RunEnded)


def test_an_intervention_is_seen_in_the_transcript(troupe: Troupe) -> None:
    troupe("import", str(REPLAYS / "umbrellas"))
    shown = troupe("transcript", "umbrellas").stdout
    assert "first-app" in shown and shown.index("first-app") < shown.index("That is the bell")


def test_three_people_of_one_persona_differ_in_politics_only() -> None:
    added = [event.body for event in of("market-hall", types.PersonAdded)]
    personas = [dict(body.persona) for body in added if isinstance(body, types.PersonAdded)]
    politics = [(persona.pop("name"), json.dumps(persona.pop("politics"))) for persona in personas]
    assert len(personas) == 3 and personas[0] == personas[1] == personas[2]
    assert len(set(politics)) == 3 and len(dict(politics)) == 3
    base = reading.load_persona(examples.path("market-hall") / "people" / "pryce.agent.json").traits
    assert personas[0] == {key: value for key, value in base.items() if key != "name"}
    given = [{origin for path, origin in body.fragments.items()} for body in added]  # type: ignore[union-attr]
    assert given == [{"public"}, {"open"}, {"rooted"}]


def test_a_story_goes_on_from_what_happened_and_people_react_to_it() -> None:
    [told] = of("wedding-cake", types.StoryTold)
    [heard] = [event for event in recorded("wedding-cake") if event.cause == told.seq]
    assert isinstance(told.body, types.StoryTold) and isinstance(heard.body, types.StimulusGiven)
    assert heard.body.content == told.body.text
    asked = {address: shown(request) for address, request in requests("wedding-cake").items()}
    before = [words for who in people("wedding-cake") for seq, words in said("wedding-cake", who) if seq < told.seq]
    assert len(before) == 3
    assert all(json.dumps(words, ensure_ascii=False)[1:-1] in asked["1/-/generation/0/0"] for words in before)
    for who in people("wedding-cake"):
        assert "Out of the yellow came a rowing boat" in asked[f"2/{who}/turn/0/0"]
        assert any(seq > told.seq for seq, _ in said("wedding-cake", who))


def test_a_letter_is_written_twice_and_the_last_one_is_exported(troupe: Troupe, tmp_path: Path) -> None:
    first, last = of("lift", types.DocumentWritten)
    assert isinstance(first.body, types.DocumentWritten) and isinstance(last.body, types.DocumentWritten)
    assert (first.actor, last.actor) == ("gideon-frayne", "samira-nasr")
    assert first.body.title == last.body.title == "Letter to the landlord"
    troupe("import", str(REPLAYS / "lift"))
    for ref, body in (("lift", last.body), ("lift@step:2", first.body)):
        path = tmp_path / f"{ref.partition('@')[2] or 'last'}.md".replace(":", "-")
        assert troupe("export-document", ref, body.title, "--to", str(path)).exit_code == 0
        assert body.content.strip() in path.read_text(encoding="utf-8")


def test_an_investment_is_discussed_by_what_the_documents_say() -> None:
    folder = examples.path("tide-mill") / "documents"
    texts = {path.name: " ".join(path.read_text(encoding="utf-8").split()) for path in folder.iterdir()}
    seen: dict[str, str] = {}
    for event in recorded("tide-mill"):
        body = event.body
        if isinstance(body, types.ResultSeen):
            passages = json.loads(body.content)
            assert body.found and not body.failed
            assert [found.place for found in body.found] == [
                f"{each['document']}#{each['part'].split(' ')[0]}" for each in passages
            ]
            for each in passages:
                assert " ".join(each["text"].split()) in texts[each["document"]]
            seen[event.actor or ""] = seen.get(event.actor or "", "") + " ".join(e["text"] for e in passages)
        elif isinstance(body, types.ActionTaken) and body.kind == "TALK":
            for quoted in re.findall(r'"([^"]+)"', body.content):
                assert quoted.rstrip(".") in " ".join(seen[event.actor or ""].split()), quoted
    assert set(seen) == set(people("tide-mill"))
    assert sum(len(re.findall(r'"[^"]+"', words)) for who in seen for _, words in said("tide-mill", who)) >= 7
