"""Images in lives: stored once and before the event, shown to models that see, told of to others, kept by bundles."""

import json
from pathlib import Path

import pytest
from bundles import lived
from click.testing import CliRunner
from llm.test_endpoint import KEY
from pictures import EVERY, PNG, URL
from servers.loopback import Loopback

from troupe_es import Improviser, Scripted, Settings, Simulation, Store, commands
from troupe_es.agent.prompts import UNSEEN
from troupe_es.controller import bundle, mail, reading
from troupe_es.controller.bundle import exchange, writing
from troupe_es.controller.decide import envelope
from troupe_es.errors import BadBundle, BadCommand, BadReference, BadScenario, UsageError
from troupe_es.events import types
from troupe_es.events.upcast import upcast
from troupe_es.llm import Model, images
from troupe_es.llm.endpoint import OpenAI
from troupe_es.ui.cli import main

HASH = images.hash_of(PNG)
NAMES = ("Ana Reyes", "Bo Lind", "Cleo Marsh")
SCENARIO = """
troupe: 1
name: gallery
model: improviser
worlds: [{name: Gallery}]
people:
  - persona: {name: Ana Reyes}
  - persona: {name: Bo Lind}
program:
  - broadcast: A painting of a herring.
    image: herring.png
  - say: A frame.
    to: [Bo Lind]
    image: %s
  - run: 1
"""


def gallery(store: Store, model: str | Model = "improviser", **settings: object) -> Simulation:
    sim = store.begin("gallery", model=model, settings=Settings.model_validate(settings))
    sim.add_world("Gallery")
    for name in NAMES:
        sim.add_person({"name": name})
    return sim


def blobs(store: Store) -> list[tuple[str, str, bytes]]:
    """The images in a store."""
    return store.log.db.execute("SELECT hash, media, content FROM blobs WHERE media LIKE 'image/%'").fetchall()


def shown(sim: Simulation) -> list[list[tuple[str, str]]]:
    """Every prompt that was answered, in order."""
    return [
        sim.log.prompt(event.body.request) for event in sim.events() if isinstance(event.body, types.ModelAnswered)
    ]


def roles(prompt: list[tuple[str, str]]) -> list[str]:
    return [role for role, _ in prompt]


def test_an_image_is_stored_once_for_all_who_see_it_and_stands_after_its_line() -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        sim.see("A herring in oil.", PNG)
        sim.see("The same again.", URL, to=["Bo Lind"])
        sim.run(2)
        assert blobs(store) == [(HASH, "image/png", PNG)]
        first = shown(sim)[: len(NAMES)]
        assert sorted(roles(prompt).count("image") for prompt in first) == [1, 1, 2]
        for prompt in first:
            at = roles(prompt).index("image")
            assert prompt[at][1] == f'{{"media":"image/png","sha256":"{HASH}"}}'
            assert json.loads(prompt[at - 1][1].splitlines()[-1]) == {
                "stimulus": "VISUAL",
                "from": "",
                "content": "A herring in oil.",
            }
        for early, late in zip(sorted(first), sorted(shown(sim)[len(NAMES) :]), strict=True):
            assert late[: len(early) - 1] == early[:-1], "a later prompt goes on where this one's memory ended"
        assert store.verify("gallery").holds


@pytest.mark.parametrize("way", ["path", "bytes", "url"])
def test_file_bytes_and_data_url_are_one_and_the_same(way: str, tmp_path: Path) -> None:
    (tmp_path / "herring.png").write_bytes(PNG)
    given = {"path": tmp_path / "herring.png", "bytes": PNG, "url": URL}[way]
    with Store(":memory:") as store, Store(":memory:") as other:
        one, two = gallery(store), gallery(other)
        one.see("A herring.", given)
        two.broadcast("A herring.", "VISUAL", image=PNG)
        assert one.head == two.head
        body = store.log.event(one.branch, one.seq).body
        assert isinstance(body, types.StimulusGiven) and body.image == types.Picture(sha256=HASH, media="image/png")


def test_a_model_that_does_not_see_is_told_that_there_is_an_image() -> None:
    with Store(":memory:", Scripted(lambda request, draw: "{}", name="m", default="{}")) as store:
        sim = gallery(store, "improviser", models={"person:bo-lind": "m"}, attempts=1)
        sim.see("A herring.", PNG)
        sim.run(1)
        [blind] = [prompt for prompt in shown(sim) if "You are Bo Lind" in prompt[0][1]]
        assert "image" not in roles(blind)
        assert f'"content": "A herring.", "image": "{UNSEEN}"' in blind[1][1]
        assert sum("image" in roles(prompt) for prompt in shown(sim)) == 2
        assert store.verify("gallery").holds


