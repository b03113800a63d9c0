"""Who may write: one lease per branch, and a mailbox for everybody else.

Every acquisition raises the epoch, and each append names the epoch it holds; so a process that slept through
the loss of its lease cannot write afterwards. The lease of a process that is gone is free at once on the same
host, on another one after half a minute of silence. Leases do not wait for the disk: a power cut ends the process
that holds one as well.
"""

import sqlite3
from pathlib import Path

from troupe_es import canonical
from troupe_es.errors import LeaseHeld
from troupe_es.log import process
from troupe_es.log.connection import Connection, now
from troupe_es.log.rows import Branch, Lease, Mail


class Leases(Connection):
    """The store's leases and mail."""

    def __init__(self, conn: sqlite3.Connection, path: str | Path, *, writable: bool) -> None:
        super().__init__(conn, path, writable=writable)
        self._held: set[Lease] = set()
        self._on_close.append(self._release_all)

    def acquire(self, branch: Branch) -> Lease:
        """Take the branch for writing. Raises LeaseHeld while a living process has it, this one included."""
        owner, at = process.this(), now()
        with self.transaction(durable=False) as conn:
            row = self._one("SELECT owner, epoch, heartbeat FROM leases WHERE branch = ?", (branch.id,))
            if row and process.alive(row[0], row[2], at):
                raise LeaseHeld(held_words(branch, row[0], owner))
            lease = Lease(branch.id, owner, row[1] + 1 if row else 1)
            conn.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (branch.id, owner, lease.epoch, at))
        self._held.add(lease)
        return lease

    def holder(self, branch: Branch) -> str | None:
        """Return the living process that has the branch for writing, None if there is none."""
        row = self._one("SELECT owner, heartbeat FROM leases WHERE branch = ?", (branch.id,))
        return row[0] if row and process.alive(row[0], row[1], now()) else None

    def renew(self, lease: Lease) -> None:
        """Give a sign of life, every few seconds. Raises LeaseHeld if the lease has gone to another."""
        with self.transaction(durable=False) as conn:
            changed = conn.execute(
                "UPDATE leases SET heartbeat = ? WHERE branch = ? AND owner = ? AND epoch = ?",
                (now(), lease.branch_id, lease.owner, lease.epoch),
            ).rowcount
            if not changed:
                raise LeaseHeld(f"branch {lease.branch_id} has gone to another process: open it again")

    def release(self, lease: Lease) -> None:
        """Let the branch go; a lease that is lost already is no error."""
        with self.transaction(durable=False) as conn:
            conn.execute(
                "UPDATE leases SET owner = '' WHERE branch = ? AND owner = ? AND epoch = ?",
                (lease.branch_id, lease.owner, lease.epoch),
            )
        self._held.discard(lease)

    def _release_all(self) -> None:
        for lease in [held for held in self._held if held.owner == process.this()]:
            self.release(lease)

    def _hold(self, lease: Lease, branch: Branch) -> None:
        """Raise LeaseHeld unless ``lease`` is in force for ``branch``; called inside the append."""
        row = self._one("SELECT owner, epoch FROM leases WHERE branch = ?", (branch.id,))
        if lease.branch_id != branch.id or row != (lease.owner, lease.epoch):
            raise LeaseHeld(f"this process no longer holds {branch}: another took it; open it again to go on")

    def post(self, branch: Branch, payload: str) -> int:
        """Leave ``payload`` for whoever runs the branch and return its number."""
        with self.transaction() as conn:
            cursor = conn.execute(
                "INSERT INTO mailbox (branch, at, payload) VALUES (?, ?, ?)",
                (branch.id, now(), canonical.clean(payload)[0]),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

    def mail(self, branch: Branch) -> list[Mail]:
        """Return the mail nobody has taken yet, oldest first."""
        sql = "SELECT id, payload FROM mailbox WHERE branch = ? AND taken_seq IS NULL ORDER BY id"
        return [Mail(*row) for row in self._all(sql, (branch.id,))]

    def taken(self, mail_id: int, seq: int) -> None:
        """Note that the mail became event ``seq``; in the same transaction as the append."""
        with self.transaction() as conn:
            conn.execute("UPDATE mailbox SET taken_seq = ? WHERE id = ?", (seq, mail_id))


def held_words(branch: Branch, owner: str, me: str) -> str:
    """Return the sentence that tells who has the branch and what to do."""
    if owner == me:
        return f"{branch} is open for writing in this very process: close the other handle, or open a branch"
    host, pid, _ = owner.rsplit(":", 2)
    return f"{branch} is run by process {pid} on {host!r}: wait for it, leave it mail, or open a branch"
