"""The tables of a store, the triggers that keep history as it was, and the migrations that only grow.

Two kinds of tables. *History* (simulations, branches, events, messages, requests, answers, blobs) is written
once: triggers refuse UPDATE, DELETE and REPLACE, also from a program that knows nothing of us. REPLACE needs
a trigger of its own on INSERT, because it removes the old row without firing the one on DELETE unless the
connection asked for recursive triggers. *Bookkeeping* (calls, budgets, leases, mailbox, journal) and the
snapshot cache may change. A released migration is never edited: what changes is a new one. Views hold nothing, so
they are those of the program that last opened the store for writing.
"""
# ruff: noqa: S608 — only constants stand in the SQL; values are bound

import sqlite3

import sqlite_utils
from sqlite_utils.migrations import Migrations

from troupe_es.log.views import VIEWS

APPLICATION_ID = 0x54724573
"""``TrEs`` in the file's header: what tells a store from any other SQLite file."""

HISTORY_TABLES = (
    """\
CREATE TABLE simulations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  scenario TEXT,                    -- blobs.hash
  created_at INTEGER NOT NULL,      -- milliseconds since 1970, as all *_at
  checksum INTEGER NOT NULL         -- CRC-32 of all other columns, as everywhere
)""",
    """\
CREATE TABLE branches (
  id INTEGER PRIMARY KEY,
  simulation INTEGER NOT NULL REFERENCES simulations (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('main', 'fork', 'ask')),
  parent INTEGER REFERENCES branches (id),
  fork_seq INTEGER NOT NULL,        -- last event shared with the parent; 0 for main
  draw INTEGER NOT NULL,            -- which independent sample the models give
  created_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (simulation, name)
)""",
    """\
CREATE TABLE events (
  position INTEGER PRIMARY KEY,     -- a cursor for followers, never identity
  branch INTEGER NOT NULL REFERENCES branches (id),
  seq INTEGER NOT NULL,             -- goes on from the parent's at the fork
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  actor TEXT,
  step INTEGER NOT NULL,
  time TEXT NOT NULL,
  cause INTEGER,
  payload TEXT NOT NULL,            -- canonical JSON
  hash BLOB NOT NULL,               -- over the previous hash and seq … payload
  recorded_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (branch, seq)
)""",
    """\
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,        -- over the parent's hash, role and content
  parent INTEGER REFERENCES messages (id),
  role TEXT NOT NULL,
  content TEXT NOT NULL
)""",
    """\
CREATE TABLE requests (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,        -- over the last message's hash and the parameters
  message INTEGER NOT NULL REFERENCES messages (id),
  parameters TEXT NOT NULL          -- canonical JSON
)""",
    """\
CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,               -- over text, finish and refusal
  request TEXT NOT NULL REFERENCES requests (hash),
  draw INTEGER NOT NULL,
  address TEXT NOT NULL,            -- step/person/purpose/n/index
  origin TEXT NOT NULL,             -- 'here', or the bundle it was imported from
  text TEXT NOT NULL,
  finish TEXT NOT NULL,
  refusal TEXT,
  model TEXT NOT NULL,
  usage TEXT,                       -- JSON: prompt_tokens, completion_tokens, cached_tokens
  response_id TEXT,
  seconds REAL NOT NULL,
  received_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (request, draw, address, hash)
)""",
    """\
CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,            -- SHA-256 of the content
  media TEXT NOT NULL,
  content BLOB NOT NULL
)""",
)

