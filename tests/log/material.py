"""What the tests of the log write into it, and how they look at a file from outside."""

import sqlite3
from pathlib import Path

from troupe_es.events import Draft
from troupe_es.events.types import ActionTaken, ModelAnswered, PersonAdded, StimulusGiven
from troupe_es.llm.protocol import Message, Request
from troupe_es.log import Branch, Call, Log, NewAnswer, schema

TIME = "2026-01-05T09:00:00"


def said(text: str, step: int = 1) -> Draft:
    return Draft(ActionTaken(kind="TALK", content=text), "lisa", step, TIME)


def heard(text: str, step: int = 0) -> Draft:
    return Draft(StimulusGiven(content=text, world="here", speaker="Ann"), None, step, TIME)


def arrived(person: str) -> Draft:
    return Draft(PersonAdded(person=person, name=person.title(), world="here", persona={}), None, 0, TIME)


def used(request: Request, answer: str, step: int = 1) -> Draft:
    body = ModelAnswered(address=request.address, model=request.model, request=request.hash, answer=answer)
    return Draft(body, request.person, step, TIME)


def request(*contents: str, address: str = "1/lisa/turn/0/0") -> Request:
    message = Message("system", "You are Lisa.")
    for content in contents:
        message = Message("user", content, message)
    return Request(message, "model", address)


def call(asked: Request, branch: Branch, tokens: int = 10, money: int | None = None, draw: int = 0) -> Call:
    return Call(asked.hash, draw, asked.address, branch.id, tokens, money)


def reply(asked: Request, text: str = "Hello", draw: int = 0, **more: object) -> NewAnswer:
    return NewAnswer(asked.hash, draw, asked.address, text, model="model-1", **more)  # type: ignore[arg-type]


def foreign(path: Path) -> sqlite3.Connection:
    """Open the file as a program that knows nothing of us; close it, or the WAL stays."""
    return sqlite3.connect(path, isolation_level=None)


def unprotected(path: Path) -> sqlite3.Connection:
    """Open the file with its triggers gone, as somebody who means to edit it."""
    conn = foreign(path)
    for table in schema.KEYS:
        for trigger in ("no_update", "no_delete", "no_replace"):
            conn.execute(f"DROP TRIGGER {table}_{trigger}")
    return conn


def inhabited(log: Log) -> Branch:
    """Fill a store with two simulations, three branches, events, an answer and a blob."""
    scenario = log.blob(b"people: []", "application/yaml")
    main = log.create_simulation("sim", scenario)
    log.append(main, [arrived("lisa"), heard("Hi"), said("a ‘quoted’ \U0001f600 word"), said("b", 2)], 0)
    fork = log.fork(main, 3, "fork", draw=1)
    asked = request("How are you?")
    log.ask(call(asked, fork), asked.prompt, asked.parameters)
    answer = log.record([reply(asked, "Fine", prompt_tokens=3, completion_tokens=2, seconds=0.5)])[0]
    log.append(fork, [used(asked, answer.hash, 2), said("c", 2)], 3)
    log.append(main, [said("d", 2)], 4)
    log.append(log.create_simulation("other"), [heard("x")], 0)
    return main


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}
