"""Budgets: what a call may cost at most is set aside before it is sent, so no number of askers overspends.

The sum over a budget's calls is kept in memory and taken anew whenever another connection has written or
something was rolled back; the store itself holds no totals.
"""

import sqlite3
from pathlib import Path

from troupe_es.errors import BadCommand, BudgetExceeded
from troupe_es.log.connection import Connection, now
from troupe_es.log.rows import Budget, Call, Spent

SPENT = """
SELECT count(owner) + coalesce(sum(resent), 0), coalesce(sum(reserved_tokens + lost_tokens), 0),
       coalesce(sum(reserved_money + lost_money), 0)
FROM calls WHERE budget = ?"""

MICRO = 1_000_000


class Budgets(Connection):
    """The store's budgets."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self.currency = "money"  # what errors call it; the store holds amounts alone
        self._spent: dict[int, Spent] = {}
        self._seen = -1
        self._on_undo.append(self._spent.clear)

    def create_budget(
        self, label: str, calls: int | None = None, tokens: int | None = None, money: int | None = None
    ) -> Budget:
        """Set limits for the calls that will name this budget; None is no limit, ``money`` is in millionths."""
        with self.transaction() as conn:
            number = conn.execute("SELECT coalesce(max(id), 0) + 1 FROM budgets").fetchone()[0]
            row = (number, label, calls, tokens, money)
            conn.execute("INSERT INTO budgets VALUES (?, ?, ?, ?, ?, ?)", (*row, now()))
        return Budget(*row)

    def spent(self, budget: Budget) -> Spent:
        """Return what the budget's calls cost: answered ones what they used, all others their maximum."""
        with self._lock:
            seen = self._one("PRAGMA data_version")[0]
            if seen != self._seen:
                self._spent.clear()
                self._seen = seen
            if budget.id not in self._spent:
                self._spent[budget.id] = Spent(*self._one(SPENT, (budget.id,)))
            return self._spent[budget.id]

    def _reserve(self, budget: Budget | None, call: Call, *, calls: int = 1) -> None:
        """Set aside what ``call`` may cost; inside the intent's transaction. Raises BudgetExceeded."""
        if budget is None:
            return
        if budget.money is not None and call.money is None:
            raise BadCommand(
                f"budget {budget.label!r} limits money, and the call {call.address!r} has no price or no limit to "
                "its answer: give the model's price (--prices FILE), or limit tokens or calls instead"
            )
        spent = self.spent(budget)
        self._afford(budget, "calls", budget.calls, spent.calls, calls)
        self._afford(budget, "tokens", budget.tokens, spent.tokens, call.tokens)
        self._afford(budget, "money", budget.money, spent.money, call.money or 0)
        self._charge(budget.id, calls, call.tokens, call.money or 0)

    def _afford(self, budget: Budget, what: str, limit: int | None, spent: int, cost: int) -> None:
        if limit is not None and spent + cost > limit:
            unit = self.currency if what == "money" else what
            raise BudgetExceeded(
                f"budget {budget.label!r}: {_told(what, max(limit - spent, 0))} of {_told(what, limit)} {unit} are "
                f"left, and the next call may take {_told(what, cost)}; everything so far is kept: raise the budget "
                "and resume",
                what,
                cost,
            )

    def _charge(self, budget_id: int | None, calls: int, tokens: int, money: int) -> None:
        """Keep the sum in memory in step with what this connection has just written."""
        if budget_id is not None and (old := self._spent.get(budget_id)):
            self._spent[budget_id] = Spent(old.calls + calls, old.tokens + tokens, old.money + money)


def _told(what: str, amount: int) -> str:
    """Return an amount as people write it; money is counted in millionths."""
    if what != "money":
        return str(amount)
    whole, part = divmod(amount, MICRO)
    return f"{whole}.{part:06}".rstrip("0").rstrip(".")
