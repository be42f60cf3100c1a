"""`manage.py check`: anchors can be made; with `--deploy`, the web's role cannot bend the books."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connection

from ledger import anchoring, anchors

_TOO_MUCH = """
SELECT c.relname FROM pg_class c
 WHERE c.relname LIKE 'ledger\\_%%' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
   AND (pg_has_role(c.relowner, 'MEMBER')
        OR has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
        OR has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER'))
   AND NOT (c.relname = 'ledger_outbox' AND NOT pg_has_role(c.relowner, 'MEMBER'))
 ORDER BY c.relname
"""


def role_can_only_add(**_: Any) -> list[CheckMessage]:
    """An error for a PostgreSQL role that owns a table of the books, or may change or delete its rows.

    The outbox may be emptied by the worker's role: its trigger lets a row go only into a batch.
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


def anchors_can_be_made(**_: Any) -> list[CheckMessage]:
    """An error for each kind in ANCHORS whose package or settings are missing. Nobody is asked anything."""
    wrong: list[CheckMessage] = []
    for kind in anchoring.kinds():
        try:
            anchors.open_anchor(kind, anchoring.options())
        except anchors.AnchorError as error:
            wrong.append(Error(str(error), hint="See ANCHORS in docs/OPERATING.md.", id="ledger.E002"))
    return wrong
