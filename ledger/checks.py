"""`manage.py check`: anchors can be made. With `--deploy`: no role that a process has can bend the books.

Each question about a role is one statement that names what is wrong, and is asked as the role itself.
"""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connection

from ledger import anchoring, anchors, rights

_OURS = "relnamespace = current_schema()::regnamespace AND relname ~ '^(ledger|wallet)_'"

# number: (what is said of the names found, the names)
_QUESTIONS = {
    2: (
        "This role is more than a role: {}.",
        """SELECT word FROM pg_roles r, LATERAL (VALUES ('superuser', rolsuper), ('bypassrls', rolbypassrls),
             ('createrole', rolcreaterole), ('replication', rolreplication)) has(word, yes)
            WHERE r.rolname = current_user AND yes
           UNION ALL
           SELECT rolname FROM pg_roles WHERE NOT rolsuper AND pg_has_role(oid, 'MEMBER') AND rolname IN
             ('pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files')""",
    ),
    3: (
        "This role owns functions of the books: {}.",
        """SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
             AND proname ~ '^(ledger|wallet)_' AND pg_has_role(proowner, 'MEMBER')""",
    ),
    4: (
        "Triggers are switched off: {}.",
        f"""SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
             WHERE {_OURS} AND NOT tgisinternal AND tgenabled NOT IN ('O', 'A')""",
    ),
    5: (
        "This role can switch triggers off: {}.",
        """SELECT 'session_replication_role' WHERE current_setting('session_replication_role') <> 'origin'
             OR has_parameter_privilege('session_replication_role', 'SET')""",
    ),
    6: (
        "This role can make tables or functions in schema {}.",
        """SELECT current_schema()::text WHERE has_schema_privilege(current_schema(), 'CREATE')""",
    ),
    7: (
        "Rows are not watched in {}.",
        f"""SELECT relname FROM pg_class WHERE {_OURS}
             AND relname IN ('{"', '".join(rights.WATCHED)}') AND NOT relrowsecurity""",
    ),
}
_HELD = f"""
SELECT relname, 'owner', '' FROM pg_class WHERE {_OURS} AND relkind = 'r' AND pg_has_role(relowner, 'MEMBER')
UNION ALL
SELECT relname, word, '' FROM pg_class,
  unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']) word
 WHERE {_OURS} AND relkind = 'r' AND has_table_privilege(oid, word)
UNION ALL
SELECT relname, word, attname FROM pg_class JOIN pg_attribute a ON attrelid = pg_class.oid
  CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE']) word
 WHERE {_OURS} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
   AND has_column_privilege(pg_class.oid, attnum, word) AND NOT has_table_privilege(pg_class.oid, word)
"""

Held = set[tuple[str, str, str]]
"""Table, right and column; without a column it is for the whole table."""


def role_can_only_add(**_: Any) -> list[CheckMessage]:
    """An error for each way in which a PostgreSQL role could change what the books say."""
    if connection.vendor != "postgresql":
        return []
    hint = "Run `manage.py roles` as the owner and connect as one of those roles (docs/spec/06-books.md)."
    tables = _too_much()
    found = (
        [Error(f"This role can change {', '.join(tables)}.", hint=hint, id="ledger.E001")] if tables else []
    )
    for number, (says, question) in _QUESTIONS.items():
        names = sorted({row[0] for row in _ask(question)})
        if names:
            found.append(Error(says.format(", ".join(names)), hint=hint, id=f"ledger.E00{number}"))
    return list(found)


def _too_much() -> list[str]:
    """Tables on which this role can do more than the role does that fits it best."""
    held: Held = {(row[0], row[1], row[2]) for row in _ask(_HELD)}
    beyond = [held - _allowed(books) for books in rights.ROLES.values()]
    return sorted({table for table, right, _ in min(beyond, key=len) if not _is_wallets(table, right)})


def _is_wallets(table: str, right: str) -> bool:
    return table.startswith("wallet_") and right in ("INSERT", "UPDATE")


def _allowed(books: rights.Rights) -> Held:
    found: Held = set()
    for table, given in books.items():
        for right in given:
            word, _, columns = right.partition(" ")
            found |= {(table, word, name) for name in columns.strip("()").split(", ")}
    return found


def _ask(question: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, [])
        rows: list[tuple[str, ...]] = cursor.fetchall()
    return rows


def anchors_can_be_made(**_: Any) -> list[CheckMessage]:
    """An error for each kind in ANCHORS whose package or settings are missing. Nobody is asked anything."""
    wrong: list[CheckMessage] = []
    for kind in anchoring.kinds():
        try:
            anchors.open_anchor(kind, anchoring.options())
        except anchors.AnchorError as error:
            wrong.append(Error(str(error), hint="See ANCHORS in docs/OPERATING.md.", id="ledger.E010"))
    return wrong
