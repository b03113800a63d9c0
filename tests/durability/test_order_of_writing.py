"""What is on disk when: an intent before its call is sent, an answer before anything uses it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from troupe_es import Request, Response, Store
from troupe_es.controller.driver import Driver, Place
from troupe_es.controller.portal import portal
from troupe_es.llm import All, Effect, Message

Look = Callable[[], tuple[int, int]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Count committed intents and answers, as another process sees them."""

    def count() -> tuple[int, int]:
        conn = sqlite3.connect(tmp_path / "store.db")
        try:
            intents: int = conn.execute("SELECT count(*) FROM calls").fetchone()[0]
            answers: int = conn.execute("SELECT count(*) FROM answers").fetchone()[0]
        finally:
            conn.close()
        return intents, answers

    return count


class Watchful:
    """A model that looks at the store while it is asked."""

    name = "watchful"

    def __init__(self, look: Look) -> None:
        self.look = look
        self.saw: list[tuple[int, int]] = []

    async def complete(self, request: Request, draw: int) -> Response:
        """Answer with a word."""
        self.saw.append(self.look())
        return Response("yes")


def question(number: int) -> Request:
    """Return a request that differs from all others."""
    return Request(Message("user", f"question {number}"), "watchful", f"1/ana/turn/{number}/0")


def test_intents_are_on_disk_before_they_are_sent_and_answers_before_they_are_used(
    look: Look, tmp_path: Path
) -> None:
    used: list[tuple[int, int]] = []

    def decision() -> Effect[None]:
        for number in range(3):
            yield question(number)
            used.append(look())
        yield All([question(number) for number in range(3, 8)])
        used.append(look())

    model = Watchful(look)
    with Store(tmp_path / "store.db") as store:
        branch = store.log.create_simulation("direct")
        driver = Driver(store.log, lambda name: model)
        portal().run(driver.drive(decision(), Place(branch.id, 0, {})))
    assert model.saw == [(1, 0), (2, 1), (3, 2), *[(8, 3)] * 5]
    assert used == [(1, 1), (2, 2), (3, 3), (8, 8)]
