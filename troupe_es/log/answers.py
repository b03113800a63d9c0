"""Answers: asked for once, on disk before anything uses them, and never swapped for another.

An intent is stored before its call is sent, and is unique. So of two that ask the same at once one is told
to send and the other to wait; and what was sent when a process died is known, sent again, and reported. Which
calls *this* process is waiting for is no fact of the store: ``IN_FLIGHT`` keeps it, for all handles.
"""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from troupe_es import canonical
from troupe_es.log import process
from troupe_es.log.budgets import Budgets
from troupe_es.log.connection import now
from troupe_es.log.notes import Journal
from troupe_es.log.prompts import Prompts
from troupe_es.log.rows import Answer, Asked, Asking, Branch, Budget, Call, Link, NewAnswer, checksum

Key: TypeAlias = tuple[str, int, str]

IN_FLIGHT: set[tuple[str, Key]] = set()
"""Calls this process has been told to send and has neither recorded nor given up: (store, call's key)."""

HERE = "here"
TOKENS = ("prompt_tokens", "completion_tokens", "cached_tokens")
COLUMNS = (
    "id, hash, request, draw, address, origin, text, finish, refusal, model, usage, response_id, seconds, received_at"
)
LOOK_UP = (
    f"SELECT {COLUMNS} FROM answers WHERE request = ? AND draw = ? AND address = ? "
    f"ORDER BY origin <> '{HERE}', id LIMIT 1"
)
SENT = "SELECT id, owner, asked_at FROM calls WHERE request = ? AND draw = ? AND address = ?"
OPEN = (
    "SELECT budget, reserved_tokens, reserved_money FROM calls "
    "WHERE request = ? AND draw = ? AND address = ? AND answer IS NULL"
)
SETTLE = (
    "UPDATE calls SET answer = ?, reserved_tokens = coalesce(?, reserved_tokens), "
    "reserved_money = coalesce(?, reserved_money) "
    "WHERE request = ? AND draw = ? AND address = ? AND answer IS NULL"
)
INSERT = f"INSERT INTO answers VALUES ({'?, ' * 14}?)"
NEXT = "SELECT coalesce(max(id), 0) + 1 FROM answers"


def decoded(row: Sequence[Any]) -> Answer:
    """Return a row of ``answers`` as an Answer."""
    usage = json.loads(row[10]) if row[10] else {}
    return Answer(*row[:10], *(usage.get(name) for name in TOKENS), *row[11:])


def usage_of(answer: NewAnswer) -> str | None:
    """Return the JSON of an answer's token counts, None if none is known."""
    counts = {name: getattr(answer, name) for name in TOKENS}
    return canonical.dumps(counts) if any(count is not None for count in counts.values()) else None


def tokens_of(answer: NewAnswer) -> int | None:
    """Return what an answer really took, None where the model did not say."""
    if answer.prompt_tokens is None or answer.completion_tokens is None:
        return None
    return answer.prompt_tokens + answer.completion_tokens


