"""`manage.py roles --app NAME`: the PostgreSQL role of the web; also of the worker, the signer and auditors.

Run it as the owner of the tables, after each `migrate`. It may run again: it takes every right away and
gives back what `ledger/rights.py` says. No role owns a table. With a signer, the worker cannot sign. SQLite
has no roles: there the file is the boundary.
"""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from ledger import rights

HELP = {
    "app": "role of the web processes",
    "worker": "role of the Celery worker",
    "signer": "role of the process that holds the log's key; without it the worker signs",
    "audit": "role that reads the books and nothing about people",
}


class Command(BaseCommand):
    """Creates the roles if need be, and grants exactly what they use."""

    help = "Create PostgreSQL roles that may add to the books and change nothing in them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names of the roles; a name that exists is kept, with its password."""
        for role, text in HELP.items():
            parser.add_argument(f"--{role}", required=role == "app", help=text)

    def handle(self, *, signer: str | None, **names: Any) -> None:
        """Grant, in one transaction."""
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles. Use PostgreSQL (DATABASE_URL).")
        wanted = {"app": names["app"], "audit": names.get("audit"), "signer": signer}
        wanted["sealer" if signer else "worker"] = names.get("worker")
        with transaction.atomic(), connection.cursor() as cursor:
            connection.check_constraints()  # a row that waits for one would keep its table as it is
            for table in rights.WATCHED:
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            for role, name in wanted.items():
                if name:
                    _grant(role, name)


def _grant(role: str, name: str) -> None:
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {quoted} LOGIN")
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        for statement in [*_taken(quoted, schema), *_given(role, quoted, schema), *_rows(role, name)]:
            cursor.execute(statement)


def _taken(name: str, schema: str) -> list[str]:
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {name}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {name}, PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
    ]


def _given(role: str, name: str, schema: str) -> list[str]:
    books = rights.ROLES[role]
    given = [f"GRANT {right} ON {table} TO {name}" for table, some in books.items() for right in some]
    if role in ("signer", "audit"):
        return [*given, *(f"GRANT SELECT ON {table} TO {name}" for table in _read(role))]
    return [
        *given,
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        *(f"GRANT INSERT, UPDATE ON {table} TO {name}" for table in _tables("wallet")),
        *(f"GRANT INSERT, UPDATE, DELETE ON {table} TO {name}" for table in _working_tables()),
    ]


def _read(role: str) -> list[str]:
    if role == "signer":
        return [f"ledger_{table}" for table in rights.PUBLIC]
    people = {connection.ops.quote_name(f"wallet_{table}") for table in rights.PERSONAL}
    return [table for table in (*_tables("ledger"), *_tables("wallet")) if table not in people]


def _rows(role: str, name: str) -> list[str]:
    """Policies: a role writes the rows that `rights.ROWS` says, or all; it sees all."""
    quote, some = connection.ops.quote_name, {(t, c): text for t, c, text in rights.ROWS.get(role, [])}
    made = []
    for table in rights.WATCHED:
        policies = {
            "SELECT": "USING (true)",
            "INSERT": f"WITH CHECK ({some.get((table, 'INSERT'), 'true')})",
            "UPDATE": f"USING (true) WITH CHECK ({some.get((table, 'UPDATE'), 'true')})",
        }
        for command, text in policies.items():
            policy = quote(f"{name} {command}")
            made.append(f"DROP POLICY IF EXISTS {policy} ON {table}")
            made.append(f"CREATE POLICY {policy} ON {table} FOR {command} TO {quote(name)} {text}")
    return made


def _tables(app: str) -> list[str]:
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    return [connection.ops.quote_name(model._meta.db_table) for model in models]


def _working_tables() -> list[str]:
    """Tables whose rows come and go: sessions and the cache."""
    return [*_tables("sessions"), *(t for t in connection.introspection.table_names() if t == "cache")]
