"""A local model has its name in the log from the bytes of its weights, whichever way it was set."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from troupe_es import Improviser, Store, commands
from troupe_es.llm import weights
from troupe_es.ui.cli import main

Way = Callable[[str], None]


def by_python(model: str) -> None:
    with Store() as store:
        store.model(model)  # it was made before it is set
        store.open("tea").set("settings.model", model)


def by_command(model: str) -> None:
    done = CliRunner().invoke(main, ["set", "tea", f"settings.model={model}"])
    assert done.exit_code == 0, done.output


def by_merge(model: str) -> None:
    done = CliRunner().invoke(main, ["set", "tea", f'settings.models={{"turn": "{model}"}}'])
    assert done.exit_code == 0, done.output


def by_mail(model: str) -> None:
    """It is said to whoever runs the life, who takes it up between two steps."""
    with Store() as other, Store() as store:
        sim = other.open("tea")
        sim._life.lease = other.log.acquire(sim.branch)
        assert store.steer("tea", commands.Change("settings.models.ask", model)) is None
        [letter] = [mail.payload for mail in store.log.mail(sim.branch)]
        assert model not in letter
        other.model(model)
        assert sim._life.take_mail()
        other.log.release(sim._life.lease)


def by_intervention(model: str) -> None:
    with Store() as store:
        effect = commands.Change("settings.model", model)
        store.open("tea").intervene("other", {"step": {"at": 9}}, effect)


def as_embedder(model: str) -> None:
    with Store() as store:
        store.open("tea").set("settings.embedder", model)


@pytest.mark.skipif(find_spec("xllamacpp") is None, reason="the engine of local models is not there")
@pytest.mark.parametrize("way", [by_python, by_command, by_merge, by_mail, by_intervention, as_embedder])
def test_a_local_model_is_chained_by_the_hash_of_its_weights(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"TROUPE_MODELS": str(tmp_path / "models")}
    monkeypatch.setenv("TROUPE_MODELS", environ["TROUPE_MODELS"])
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "private" / "small.gguf"
    path.parent.mkdir()
    path.write_bytes(b"GGUF and so on")
    with Store("troupe.db", Improviser()) as store:
        store.begin("tea", model="improviser").add_world("Kitchen")
    way(f"local:{path}")
    with Store("troupe.db", write=False) as store:
        kept = "\n".join(store.log.db.conn.iterdump())
        assert store.verify("tea").holds
    assert weights.of(path, environ).name in kept
    assert "private" not in kept
