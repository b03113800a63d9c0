"""Blobs, the journal and saved folds: what stands beside the events."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from troupe_es import canonical
from troupe_es.errors import BadReference, StoreDamaged
from troupe_es.log.branches import Branches
from troupe_es.log.connection import Connection, now
from troupe_es.log.rows import Branch, Note, SavedSnapshot, checksum

ANSWERER = "answerer"
"""The kind of note that says what a model's answers are made with."""

REDACTED = "redacted"
"""The kind of note that says which head a branch had before words were taken out of it."""


class Blobs(Connection):
    """Documents, images and long texts, by their SHA-256."""

    def blob(self, content: bytes, media: str) -> str:
        """Keep ``content`` once and return its hash."""
        name = hashlib.sha256(content).hexdigest()
        with self.transaction() as conn:
            if not conn.execute("SELECT 1 FROM blobs WHERE hash = ?", (name,)).fetchone():
                conn.execute("INSERT INTO blobs VALUES (?, ?, ?)", (name, media, content))
        return name

    def read_blob(self, hash: str) -> bytes:
        """Return a blob's content. Raises BadReference if there is none, StoreDamaged if it was changed."""
        row = self._one("SELECT content FROM blobs WHERE hash = ?", (hash,))
        if row is None:
            raise BadReference(f"there is no blob {hash!r} in {self._name!r}")
        content = bytes(row[0])
        if hashlib.sha256(content).hexdigest() != hash:
            raise StoreDamaged(f"blob {hash!r} of {self._name!r} was changed: take it from a backup")
        return content


class Journal(Connection):
    """What happened to the process: retries, resends, pauses, budget stops."""

    def note(self, kind: str, payload: Mapping[str, Any], branch: Branch | None = None) -> None:
        """Write one line."""
        self._note(kind, payload, branch.id if branch else None)

    def _note(self, kind: str, payload: Mapping[str, Any], branch_id: int | None) -> None:
        text = canonical.dumps(canonical.clean(dict(payload))[0])
        with self.transaction() as conn:
            sql = "INSERT INTO journal (at, branch, kind, payload) VALUES (?, ?, ?, ?)"
            conn.execute(sql, (now(), branch_id, kind, text))

    def journal(self, branch: Branch | None = None, kind: str | None = None) -> list[Note]:
        """Return the lines, oldest first, of one branch or kind if given."""
        rows = self._all(
            "SELECT id, at, branch, kind, payload FROM journal "
            "WHERE (?1 IS NULL OR branch = ?1) AND (?2 IS NULL OR kind = ?2) ORDER BY id",
            (branch.id if branch else None, kind),
        )
        return [Note(id, at, holder, word, json.loads(text)) for id, at, holder, word, text in rows]


class Snapshots(Branches):
    """Saved folds, in chunks by content. A cache: whatever is missing or damaged here is worked out again."""

    def save_snapshot(
        self, branch: Branch, seq: int, hash: bytes, fold: str, manifest: str, chunks: Mapping[str, bytes]
    ) -> None:
        """Save the fold after event ``seq`` of this life, whose hash is ``hash``.

        ``chunks`` are named by the SHA-256 (hex) of their content; those that are there already cost nothing.
        """
        holder = self.segment_at(branch, seq).branch_id
        row = (holder, seq, hash, fold, manifest)
        with self.transaction(durable=False) as conn:
            conn.executemany("INSERT OR IGNORE INTO chunks VALUES (?, ?)", chunks.items())
            conn.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", (*row, checksum(row)))

    def load_snapshot(self, branch: Branch, seq: int, fold: str) -> SavedSnapshot | None:
        """Return the newest snapshot at or before ``seq`` that belongs to this life, forks included."""
        sql = (
            "SELECT s.branch, s.seq, s.hash, s.fold, s.manifest, s.checksum FROM snapshots AS s "
            "JOIN events AS e ON e.branch = s.branch AND e.seq = s.seq AND e.hash = s.hash "
            "WHERE s.branch = ? AND s.fold = ? AND s.seq >= ? AND s.seq <= ? ORDER BY s.seq DESC"
        )
        for segment in reversed(self.lineage(branch)):
            last = seq if segment.last_seq is None else min(seq, segment.last_seq)
            for *columns, crc in self._all(sql, (segment.branch_id, fold, segment.first_seq, last)):
                if checksum(tuple(columns)) == crc:
                    return SavedSnapshot(columns[1], columns[4])
        return None

    def chunk(self, hash: str) -> bytes:
        """Return a chunk. Raises KeyError if it is gone or damaged, which is the same to a cache."""
        row = self._one("SELECT content FROM chunks WHERE hash = ?", (hash,))
        if row is None or hashlib.sha256(bytes(row[0])).hexdigest() != hash:
            raise KeyError(hash)
        return bytes(row[0])

    def drop_snapshots(self) -> None:
        """Empty the cache."""
        with self.transaction() as conn:
            conn.execute("DELETE FROM snapshots")
            conn.execute("DELETE FROM chunks")