def test_a_small_model_is_told_in_its_own_way() -> None:
    with Store(":memory:") as store:
        sim = gallery(store, "improviser", profile="small", attempts=1)
        sim.see("A herring.", PNG)
        sim.say("Hello.", "Ana Reyes")
        sim.run(1)
        assert len(shown(sim)) == len(NAMES)
        assert all(f'I see: "A herring." {UNSEEN}' in prompt[1][1] for prompt in shown(sim))


def test_who_is_asked_about_the_past_sees_what_was_seen() -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        sim.see("A herring.", PNG)
        reply = store.ask(sim.ref, "Ana Reyes", "What do you see?")
        asked = store.log.event(store.open(reply.ref.split("@")[0]).branch, sim.seq + 2).body
        assert isinstance(asked, types.ModelAnswered) and "image" in roles(store.log.prompt(asked.request))
        assert store.verify(reply.ref).holds


def test_an_image_goes_over_the_wire_to_everybody_who_sees_it() -> None:
    with Loopback() as server, Store(":memory:") as store:
        sim = gallery(store, OpenAI("gpt-4o", base_url=server.url, api_key=KEY))
        sim.see("A herring.", PNG)
        sim.run(1)
        assert len(blobs(store)) == 1
    assert len(server.calls) == len(NAMES)
    for call in server.calls:
        [seen] = [message for message in call.body["messages"] if isinstance(message["content"], list)]
        words, image = seen["content"]
        assert seen["role"] == "user" and "A herring." in words["text"]
        assert image == {"type": "image_url", "image_url": {"url": URL}}


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (b"<svg>", "is no image that models take"),
        (b"", "is no image that models take"),
        ("data:text/html;base64,PGI+", "must be a data URL"),
        ("data:image/gif;base64," + URL.partition(",")[2], "its bytes are image/png"),
        ("nowhere.png", "no such file"),
        (".", "is no file"),
        ("a\0b", "image 'a"),
        ("README.md", "is no image"),
    ],
)
def test_what_is_no_image_is_refused_and_nothing_has_happened(image: str | bytes, said: str) -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        before = lived.dump(store.log)
        with pytest.raises(UsageError, match=said):
            sim.see("A herring.", image)
        assert lived.dump(store.log) == before


@pytest.mark.parametrize(
    "command",
    [
        commands.Stimulate("Hush.", "THOUGHT", image=URL),
        commands.Stimulate("Hush.", "CONVERSATION", image=types.Picture(sha256=HASH, media="image/png")),
        commands.Stimulate("Hush.", "VISUAL", to=("Nobody",), image=URL),
        commands.Stimulate("Hush.", "VISUAL", image="data:"),
    ],
)
def test_a_stimulus_that_cannot_be_leaves_no_bytes_behind(command: commands.Stimulate) -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        before = lived.dump(store.log)
        with pytest.raises((BadCommand, BadReference, UsageError)):
            sim.command(command)
        assert lived.dump(store.log) == before


def test_an_image_that_the_store_does_not_hold_cannot_be_named() -> None:
    with Store(":memory:") as store, pytest.raises(BadReference, match="no blob"):
        gallery(store).command(
            commands.Stimulate("A ghost.", "VISUAL", image=types.Picture(sha256="0" * 64, media="image/png"))
        )


def test_an_old_stimulus_is_one_without_an_image() -> None:
    old = {"source": "script", "kind": "VISUAL", "content": "x", "world": "w", "to": [], "speaker": ""}
    assert types.StimulusGiven.model_validate(upcast("stimulus-given", 1, 2, old)).image is None


# by mail, from files, on the command line


def test_an_image_comes_by_mail_and_its_letter_names_it_only() -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        mail.post(store.log, sim.branch, commands.Stimulate("A herring.", "VISUAL", image=URL))
        [letter] = store.log.mail(sim.branch)
        assert HASH in letter.payload and len(letter.payload) < 300
        store.log.post(sim.branch, letter.payload.replace(HASH, "0" * 64))
        sim.run(1)
        assert [note.kind for note in store.log.journal(sim.branch, "mail-refused")] == ["mail-refused"]
        assert sum("image" in roles(prompt) for prompt in shown(sim)) == len(NAMES)
        assert store.verify("gallery").holds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "herring.png").write_bytes(PNG)
    (tmp_path / "gallery.yaml").write_text(SCENARIO % URL)
    return tmp_path


