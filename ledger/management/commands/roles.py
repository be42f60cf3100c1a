"""`manage.py roles --app NAME`: the PostgreSQL role of the web, and with `--worker NAME` that of settlement.

Run it as the owner of the tables, after each `migrate`. It may run again: it takes every right away and
gives back what the lists below say. The web's role can add to the books and change nothing in them; neither
role owns a table. SQLite has no roles: there the file is the boundary.
"""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

# Without `seq` and `posted_at`: those are the database's to give.
TRANSFER = (
    "id, muni, kind, debit_id, credit_id, amount, ref_type, ref_id, reverses, actor, reason, effective_at,"
    " payload_sha256"
)
ACCOUNT = "muni, code, side, guard, balance, fund, party, grant_batch, closed_at"

APP = {
    "ledger_transfer": [f"INSERT ({TRANSFER})"],
    "ledger_account": [f"INSERT ({ACCOUNT})", "UPDATE (closed_at)"],
}
WORKER = APP | {
    "ledger_outbox": ["DELETE"],
    "ledger_batch": ["INSERT", "UPDATE (status)"],
    "ledger_log": ["INSERT", "UPDATE (closed)"],
    **{
        f"ledger_{table}": ["INSERT"]
        for table in (
            "batch_item",
            "snapshot",
            "subject_key",
            "log_entry",
            "addendum",
            "checkpoint",
            "cosignature",
            "override",
            "bank_file",
            "bank_statement",
            "bank_line",
            "bank_match",
            "bank_clearing",
        )
    },
}


class Command(BaseCommand):
    """Creates the roles if need be, and grants exactly what they use."""

    help = "Create PostgreSQL roles that may add to the books and change nothing in them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Names of the roles; a name that exists is kept, with its password."""
        parser.add_argument("--app", required=True, help="role of the web processes")
        parser.add_argument("--worker", help="role of the Celery worker")

    def handle(self, *, app: str, worker: str | None, **_: Any) -> None:
        """Grant, in one transaction."""
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles. Use PostgreSQL (DATABASE_URL).")
        with transaction.atomic():
            _grant(app, APP)
            if worker:
                _grant(worker, WORKER)


def _grant(role: str, ledger: dict[str, list[str]]) -> None:
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {name} LOGIN")
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        for statement in _statements(name, schema, ledger):
            cursor.execute(statement)


def _statements(name: str, schema: str, ledger: dict[str, list[str]]) -> list[str]:
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {name}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {name}, PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        *(f"GRANT {right} ON {table} TO {name}" for table, rights in ledger.items() for right in rights),
        *(f"GRANT INSERT, UPDATE ON {table} TO {name}" for table in _tables("wallet")),
        *(f"GRANT INSERT, UPDATE, DELETE ON {table} TO {name}" for table in _working_tables()),
    ]


def _tables(app: str) -> list[str]:
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    return [connection.ops.quote_name(model._meta.db_table) for model in models]


def _working_tables() -> list[str]:
    """Tables whose rows come and go: sessions and the cache."""
    return [*_tables("sessions"), *(t for t in connection.introspection.table_names() if t == "cache")]
