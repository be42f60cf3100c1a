"""Adding many rows in one statement. On PostgreSQL each column is one list: any number is one short text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import AutoField, Model


def add(rows: Sequence[Model]) -> None:
    """Insert rows of one model. A number that the database gives out is not read back."""
    if not rows:
        return
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    statement, names = _statement(model)
    with connection.cursor() as cursor:
        cursor.execute(statement, [[getattr(row, name) for row in rows] for name in names])


@cache
def _statement(model: type[Model]) -> tuple[str, list[str]]:
    fields: list[Any] = [one for one in model._meta.local_concrete_fields if not isinstance(one, AutoField)]
    columns = ", ".join(f'"{one.column}"' for one in fields)
    lists = ", ".join(f"%b::{one.db_type(connection)}[]" for one in fields)
    said = f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT * FROM unnest({lists})'  # noqa: S608
    return said, [one.attname for one in fields]