def test_a_scenario_file_names_images_and_becomes_self_contained(folder: Path) -> None:
    loaded = reading.load(folder / "gallery.yaml")
    assert loaded.scenario.self_contained
    with Store(":memory:") as store:
        sim = store.play(loaded.scenario)
        again = store.play(loaded.scenario)
        assert (again.head, again.paid) == (sim.head, 0)
        assert store.scenario("gallery") == loaded.scenario
        assert len(blobs(store)) == 1
        assert store.estimate(loaded.scenario).calls.high == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("herring.png", "no.png", r"program\[0\].image: image .*no.png'?: no such file"),
        ("herring.png", "gallery.yaml", r"program\[0\].image: .*is no image"),
        (URL, "data:image/png;base64,AAAA", r"program\[1\].*no image"),
        ("image: herring.png", "image: herring.png\n    kind: THOUGHT", r"program\[0\].*VISUAL, not THOUGHT"),
    ],
)
def test_a_wrong_image_in_a_scenario_is_named(old: str, new: str, said: str, folder: Path) -> None:
    (folder / "gallery.yaml").write_text((SCENARIO % URL).replace(old, new))
    with pytest.raises(BadScenario, match=said):
        reading.load(folder / "gallery.yaml")


def test_a_scenario_whose_images_are_too_large_to_be_kept_is_refused(folder: Path) -> None:
    (folder / "herring.png").write_bytes(PNG + bytes(4_000_000))
    with pytest.raises(BadScenario, match=r"its images take 5\.3 MB"):
        reading.load(folder / "gallery.yaml")


def test_a_branch_shows_an_image_from_the_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "edits.yaml").write_text("- broadcast: A frame.\n  image: herring.png\n")

    def troupe(*words: str) -> str:
        result = CliRunner().invoke(main, list(words))
        return result.stderr if result.exit_code else ""

    assert not troupe("run", "gallery.yaml")
    assert not troupe(
        "branch", "gallery@5", "--name", "seen", "--say", "Look.", "--image", "herring.png", "--run", "1"
    )
    assert not troupe("branch", "gallery@5", "--name", "edited", "--edit", "edits.yaml")
    assert not troupe("branch", "gallery@5", "--name", "said")
    assert not troupe("say", "gallery/said", "Look.", "--image", "herring.png")
    assert "VISUAL, not THOUGHT" in troupe(
        "say", "gallery/said", "Hm.", "--image", "herring.png", "--kind", "thought"
    )
    assert "one --say" in troupe("branch", "gallery@5", "--name", "x", "--image", "herring.png")
    assert "no such file" in troupe("branch", "gallery@5", "--name", "x", "--say", "Look.", "--image", "no.png")
    with Store("troupe.db") as store:
        for name in ("seen", "edited", "said"):
            body = store.log.event(store.log.branch("gallery", name), 6).body
            assert isinstance(body, types.StimulusGiven) and body.image and body.kind == "VISUAL"
            assert store.verify(f"gallery/{name}").holds
        assert {branch.name for branch in store.log.branches("gallery")} == {"main", "seen", "edited", "said"}


# bundles


def exported() -> dict[str, bytes]:
    with Store(":memory:", Improviser()) as store:
        sim = gallery(store)
        sim.see("A herring.", PNG)
        sim.see("A shoal.", EVERY["image/gif"], to=["Bo Lind"])
        sim.run(1)
        return writing.files(exchange.gather(store.log, "gallery"))


def test_a_bundle_brings_its_images_along(tmp_path: Path) -> None:
    files = exported()
    assert json.loads(files["manifest.json"])["format"] == 2
    path = lived.put(tmp_path, files)
    assert all(report.holds for report in bundle.verify_bundle(path))
    with Store(":memory:") as store:
        exchange.import_(store.log, path)
        assert {(hash, media) for hash, media, _ in blobs(store)} == {
            (HASH, "image/png"),
            (images.hash_of(EVERY["image/gif"]), "image/gif"),
        }
        assert writing.files(exchange.gather(store.log, "gallery")) == files
        assert store.open("gallery").paid == 0


def test_a_bundle_without_an_image_that_it_shows_is_refused(tmp_path: Path) -> None:
    files = exported()
    del files[f"blobs/{HASH}"]
    with pytest.raises(BadBundle, match=f"image {HASH[:12]} is shown, and is not among the blobs"):
        exchange.import_(Store(":memory:").log, lived.put(tmp_path, lived.signed(files)))


def test_a_bundle_whose_image_is_none_is_refused() -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        page = store.log.blob(b"<script>", "image/png")
        body = types.StimulusGiven(
            kind="VISUAL", content="x", world="gallery", image=types.Picture(sha256=page, media="image/png")
        )
        store.log.append(sim.branch, [envelope(sim.state, body)], sim.seq, store.log.acquire(sim.branch))
        files = writing.files(exchange.gather(store.log, "gallery"))
    with pytest.raises(BadBundle, match="is no image that models take"):
        lived.opened(files)


def test_without_images_a_bundle_stays_in_the_format_it_had() -> None:
    with Store(":memory:") as store:
        sim = gallery(store)
        sim.broadcast("Nothing to see.")
        sim.run(1)
        assert json.loads(writing.files(exchange.gather(store.log, "gallery"))["manifest.json"])["format"] == 1
