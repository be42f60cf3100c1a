"""The ledger: the books and the public memory. It never heard of vouchers."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Registers the books and the public log."""

    name = "ledger"
