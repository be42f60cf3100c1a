"""The memory of a witness: one SQLite file that survives a crash at any moment.

`watched` has one row per log and only grows: `move` changes it with an UPDATE that names the
state it was judged against, so of two requests at once only one wins. `evidence` keeps every
note that was cosigned (200), and others that the log had signed (409, 422).
A row is never deleted. A witness that lost this file must be retired, with its key: so a memory is made by
`Store.new` alone, and nothing else takes an empty file for one.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.log import LogError, checkpoint, merkle, note

_SCHEMA = """
CREATE TABLE IF NOT EXISTS watched (
    origin TEXT PRIMARY KEY, origin_hash TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB, at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS evidence (
    origin TEXT NOT NULL, status INTEGER NOT NULL, sha256 TEXT NOT NULL,
    note BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (origin, status, sha256)
) STRICT;
"""
_MOVE = """
UPDATE watched SET size = ?, root = ?, note = ?, at = ? WHERE origin = ? AND size = ? AND root = ?
"""

# The second line of a note is the size. A log of nothing has one root: another one contradicts itself.
_CONTRADICTIONS = """
SELECT origin, count(*) FROM (
    SELECT origin FROM (
        SELECT *, CAST(substr(CAST(note AS TEXT), length(origin) + 2) AS INTEGER) AS size FROM evidence
    ) GROUP BY origin, size HAVING count(DISTINCT sha256) > 1 OR (size = 0 AND max(status) = 422)
) GROUP BY origin
"""


class NoMemoryError(LogError):
    """That file is no memory of a witness, or it cannot be read."""


@dataclass(frozen=True)
class State:
    """What was cosigned last: `size` leaves under `root`."""

    size: int
    root: bytes


class Store:
    """One SQLite file, opened anew by each call, so any thread may call."""

    @classmethod
    def new(cls, path: Path, origins: Sequence[str] = ()) -> "Store":
        """The memory at `path`, made when there is none."""
        with closing(sqlite3.connect(path)) as db:
            db.executescript(f"PRAGMA journal_mode = WAL; {_SCHEMA}")
        return cls(path, origins)

    def __init__(self, path: Path, origins: Sequence[str] = ()) -> None:
        """The memory that is there. Raises NoMemoryError."""
        self._uri = f"{path.absolute().as_uri()}?mode=rw"
        try:
            self._watch(origins)
        except sqlite3.Error as error:
            raise NoMemoryError(
                f"{path} cannot be used as memory: {error}. A witness that forgot what it signed must not"
                " sign again: when it is lost, make a new key, with a new name (keygen)."
            ) from error

    def _watch(self, origins: Sequence[str]) -> None:
        with self._transaction() as db:
            db.execute("SELECT * FROM watched LIMIT 1")
            for origin in origins:
                row = (origin, hashlib.sha256(origin.encode()).hexdigest(), merkle.EMPTY_ROOT)
                db.execute("INSERT OR IGNORE INTO watched VALUES (?, ?, 0, ?, NULL, NULL)", row)

    def state(self, origin: str) -> State:
        """The state of a log that is watched."""
        with self._open() as db:
            found = db.execute("SELECT size, root FROM watched WHERE origin = ?", (origin,))
            return State(*found.fetchone())

    def latest(self, origin_hash: str) -> bytes | None:
        """The newest cosigned note of a log, by the SHA-256 (hex) of its origin."""
        with self._open() as db:
            found = db.execute("SELECT note FROM watched WHERE origin_hash = ?", (origin_hash,))
            row = found.fetchone()
            return row[0] if row else None

    def watched(self) -> list[tuple[str, int, int | None]]:
        """Each log, the size that was cosigned last, and when (epoch seconds; None: never)."""
        with self._open() as db:
            return db.execute("SELECT origin, size, at FROM watched ORDER BY origin").fetchall()

    def kept(self) -> dict[tuple[str, int], int]:
        """How many notes are kept, by log and status."""
        with self._open() as db:
            rows = db.execute("SELECT origin, status, count(*) FROM evidence GROUP BY origin, status")
            return {(origin, status): n for origin, status, n in rows}

    def contradictions(self) -> dict[str, int]:
        """For how many sizes a log signed two roots: each is proof, by the notes that are kept."""
        with self._open() as db:
            return dict(db.execute(_CONTRADICTIONS).fetchall())

    def move(self, known: State, new: checkpoint.Checkpoint, cosigned: note.Note, now: int) -> bool:
        """Go from `known` to `new`, on disk when this returns True; False when no longer at `known`."""
        where = (new.origin, known.size, known.root)
        with self._transaction() as db:
            changed = db.execute(_MOVE, (new.size, new.root, cosigned.encode(), now, *where))
            if changed.rowcount != 1:
                return False
            _keep(db, new.origin, 200, cosigned, now)
        return True

    def keep(self, origin: str, status: int, refused: note.Note, now: int) -> None:
        """Keep a refused note; the same note for the same reason is kept once."""
        with self._transaction() as db:
            _keep(db, origin, status, refused, now)

    def _open(self) -> "closing[sqlite3.Connection]":
        db = sqlite3.connect(self._uri, uri=True, timeout=10, isolation_level=None)
        db.execute("PRAGMA synchronous = FULL")
        return closing(db)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _keep(db: sqlite3.Connection, origin: str, status: int, kept: note.Note, now: int) -> None:
    digest = hashlib.sha256(kept.text.encode()).hexdigest()
    row = (origin, status, digest, kept.encode(), now)
    db.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?)", row)
