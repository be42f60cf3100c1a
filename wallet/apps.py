"""The wallet: everything between a caseworker's decision and a shop's till."""

from django.apps import AppConfig


class WalletConfig(AppConfig):
    """Registers the money's journey."""

    name = "wallet"
