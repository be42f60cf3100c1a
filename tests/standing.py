"""The small town, built once for a process and put back from its rows for each test that asks for it.

Building it takes the services as long as most tests take. The rows are put back without triggers: what those
have to say about them was said when the services wrote them.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from tests import worlds
from tests.emptying import KEPT


class Standing:
    """A town as it was built: its rows by table, and what `worlds.build` answered."""

    def __init__(self) -> None:
        """Build it in a transaction that is rolled back."""
        with transaction.atomic():
            self._town = pickle.dumps(worlds.build())
            tables = set(connection.introspection.table_names()) - KEPT
            every = {table: _rows(table) for table in sorted(tables)}
            self._rows = {table: rows for table, rows in every.items() if rows}
            transaction.set_rollback(True)

    def put_back(self) -> worlds.Town:
        """Put its rows in the empty database; the town."""
        with transaction.atomic(), _unguarded(self._rows):
            for table, rows in self._rows.items():
                _fill(table, rows)
        town: worlds.Town = pickle.loads(self._town)  # noqa: S301 - pickled above
        return town


def _rows(table: str) -> Any:
    """Its rows as the driver gives them (SQLite), or as PostgreSQL copies them; false when it has none."""
    if connection.vendor == "sqlite":
        return connection.connection.execute(f"SELECT * FROM {table}").fetchall()
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)


def _fill(table: str, rows: Any) -> None:
    if connection.vendor == "sqlite":
        places = ", ".join("?" * len(rows[0]))
        connection.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write(rows)


@contextmanager
def _unguarded(tables: Any) -> Iterator[None]:
    """Run without the triggers that look at new rows of these tables, in the transaction at hand."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        return
    run = connection.connection.execute
    found = run("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    triggers = [(name, sql) for name, sql, table in found if table in tables and " INSERT " in sql]
    for name, _ in triggers:
        run(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        run(sql)
