"""A small simulation with branches of every kind, and its bundle, made once for all tests here."""

import hashlib
import json
from functools import cache
from pathlib import Path

from troupe_es import Improviser, Settings, Store, commands
from troupe_es import scenario as scenarios
from troupe_es.controller.bundle import archive, exchange, reading, writing
from troupe_es.controller.bundle.content import Content
from troupe_es.log import Log
from troupe_es.log.notes import ANSWERER

SCENARIO = """
troupe: 1
name: market
seed: 4
worlds: [{name: Market square}]
people:
  - persona: {name: Ada Pine, age: 40, beliefs: [Fish is best before noon.]}
  - persona: {name: Béla Stone, age: 63, beliefs: [Nobody pays for a smile.]}
program:
  - broadcast: What is a good price for a herring?
    speaker: Fishmonger
  - run: 2
"""

MADE_WITH = {"weights": "ab" * 32, "engine": "dice 1.0", "settings": {"context": 8192, "temp": 0.7, "order": "any"}}
"""What the improviser would say of itself if it were a local model."""


@cache
def content() -> Content:
    """Return what the bundle holds."""
    with Store(":memory:") as store:
        scenario = scenarios.parse(SCENARIO, "market.yaml")
        sim = store.play(scenario, model=Improviser())
        store.branch("market@step:1", "louder", commands.Stimulate("Thief!", speaker="A boy")).resume()
        for other in store.replicates("market@12", "again", 2):
            other.resume()
        store.branch("market/louder@step:1", "untouched")
        store.branch("market@0", "elsewhere", commands.Create(7, settings=Settings(model="improviser")))
        store.ask("market@step:1", "Ada", "Would you smile for it?")
        store.ask(sim.ref, "Béla Stone", "And you?")
        store.log.note(ANSWERER, {"model": "improviser", **MADE_WITH}, sim.branch)
        store.log.note(ANSWERER, {"model": "never-asked", **MADE_WITH}, sim.branch)
        return exchange.gather(store.log, "market")


@cache
def files() -> dict[str, bytes]:
    """Return the bundle's files."""
    return writing.files(content())


def put(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files as a folder, whatever they are."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def signed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files with their hashes in expected.json put right, as a forger would."""
    promised = json.loads(files["expected.json"])
    promised["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in files if name != "expected.json"}
    text = json.dumps(promised, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"
    return {**files, "expected.json": text}


def heads(content: Content) -> dict[str, tuple[int, bytes]]:
    """Return where each branch ends."""
    return {name: content.head(name) for name in content.twigs}


def opened(files: dict[str, bytes]) -> Content:
    """Read and check files."""
    return reading.content_of(archive.held(files))


def dump(log: Log) -> list[str]:
    """Return the whole store as SQL, for comparing."""
    return list(log.db.conn.iterdump())
