"""Emptying the database after a test that commits. The books refuse, so their guards step aside.

PostgreSQL: `session_replication_role = replica`, which only a superuser may set. SQLite: the triggers are
taken down and put up again. The posting rules stay: they came with the migrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission", "ledger_posting_rule"}


@contextmanager
def unguarded() -> Iterator[None]:
    """Run with every trigger off, as only the owner of the database can; all of it is one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


def empty() -> None:
    """Delete every row that a test may have made."""
    tables = [name for name in connection.introspection.table_names() if name not in KEPT]
    with unguarded(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


@pytest.fixture(scope="session", autouse=True)
def guards_step_aside() -> Iterator[None]:
    """Django empties the database after a test with `transaction=True`; let it do so in our way."""

    def teardown(self: Any) -> None:
        empty()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
