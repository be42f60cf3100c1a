"""`manage.py check --deploy`: the role that the web connects with must not be able to bend the books."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connection

_TOO_MUCH = """
SELECT c.relname FROM pg_class c
 WHERE c.relname LIKE 'ledger\\_%%' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
   AND (pg_has_role(c.relowner, 'MEMBER')
        OR has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
        OR has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER'))
   AND NOT (c.relname IN ('ledger_outbox', 'ledger_cover_line', 'ledger_cover_tile')
            AND NOT pg_has_role(c.relowner, 'MEMBER') AND NOT has_table_privilege(c.oid, 'UPDATE'))
 ORDER BY c.relname
"""


def role_can_only_add(**_: Any) -> list[CheckMessage]:
    """An error for a PostgreSQL role that owns a table of the books, or may change or delete its rows.

    The worker's role may take rows out of the outbox, and lines of old proofs of cover: triggers let a row
    go only into a batch, and a line only when it is old.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TOO_MUCH, [])
        tables = [name for (name,) in cursor.fetchall()]
    if not tables:
        return []
    hint = "Run `manage.py roles --app NAME` as the owner and connect as NAME (docs/spec/06-books.md)."
    return [Error(f"The web's role can change {', '.join(tables)}.", hint=hint, id="ledger.E001")]