OTHER_TABLES = (
    """\
CREATE TABLE calls (                -- intents: stored before anything is sent
  id INTEGER PRIMARY KEY,
  request TEXT NOT NULL,
  draw INTEGER NOT NULL,
  address TEXT NOT NULL,
  branch INTEGER NOT NULL,          -- the branch that pays
  budget INTEGER,
  reserved_tokens INTEGER NOT NULL, -- the most it may cost; what it did cost once answered
  reserved_money INTEGER NOT NULL,  -- millionths of the prices' currency, as all money
  lost_tokens INTEGER NOT NULL DEFAULT 0,  -- earlier sendings that no answer came from, at their maximum
  lost_money INTEGER NOT NULL DEFAULT 0,
  owner TEXT,                       -- who sends it; '' given up after sending, NULL before
  asked_at INTEGER NOT NULL,
  resent INTEGER NOT NULL DEFAULT 0,
  answer INTEGER,                   -- answers.id
  UNIQUE (request, draw, address)
)""",
    "CREATE INDEX calls_by_budget ON calls (budget) WHERE budget IS NOT NULL",
    "CREATE INDEX calls_by_answer ON calls (answer) WHERE answer IS NOT NULL",
    """\
CREATE TABLE budgets (
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL,
  calls INTEGER,
  tokens INTEGER,
  money INTEGER,
  created_at INTEGER NOT NULL
)""",
    """\
CREATE TABLE leases (               -- who may append to a branch
  branch INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,              -- host:pid:start; '' nobody
  epoch INTEGER NOT NULL,
  heartbeat INTEGER NOT NULL
)""",
    """\
CREATE TABLE mailbox (              -- commands left for the lease's holder
  id INTEGER PRIMARY KEY,
  branch INTEGER NOT NULL,
  at INTEGER NOT NULL,
  payload TEXT NOT NULL,
  taken_seq INTEGER                 -- the event it became
)""",
    """\
CREATE TABLE journal (              -- what happened to the process, not to the simulated world
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  branch INTEGER,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL
)""",
    """\
CREATE TABLE snapshots (            -- a cache: may be emptied at any time
  branch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,               -- of the event at seq
  fold TEXT NOT NULL,
  manifest TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (branch, seq, fold)
)""",
    """\
CREATE TABLE chunks (               -- the same cache
  hash TEXT PRIMARY KEY,            -- SHA-256 of the content
  content BLOB NOT NULL
)""",
)

KEYS: dict[str, tuple[str, ...]] = {
    "simulations": ("id", "name"),
    "branches": ("id", "simulation, name"),
    "events": ("position", "branch, seq"),
    "messages": ("id", "hash"),
    "requests": ("id", "hash"),
    "answers": ("id", "request, draw, address, hash"),
    "blobs": ("hash",),
}
"""The keys of every history table: what a REPLACE could hit."""


def refusals(table: str) -> tuple[str, ...]:
    """Return the triggers that keep ``table`` as it was."""
    stop = f"BEGIN SELECT RAISE(ABORT, 'history cannot be edited: {table} only grows'); END"
    taken = "\n  OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE "
        + " AND ".join(f"{column} = NEW.{column}" for column in key.split(", "))
        + ")"
        for key in KEYS[table]
    )
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}\n{stop}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}\n{stop}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}\nWHEN {taken}\n{stop}",
    )


STATEMENTS = (
    *HISTORY_TABLES,
    *OTHER_TABLES,
    *(statement for table in KEYS for statement in refusals(table)),
    *VIEWS,
)

MIGRATIONS = Migrations("troupe-es")


@MIGRATIONS(name="1-first")
def first(db: sqlite_utils.Database) -> None:
    """Create everything; statement by statement, because a script would commit in the middle."""
    for statement in STATEMENTS:
        db.conn.execute(statement)


def renew_views(conn: sqlite3.Connection) -> None:
    """Replace the views that are not those of this program: they hold no data, and tell of new types of events."""
    found = {sql for (sql,) in conn.execute("SELECT sql FROM sqlite_master WHERE type = 'view'")}
    for view in VIEWS:
        if view not in found:
            conn.execute(f"DROP VIEW IF EXISTS {view.split()[2]}")
            conn.execute(view)


def known() -> set[str]:
    """Return the names of all migrations this program knows."""
    return {migration.name for migration in MIGRATIONS.pending(sqlite_utils.Database(memory=True))}


def sql() -> str:
    """Return the whole schema as one SQL script."""
    return f"PRAGMA application_id = {APPLICATION_ID};\n\n" + ";\n\n".join(STATEMENTS) + ";\n"
