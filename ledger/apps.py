"""The ledger: the books and the public memory. It never heard of vouchers."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def _sqlite_keeps_its_word(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Commits reach the disk, readers do not wait, and REPLACE tells the delete triggers."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "recursive_triggers=ON",
            ):
                cursor.execute(f"PRAGMA {pragma}")


class LedgerConfig(AppConfig):
    """Registers the books and the public log."""

    name = "ledger"

    def ready(self) -> None:
        """Set what SQLite forgets with each connection; look at the role before it goes live."""
        from ledger.checks import anchors_can_be_made, role_can_only_add  # noqa: PLC0415 - needs the models

        checks.register(anchors_can_be_made)
        checks.register(role_can_only_add, checks.Tags.security, deploy=True)
        connection_created.connect(_sqlite_keeps_its_word, dispatch_uid="ledger.sqlite")