class Answers(Prompts, Budgets, Journal):
    """The store's calls and what came back."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self._flying: set[Key] = set()
        self._number = 0  # of the answer inserted last in the transaction that is open
        self._identity = str(path.resolve()) if isinstance(path, Path) else f"memory {id(self)}"
        self._on_close.append(self._land_all)
        for over in (self._on_commit, self._on_undo):
            over.append(self._number_anew)

    def _number_anew(self) -> None:
        self._number = 0

    def look_up(self, request: str, draw: int, address: str) -> Answer | None:
        """Return the answer to this call: ours first, else the imported one that came first."""
        row = self._one(LOOK_UP, (request, draw, address))
        return decoded(row) if row else None

    def answer(self, hash: str, request: str, draw: int | None = None, address: str = "") -> Answer | None:
        """Return the answer that an event names; of several with the same words, the one to this very call."""
        sql = (
            f"SELECT {COLUMNS} FROM answers WHERE request = ? AND hash = ? "
            "ORDER BY draw IS NOT ? OR address <> ?, id LIMIT 1"
        )
        row = self._one(sql, (request, hash, draw, address))
        return decoded(row) if row else None

    def waiting(self, branch: Branch) -> list[tuple[str, str]]:
        """Return (address, request) of the calls that this branch's living process is waiting for, oldest first."""
        sql = "SELECT address, request, owner FROM calls WHERE branch = ? AND answer IS NULL ORDER BY id"
        holder = self._one("SELECT owner FROM leases WHERE branch = ?", (branch.id,))
        rows = self._all(sql, (branch.id,))
        return [(address, request) for address, request, owner in rows if owner and holder and owner == holder[0]]

    def paid_by(self, answer: Answer) -> int | None:
        """Return the id of the branch that paid for this answer, None if it was imported."""
        row = self._one("SELECT branch FROM calls WHERE answer = ?", (answer.id,))
        return row[0] if row else None

    def ask(
        self,
        call: Call,
        prompt: Link,
        parameters: str,
        *,
        budget: Budget | None = None,
        owner: str | None = None,
    ) -> Asked:
        """Store the intent to make ``call`` and say who makes it; see ``ask_many``."""
        return self.ask_many([Asking(call, prompt, parameters, budget)], owner=owner)[0]

    def ask_many(self, calls: Sequence[Asking], *, owner: str | None = None, durable: bool = True) -> list[Asked]:
        """Store the intents to make these calls, in one transaction, and say for each who makes it.

        ``owner`` is the asking process (this one). Whoever is told ``yours`` records an answer or gives the
        call up. Raises BudgetExceeded, and then none of them is to be sent. Unless ``durable``, a power cut may undo
        intents (``transaction``) to calls that may be made again; never those in a budget or of a tool.
        """
        durable = durable or any(asking.budget or asking.once for asking in calls)
        owner = owner or process.this()
        new: set[Key] = set()
        try:
            with self.transaction(durable=durable):
                asked = [self._ask(asking, owner, new) for asking in calls]
        except BaseException:
            self._land(new)
            raise
        return asked

    def _ask(self, asking: Asking, owner: str, new: set[Key]) -> Asked:
        call = asking.call
        key = (call.request, call.draw, call.address)
        request, known = self._remember(asking.prompt, asking.parameters)
        if request != call.request:
            raise ValueError(f"request {call.request!r} is not the hash of its prompt and parameters")
        if known and (answer := self._row(LOOK_UP, key)):
            return Asked("answered", decoded(answer))
        row = self._row(SENT, key) if known else None  # a new request was never sent
        if row is None:
            self._intend(asking, owner)
        elif self._awaited(key, row[1], row[2], owner):
            return Asked("pending")
        elif asking.once and row[1] is not None:
            self._note("lost", {"address": call.address, "request": call.request, "draw": call.draw}, call.branch_id)
            return Asked("lost")
        else:
            self._take_over(row[0], row[1], asking, owner)
        self._flying.add(key)
        IN_FLIGHT.add((self._identity, key))
        new.add(key)
        return Asked("yours")

    def _awaited(self, key: Key, holder: str | None, asked_at: int, owner: str) -> bool:
        """Say whether somebody living is waiting for this call's answer."""
        if (self._identity, key) in IN_FLIGHT:
            return True
        if not holder or holder in (owner, process.this()):
            return False
        sign = self._one("SELECT coalesce(max(heartbeat), 0) FROM leases WHERE owner = ?", (holder,))[0]
        return process.alive(holder, max(asked_at, sign), now())

    def _intend(self, asking: Asking, owner: str) -> None:
        call, budget = asking.call, asking.budget
        self._reserve(budget, call)
        self._conn.execute(
            "INSERT INTO calls (request, draw, address, branch, budget, reserved_tokens, reserved_money, "
            "owner, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*call[:4], budget and budget.id, call.tokens, call.money or 0, owner, now()),
        )

    def _take_over(self, id: int, holder: str | None, asking: Asking, owner: str) -> None:
        """Send a call again that no answer came from; an earlier sending counts as lost, at its maximum."""
        call, budget = asking.call, asking.budget
        sent = holder is not None
        self._reserve(budget, call)
        self._conn.execute(
            "UPDATE calls SET lost_tokens = lost_tokens + reserved_tokens, "
            "lost_money = lost_money + reserved_money, reserved_tokens = ?, reserved_money = ?, owner = ?, "
            "asked_at = ?, resent = resent + ?, branch = ?, budget = ? WHERE id = ?",
            (call.tokens, call.money or 0, owner, now(), sent, call.branch_id, budget and budget.id, id),
        )
        self._spent.clear()
        if sent:
            what = {"address": call.address, "request": call.request, "draw": call.draw}
            self._note("resend", what, call.branch_id)

    def give_up(self, calls: Sequence[Call], *, sent: bool = True) -> None:
        """Stop waiting for these calls, so that the next asker may send them.

        A call that was ``sent`` keeps its reservation, since it may have been billed.
        """
        keys = [key for call in calls if (key := (call.request, call.draw, call.address)) in self._flying]
        change = "owner = ''" if sent else "owner = NULL, reserved_tokens = 0, reserved_money = 0"
        where = "request = ? AND draw = ? AND address = ? AND answer IS NULL"
        try:
            with self.transaction() as conn:
                conn.executemany(f"UPDATE calls SET {change} WHERE {where}", keys)
                self._spent.clear()
        finally:
            self._land(keys)  # on a full disk too: the next asker finds the call to be this process's own

    def _land(self, keys: Sequence[Key] | set[Key]) -> None:
        self._flying.difference_update(keys)
        IN_FLIGHT.difference_update((self._identity, key) for key in keys)

    def _land_all(self) -> None:
        self._land(set(self._flying))

    def record(self, answers: Sequence[NewAnswer]) -> list[Answer]:
        """Keep answers, all on disk before it returns; of two answers to one call the first stays."""
        with self.transaction():
            kept = [self._record(answer) for answer in answers]
        self._land([(answer.request, answer.draw, answer.address) for answer in answers])
        return kept

    def _record(self, new: NewAnswer) -> Answer:
        known = self._row(LOOK_UP, (new.request, new.draw, new.address))
        ours = decoded(known) if known else None
        answer = ours if ours and ours.origin == HERE else self._insert(new, HERE, beside=ours is not None)
        self._settle(new, answer)
        return answer

    def _insert(self, new: NewAnswer, origin: str, *, beside: bool = True) -> Answer:
        """Insert an answer unless this very one is there; a text that has no UTF-8 form is repaired.

        ``beside`` is whether the call may have other answers.
        """
        (text, refusal), repaired = canonical.clean([new.text, new.refusal])
        hash = canonical.digest_json("troupe/answer/1", [text, new.finish, refusal])
        key = (new.request, new.draw, new.address, hash)
        sql = f"SELECT {COLUMNS} FROM answers WHERE request = ? AND draw = ? AND address = ? AND hash = ?"
        if beside and (same := self._row(sql, key)) is not None:
            return decoded(same)
        if new.request not in self._requests and not self._row("SELECT 1 FROM requests WHERE hash = ?", key[:1]):
            raise ValueError(f"an answer to a request that was never asked: {new.request!r}")
        number = self._number = self._number + 1 if self._number else self._row(NEXT, ())[0]
        said = (text, new.finish, refusal, new.model)
        counts = (new.prompt_tokens, new.completion_tokens, new.cached_tokens)
        seconds, at = float(new.seconds), now()
        called = (number, hash, new.request, new.draw, new.address, origin)
        row = (*called, *said, usage_of(new), new.response_id, seconds, at)
        self._conn.execute(INSERT, (*row, checksum(row)))
        if repaired:
            self._note("repaired", {"answer": hash, "address": new.address, "surrogates": repaired}, None)
        return Answer(*called, *said, *counts, new.response_id, seconds, at)

    def _settle(self, new: NewAnswer, answer: Answer) -> None:
        """Replace the reservation by what the call used, where known; a late answer changes nothing."""
        key = (new.request, new.draw, new.address)
        used = tokens_of(new)
        if self._spent and (row := self._row(OPEN, key)):
            budget, tokens, money = row
            self._charge(
                budget, 0, 0 if used is None else used - tokens, 0 if new.money is None else new.money - money
            )
        self._conn.execute(SETTLE, (answer.id, used, new.money, *key))

    def import_answer(self, new: NewAnswer, origin: str) -> Answer:
        """Keep an answer from elsewhere beside ours; its request has been stored with ``remember``."""
        if origin == HERE:
            raise ValueError(f"{HERE!r} is the origin of our own answers: name where this one is from")
        with self.transaction():
            return self._insert(new, origin)
