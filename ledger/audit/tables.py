"""The municipality's own tables, read and never written, all of them as they were at one moment.

1. `sqlite:///path` opens the file read-only; `postgres://…` needs psycopg and reads in one REPEATABLE READ,
   READ ONLY transaction. Either way a payment that comes in meanwhile is not seen halfway.
2. Rows come as a stream: memory does not grow with the books.
3. The two engines write UUIDs, times and days differently; `number`, `moment` and `day` read both.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.log import LogError, entry

CHUNK = 5000
HERE = ZoneInfo("Europe/Amsterdam")  # the days of the log are those of the Netherlands (spec 07, section 5)

Values = tuple[Any, ...]


class BooksError(Exception):
    """The database cannot be opened or read."""


class Tables(Protocol):
    """A database at one moment. `?` stands for a parameter on both engines."""

    engine: str

    def rows(self, sql: str, *values: object) -> Iterator[Values]:
        """The rows of one SELECT, as a stream. Raises BooksError."""
        ...

    def has(self, table: str) -> bool:
        """Is there such a table? A part of the product may not be installed."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def open_tables(dsn: str) -> Tables:
    """Open the database of a DSN (`sqlite:///path` or `postgres://…`). Raises BooksError."""
    parts = urlsplit(dsn)
    if parts.scheme == "sqlite":
        return _Sqlite(unquote(parts.path.removeprefix("/")) or "")
    if parts.scheme in ("postgres", "postgresql"):
        return _Postgresql(dsn)
    raise BooksError("The books are at sqlite:///path or postgres://user@host/name.")


class _Sqlite:
    engine = "sqlite"

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
            self._db.execute("PRAGMA query_only = 1")
            self._db.execute("PRAGMA temp_store = FILE")
            self._db.execute("BEGIN")
            self._names = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master")}
        except sqlite3.Error as error:
            raise BooksError(f"The database {path} cannot be read: {error}.") from error

    def rows(self, sql: str, *values: object) -> Iterator[Values]:
        try:
            with closing(self._db.execute(sql, values)) as cursor:
                while chunk := cursor.fetchmany(CHUNK):
                    yield from chunk
        except sqlite3.Error as error:
            raise BooksError(f"The database cannot be read: {error}.") from error

    def has(self, table: str) -> bool:
        return table in self._names

    def close(self) -> None:
        self._db.close()


class _Postgresql:
    engine = "postgresql"

    def __init__(self, dsn: str) -> None:
        try:
            import psycopg  # noqa: PLC0415 - only who audits such a database needs it
        except ImportError as error:
            raise BooksError("To read this database, install psycopg.") from error
        self._error: type[Exception] = psycopg.Error
        try:
            self._db = psycopg.connect(dsn)
            self._db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._db.read_only = True
            self._db.execute("SET TIME ZONE 'UTC'")
            self._names = {name for (name,) in self.rows(_POSTGRESQL_TABLES)}
        except psycopg.Error as error:
            raise BooksError(f"The database cannot be opened: {error}.") from error

    def rows(self, sql: str, *values: object) -> Iterator[Values]:
        self._last = getattr(self, "_last", 0) + 1
        try:
            # A named cursor stays on the server, so memory does not grow with the books.
            with self._db.cursor(f"audit{self._last}") as cursor:
                cursor.itersize = CHUNK
                cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
                yield from cursor
        except self._error as error:
            raise BooksError(f"The database cannot be read: {error}.") from error

    def has(self, table: str) -> bool:
        return table in self._names

    def close(self) -> None:
        self._db.close()


def named(books: Tables, columns: Mapping[str, str], rest: str) -> Iterator[dict[str, Any]]:
    """Rows of a SELECT by name: `columns` says what each value is called and where it comes from."""
    sql = f"SELECT {', '.join(columns.values())} {rest}"
    return (dict(zip(columns, row, strict=True)) for row in books.rows(sql))


_POSTGRESQL_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


def number(value: Any) -> UUID:
    """A UUID, which SQLite keeps as 32 hex digits."""
    return value if isinstance(value, UUID) else UUID(value)


def leaf_of(raw: Any) -> entry.Leaf | None:
    """A leaf as the database keeps it; None when it cannot be read."""
    try:
        return entry.parse(bytes(raw))
    except LogError:
        return None


def moment(value: Any) -> datetime:
    """A time, which SQLite keeps as text without a zone: it is UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(value: Any) -> date:
    """A day, which SQLite keeps as text."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def local_day(value: Any) -> date:
    """The day of a time in the Netherlands."""
    return moment(value).astimezone(HERE).date()
