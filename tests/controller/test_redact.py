"""Laws of redaction: nothing is left of what was to go, nothing else is changed, and what is left verifies."""

import base64
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import PNG
from strategies.scripts import (
    Cast,
    casts,
    dead,
    edits,
    going_about,
    live_on,
    making,
    peopled,
    remembering,
    scripts,
    share,
    trio,
)

from troupe_es import Scripted, Simulation, Store, commands
from troupe_es import scenario as scenarios
from troupe_es.agent.faculties import documents
from troupe_es.controller import bundle
from troupe_es.controller.redaction import Asked, redact
from troupe_es.errors import BadReference, UsageError
from troupe_es.events import Stored, types
from troupe_es.llm import Request
from troupe_es.llm.improviser.model import improvise
from troupe_es.log import Log
from troupe_es.views.gist import words as gist

WORDS = {"Ana Reyes": "Quill Noone", "Ana": "Quill"}
EVERYTHING: Any = (making, remembering, going_about, lambda script: peopled(script, 2))
"""What else a life can have: see the scripts."""

HASHES = ("request", "answer")


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def lived(store: Store, script: Any, data: st.DataObject) -> Simulation:
    """Play ``script``, go on from somewhere in another draw or with an edit, and ask somebody."""
    sim = script.play(store)
    at = data.draw(st.integers(1, sim.seq))
    there = sorted(store.at(f"life@{at}").people)
    made = [data.draw(edits(there))] if data.draw(st.booleans()) else []
    fork = store.branch(f"life@{at}", "ana-reyes", *made, draw=data.draw(st.sampled_from([None, 3])))
    if data.draw(st.booleans()):
        live_on(fork)
    if there:
        store.ask(f"life@{at}", there[0], "What would Ana Reyes say?")
    return sim


def rows(log: Log) -> list[list[Stored]]:
    return [list(log.rows(branch, branch.fork_seq + 1)) for branch in log.branches()]


def plainly(text: str) -> str:
    """The words replaced as anybody would."""
    text = text.replace("Ana Reyes", "Quill Noone").replace("ana-reyes", "quill-noone")
    return re.sub(r"\bana\b", "Quill", text, flags=re.IGNORECASE)


def said(row: Stored) -> Any:
    """What an event says beside hashes and scores."""
    payload = json.loads(row.payload)
    match row.type:
        case "model-answered":
            return {name: value for name, value in payload.items() if name not in HASHES}
        case "action-held-back":
            return {name: value for name, value in payload.items() if name != "similarity"}
        case "result-seen":
            return {**payload, "found": [(each["seq"], each["place"]) for each in payload["found"]]}
        case "memories-embedded":
            return [each["seq"] for each in payload["of"]]
        case "simulation-created" | "simulation-redacted":
            return {name: value for name, value in payload.items() if name not in ("lots", "ranks")}
    return payload


def heads(log: Log) -> dict[str, str]:
    return {str(branch): log.head(branch).hash.hex() for branch in log.branches()}


def holds(path: Path) -> None:
    """Check that everything in the store verifies, with a model that must not be asked."""
    with Store(path, dead()) as store:
        assert not store.log.check()
        for branch in store.log.branches():
            report = store.verify(str(branch))
            assert report.holds, (report.divergences, report.blocked)


@given(st.one_of(scripts(), *(scripts().map(change) for change in EVERYTHING)), casts, st.data())
@share(6)
def test_nothing_is_left_of_the_words_and_nothing_else_is_changed(script, cast: Cast, data) -> None:
    with folder() as made:
        with Store(":memory:", cast.model()) as store:
            lived(store, script, data)
            before, told = heads(store.log), rows(store.log)
            redact(store.log, Asked(WORDS), made / "new.db")
            assert heads(store.log) == before
        assert not re.findall(rb"ana.{0,3}reyes|reyes|\bana\b", (made / "new.db").read_bytes(), re.IGNORECASE)
        holds(made / "new.db")
        with Log.open(made / "new.db", write=False) as log:
            for old, new in zip(told, rows(log), strict=True):
                assert [said(row) for row in new] == [said(row._replace(payload=plainly(row.payload))) for row in old]
                then = [(row.seq, plainly(row.actor or ""), row.step, row.time, row.cause) for row in old]
                assert [(row.seq, row.actor or "", row.step, row.time, row.cause) for row in new] == then
            assert [branch.name for branch in log.branches("life")][:2] == ["main", "quill-noone"]


