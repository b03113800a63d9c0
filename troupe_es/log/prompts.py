"""Prompts: each message once, with its parent, so that a prompt that extends the last one stores its tail."""

import json
import sqlite3
from collections.abc import Container
from pathlib import Path
from typing import Any

from troupe_es import canonical
from troupe_es.errors import BadReference
from troupe_es.log.connection import Connection
from troupe_es.log.rows import Link, Nearest

REMEMBERED = 100_000
"""Message and request ids kept in memory; beyond that the store is asked again."""

UPWARDS = """
WITH RECURSIVE up(id, parent, role, content, depth) AS (
  SELECT id, parent, role, content, 0 FROM messages WHERE id = ?
  UNION ALL
  SELECT m.id, m.parent, m.role, m.content, depth + 1 FROM up JOIN messages AS m ON m.id = up.parent
) SELECT role, content, id FROM up ORDER BY depth DESC"""

BELOW = """
WITH RECURSIVE down(id) AS (
  SELECT ?
  UNION ALL
  SELECT m.id FROM down JOIN messages AS m ON m.parent = down.id
) SELECT r.hash FROM down JOIN requests AS r ON r.message = down.id LIMIT 1"""


class Prompts(Connection):
    """What was asked."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self._messages: dict[bytes, int] = {}
        self._requests: set[str] = set()
        self._on_undo += [self._messages.clear, self._requests.clear]

    def remember(self, prompt: Link, parameters: str) -> str:
        """Store a prompt and its parameters, each part once, and return the request's hash."""
        with self.transaction():
            return self._remember(prompt, parameters)[0]

    def _remember(self, prompt: Link, parameters: str) -> tuple[str, bool]:
        """Return the request's hash, and whether the store has known it."""
        request = canonical.digest("troupe/request/1", prompt.hash, parameters.encode()).hex()
        if request in self._requests:
            return request, True
        known = self._row("SELECT 1 FROM requests WHERE hash = ?", (request,)) is not None
        if not known:
            row = (request, self._message(prompt), parameters)
            self._conn.execute("INSERT INTO requests (hash, message, parameters) VALUES (?, ?, ?)", row)
        if len(self._requests) >= REMEMBERED:
            self._requests.clear()
        self._requests.add(request)
        return request, known

    def _message(self, prompt: Link) -> int:
        """Return the id of a prompt's last message, storing what is new of the chain.

        No message is stored without those before it: the first that is not there is followed by none that is.
        """
        new: list[Link] = []
        link: Link | None = prompt
        known: int | None = None
        while link is not None and (known := self._messages.get(link.hash)) is None:
            new.append(link)
            link = link.parent
        while new and (found := self._row("SELECT id FROM messages WHERE hash = ?", (new[-1].hash,))) is not None:
            known = self._keep(new.pop().hash, found[0])
        for message in reversed(new):
            known = self._conn.execute(
                "INSERT INTO messages (hash, parent, role, content) VALUES (?, ?, ?, ?)",
                (message.hash, known, message.role, message.content),
            ).lastrowid
            assert known is not None
            self._keep(message.hash, known)
        assert known is not None
        return known

    def _find(self, hash: bytes) -> int | None:
        if (known := self._messages.get(hash)) is None:
            row = self._one("SELECT id FROM messages WHERE hash = ?", (hash,))
            if row is None:
                return None
            known = self._keep(hash, row[0])
        return known

    def _keep(self, hash: bytes, id: int) -> int:
        if len(self._messages) >= REMEMBERED:
            self._messages.clear()
        self._messages[hash] = id
        return id

    def prompt(self, request: str) -> list[tuple[str, str]]:
        """Return the (role, content) pairs that were asked. Raises BadReference."""
        message = self._request(request)[0]
        return [(role, content) for role, content, _ in self._all(UPWARDS, (message,))]

    def messages(
        self, request: str, known: Container[bytes] = ()
    ) -> tuple[bytes, list[tuple[bytes, bytes | None, str, str]]]:
        """Return the hash of a prompt's last message, and those messages that come after the ``known`` ones.

        Each is (hash, parent's hash, role, content), first one first. Raises BadReference.
        """
        sql = (
            "SELECT m.hash, p.hash, m.role, m.content, m.parent FROM messages AS m "
            "LEFT JOIN messages AS p ON p.id = m.parent WHERE m.id = ?"
        )
        id: int | None = self._request(request)[0]
        row = self._one(sql, (id,))
        last: bytes = row[0]
        new = []
        while row is not None and row[0] not in known:
            new.append((row[0], row[1], row[2], row[3]))
            row = self._one(sql, (row[4],))
        return last, new[::-1]

    def parameters(self, request: str) -> dict[str, Any]:
        """Return what was asked for beside the prompt. Raises BadReference."""
        parameters: dict[str, Any] = json.loads(self._request(request)[1])
        return parameters

    def _request(self, request: str) -> tuple[int, str]:
        row = self._one("SELECT message, parameters FROM requests WHERE hash = ?", (request,))
        if row is None:
            raise BadReference(f"there is no request {request!r} in {self._name!r}")
        return row[0], row[1]

    def nearest(self, prompt: Link, address: str) -> Nearest | None:
        """Return the recorded request most like this one: from the same address, else with most in common.

        For the message about an answer that is missing. None if nothing shares even the first message.
        """
        chain: list[bytes] = []
        link: Link | None = prompt
        while link is not None:
            chain.append(link.hash)
            link = link.parent
        ids = [self._find(hash) for hash in chain]
        request = self._same_address(address, {id for id in ids if id is not None})
        if request is None:
            request = next((row[0] for id in ids if id and (row := self._one(BELOW, (id,)))), None)
        if request is None:
            return None
        found = self._one("SELECT address FROM answers WHERE request = ? ORDER BY id DESC", (request,))
        return Nearest(found[0] if found else "", request, self.prompt(request))

    def _same_address(self, address: str, wanted: set[int]) -> str | None:
        """Return the request asked at ``address`` that shares most messages with those ``wanted``."""
        rows = self._all(
            "SELECT DISTINCT r.hash, r.message FROM answers AS a JOIN requests AS r ON r.hash = a.request "
            "WHERE a.address = ? ORDER BY a.id DESC LIMIT 20",
            (address,),
        )
        shared = [
            (sum(id in wanted for _, _, id in self._all(UPWARDS, (message,))), request) for request, message in rows
        ]
        return max(shared, key=lambda pair: pair[0])[1] if shared else None
