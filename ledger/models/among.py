"""`field__among=values`: any of many values, in one short statement whose text is the same for any number.

Django's `in` writes a placeholder for each value: PostgreSQL parses and plans that anew each time. With
`= ANY(list)` it may compare every row of a table with every value; a set it looks up. The wallet uses it too.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


@Field.register_lookup
class Among(In):  # type: ignore[type-arg]
    """As `in`, but on PostgreSQL the values are one list, read as a set."""

    lookup_name = "among"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Write `column IN (SELECT … the list)`."""
        column, params = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection)
        return f"{column} IN (SELECT unnest(%s::{kind}[]))", [*params, list(self.rhs)]