@given(scripts(), casts, st.data())
@share(6)
def test_a_word_that_does_not_occur_changes_nothing_and_twice_is_as_good_as_once(script, cast: Cast, data) -> None:
    with folder() as made:
        with Store(":memory:", cast.model()) as store:
            lived(store, script, data)
            before = heads(store.log)
            redact(store.log, Asked({"Zacharias Quux": "nobody"}), made / "same.db")
            redact(store.log, Asked(WORDS), made / "once.db")
        with Log.open(made / "same.db", write=False) as log:
            assert heads(log) == before
            assert not log.journal(kind="redacted")
        with Log.open(made / "once.db", write=False) as log:
            redact(log, Asked(WORDS), made / "twice.db")
            with Log.open(made / "twice.db", write=False) as again:
                assert heads(again) == heads(log)
                assert [note.payload for note in again.journal()] == [note.payload for note in log.journal()]


# people, documents, images, questions

ANA: dict[str, Any] = {
    "name": "Ana Reyes",
    "nickname": "Anita",
    "age": 34,
    "beliefs": ["Tea belongs in a pot."],
    "occupation": {"title": "Baker"},
}
CV = "Ana Reyes bakes bread.\n\nAnita can also bake cake."
WHO = ["Ana Reyes", "Bo Lind", "Øystein Berg", "nobody", "all of them"]
SAID = ("Ana Reyes, ANITA and ana-reyes!", "example.org/?who=Ana%20Reyes&n=1", "Rey\u00e9s, Re\u0301yes")
LEFT = re.compile(
    rb"ana\W{0,3}reyes|anita|reyes|\bana\b|rey\\+u00e9s|ana%20|Rey\xc3\xa9s|Re\xcc\x81yes", re.IGNORECASE
)


def answers(request: Request, draw: int) -> str:
    """Name Ana in every way there is, look into a document, and answer questions."""
    if request.schema is not None and request.schema.name == "survey":
        return improvise(request, draw)
    if request.purpose == "ask":
        return json.dumps({"answer": "Ana? She is at ana.reyes@example.org."})
    done = [{"type": "TALK", "content": text, "target": "Ana"} for text in SAID]
    if request.address.endswith("turn/0/0"):
        done.append({"type": "CONSULT", "content": "cake", "target": ""})
    return json.dumps({"actions": [*done, {"type": "DONE"}], "cognitive_state": {"goals": "Meet Anita."}})


def opened(path: Path) -> Store:
    return Store(path, Scripted(answers, "cast"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with people, a document, an image, a survey and a question."""
    path = tmp_path_factory.mktemp("kept") / "old.db"
    with opened(path) as store:
        sim = store.begin("ana", model="cast", seed=3)
        sim.add_world("Ana's kitchen")
        for persona in (ANA, {"name": "Bo Lind", "beliefs": ["Ana is right."]}, {"name": "Øystein Berg"}):
            sim.add_person(persona)
        sim.command(commands.Equip("documents", options={"documents": [{"name": "ana.txt", "text": CV}]}))
        sim.see("The cake of Ana Reyes", PNG)
        sim.run(2)
        sim.command(commands.Change("people.ana-reyes.beliefs", ["Coffee, then."]))
        sim.run(1)
        who = {"id": "who", "kind": "choice", "text": "Who is it?", "options": WHO}
        store.survey("ana@step:1", {"questions": [who]})
        store.ask("ana", "Bo Lind", "Where is Anita?")
    return path


def test_a_person_goes_with_names_nicknames_traits_and_mentions(kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    with Log.open(kept, write=False) as log:
        done = redact(log, Asked(people={"ana-reyes": ""}), new)
        orders = [e.body.order for b in log.branches() for e in log.events(b) if e.body.type == "survey-answered"]
    assert done.words.keys() == {"Ana Reyes", "Anita", "Ana", "Reyes", "Tea belongs in a pot"}
    assert not LEFT.findall(new.read_bytes())
    assert not re.findall(rb"Baker|in a pot|Coffee", new.read_bytes())
    holds(new)
    with opened(new) as store:
        state = store.at("person-1")
        assert list(state.people) == ["person-1", "bo-lind", "ystein-berg"]
        assert list(state.worlds) == ["person-1-s-kitchen"]
        added = store.log.event(store.log.branch("person-1"), 3).body
        assert isinstance(added, types.PersonAdded)
        told = {
            "nickname": "(redacted)",
            "age": None,
            "beliefs": ["(redacted)"],
            "occupation": {"title": "(redacted)"},
        }
        assert added.persona == {"name": "Person 1", **told}
        found = [
            event.body.order
            for branch in store.log.branches()
            for event in store.log.events(branch)
            if isinstance(event.body, types.SurveyAnswered)
        ]
        assert found == [[each.replace("Ana Reyes", "Person 1") for each in order] for order in orders]


def test_what_is_redacted_travels_goes_on_and_knows_what_was_asked(kept: Path, tmp_path: Path) -> None:
    with Log.open(kept, write=False) as log:
        before = log.head(log.branch("ana")).hash.hex()
        redact(log, Asked(people={"Ana Reyes": "Eva Quill"}, words={"Øystein Berg": "Ole Holm"}), tmp_path / "new.db")
    with opened(tmp_path / "new.db") as store:
        bundle.export(store.log, "eva-quill", tmp_path / "eva.zip")
        reply = store.ask("eva-quill", "Bo Lind", "Where is Eva Quill?")
        assert (reply.recorded, reply.answer) == (True, "Eva Quill? She is at Eva Quill@example.org.")
        assert store.verify("eva-quill").before == [before]
        sim = store.open("eva-quill")
        sim.run(1)
        assert store.verify("eva-quill").holds
        assert list(sim.state.people) == ["eva-quill", "bo-lind", "ole-holm"]
    assert all(report.holds for report in bundle.verify_bundle(tmp_path / "eva.zip"))
    with Store(":memory:") as other:
        assert bundle.import_(other.log, tmp_path / "eva.zip") == "eva-quill"


def test_documents_and_images_go_as_a_whole_with_the_passages_that_were_read(kept: Path, tmp_path: Path) -> None:
    with Log.open(kept, write=False) as log:
        texts = [hash for hash, media in log.select("SELECT hash, media FROM blobs") if media.startswith("text/")]
        images = [hash for hash, media in log.select("SELECT hash, media FROM blobs") if media.startswith("image/")]
        redact(log, Asked(blobs=[texts[0][:12], images[0]]), tmp_path / "new.db")
    raw = (tmp_path / "new.db").read_bytes()
    assert b"Ana Reyes" in raw
    assert b"bakes bread" not in raw and b"bake cake" not in raw and PNG not in raw
    holds(tmp_path / "new.db")
    with opened(tmp_path / "new.db") as store:
        bundle.export(store.log, "ana", tmp_path / "ana.zip")
    assert all(report.holds for report in bundle.verify_bundle(tmp_path / "ana.zip"))


def test_what_a_scenario_brings_along_goes_with_it(tmp_path: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    cake: Any = {
        **{"troupe": 1, "name": "cake", "worlds": [{"name": "Kitchen"}], "people": [{"persona": ANA}]},
        "documents": [{"name": "cv", "text": CV}],
        "program": [{"say": "A cake", "to": ["Ana Reyes"], "image": url}, {"run": 1}],
    }
    with opened(tmp_path / "old.db") as store:
        store.play(scenarios.model_of(cake, "cake"), model="cast")
        blobs = [documents.hash_of(CV), hashlib.sha256(PNG).hexdigest()]
        store.redact(Asked(people={"Ana Reyes": "Eva Quill"}, blobs=blobs), into=tmp_path / "new.db")
    raw = (tmp_path / "new.db").read_bytes()
    assert not LEFT.findall(raw) and b"bread" not in raw and base64.b64encode(PNG) not in raw
    with opened(tmp_path / "new.db") as store:
        scenario = store.scenario("cake")
        assert scenario is not None
        before = store.log.head(store.log.branch("cake"))
        sim = store.play(scenario, model="cast")
        assert (sim.paid, store.log.head(sim.branch)) == (0, before)


def test_a_redacted_simulation_fits_its_schema_and_is_told_in_words(kept: Path, tmp_path: Path) -> None:
    with Log.open(kept, write=False) as log:
        redact(log, Asked({"Ana Reyes": "Eva", "Ana": "Eva"}), tmp_path / "new.db")
    with Log.open(tmp_path / "new.db", write=False) as log:
        [row] = log.rows(log.branch("eva"), 1, 1)
        schema = Path(__file__).parents[2] / "schema" / "events" / f"{row.type}.v{row.version}.json"
        jsonschema.validate(json.loads(row.payload), json.loads(schema.read_text()))
        assert gist(log.event(log.branch("eva"), 1).body).startswith("seed 3")


# what cannot be


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked(), "nothing is to go"),
        (Asked({"Ana Reyes": "Bo Lind"}), "would both be"),
        (Asked({"Ana": "Ana R."}), "which is to go"),
        (Asked({"Ana Reyes": ""}), "cannot stand"),
        (Asked({"Ana Reyes": 'An "A"'}), "cannot stand"),
        (Asked({"-": "x"}), "at least two letters"),
        (Asked({"Ana Reyes": "Eva Quill"}), "another target: not"),
        (Asked({"visual": "talk"}), r"event 7 of ana/main \(stimulus-given\) does not fit"),
        (Asked(people={"Zoe": ""}), "no person 'Zoe'"),
        (Asked(blobs=["abcdef"]), "0 documents"),
        (Asked({"Ana": "Eva"}, without=["main"]), "no branch left"),
    ],
)
def test_what_cannot_be_redacted_is_refused_in_words_and_nothing_is_written(
    kept: Path, tmp_path: Path, asked: Asked, why: str
) -> None:
    with Log.open(kept, write=False) as log, pytest.raises(UsageError, match=why):
        redact(log, asked, tmp_path / "new.db")
    assert list(tmp_path.iterdir()) == []


def test_a_seal_that_names_a_word_is_not_broken_but_its_branch_can_be_left_out(tmp_path: Path) -> None:
    with Store(":memory:", Cast().model()) as store:
        trio(steps=1).play(store)
        sealed = store.seal("life", {"Ana Reyes": {"yes": 0.25, "no": 0.75}})
        branch = next(branch.name for branch in store.log.branches() if branch.kind == "ask")
        with pytest.raises(UsageError, match=f"seals by hash.*--without {branch}"):
            redact(store.log, Asked(WORDS), tmp_path / "new.db")
        assert sealed and not list(tmp_path.iterdir())
        done = redact(store.log, Asked(WORDS, without=[branch]), tmp_path / "new.db")
        assert list(done.branches) == ["life/main"]


def test_a_dry_run_says_where_the_words_stand_and_writes_nothing(kept: Path) -> None:
    before = kept.read_bytes()
    with Log.open(kept, write=False) as log:
        done = redact(log, Asked({"Ana Reyes": "Eva", "Ana": "Eva", "conversation": "talk"}))
        held = sum(row.payload.count("Anita") for rows_ in rows(log) for row in rows_)
        nicknames = redact(log, Asked({"Anita": "Evita"}))
    assert {"names", "events", "answers", "prompts", "documents", "calls"} == set(done.found.places)
    assert done.found.first["names"] == ("simulation 1", "Ana")
    assert done.program > 0 and done.still.keys() == {"Reyes"}
    assert held > 0 and nicknames.found.places["events"] > held  # written in capitals, too
    assert kept.read_bytes() == before
    assert [path.name for path in kept.parent.iterdir()] == ["old.db"]


def test_what_is_there_is_not_written_over_and_others_are_left_out_by_name(kept: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "two.db", Cast().model()) as store:
        trio(steps=1).play(store)
        trio(steps=1).play(store, "other")
        (tmp_path / "new.db").write_text("mine")
        with pytest.raises(UsageError, match="there already"):
            redact(store.log, Asked(WORDS), tmp_path / "new.db")
        assert (tmp_path / "new.db").read_text() == "mine"
        done = redact(store.log, Asked(WORDS, link=False), tmp_path / "one.db", ["other"])
        assert (list(done.branches), done.left_out) == (["other/main"], ["life"])
    with Log.open(tmp_path / "one.db", write=False) as log:
        assert [each.name for each in log.simulations()] == ["other"]
        assert log.journal() == []
    with pytest.raises(BadReference), Log.open(tmp_path / "two.db", write=False) as log:
        redact(log, Asked(WORDS), tmp_path / "none.db", ["nobody"])


def test_a_life_that_goes_on_and_a_store_that_was_changed_are_left_alone(tmp_path: Path) -> None:
    with Store(tmp_path / "old.db", Cast().model()) as store:
        sim = trio(steps=1).play(store)
        lease = store.log.acquire(sim.branch)
        with pytest.raises(UsageError, match="life/main is being lived"):
            redact(store.log, Asked(WORDS), tmp_path / "new.db")
        store.log.release(lease)
        store.log.db.conn.execute("DROP TRIGGER events_no_update")
        store.log.db.conn.execute("UPDATE events SET payload = replace(payload, 'Kitchen', 'Garden') WHERE seq = 2")
        with pytest.raises(UsageError, match=r"was changed \(events life/main@2\)"):
            redact(store.log, Asked(WORDS), tmp_path / "new.db")
    assert [each.name for each in tmp_path.iterdir()] == ["old.db"]
