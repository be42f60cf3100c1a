"""Three shops that one file paid, and the bank that speaks of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger import api
from ledger.api import payouts
from ledger.models import Log, PainFile, Payout
from tests.ledger.banking import ONE, Bank, open_three_shops, party
from tests.ledger.conftest import MUNI, NOON, Town

Sent = Payout.Status


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def paying(town: Town, witnesses: Callable[[Log], None]) -> Town:
    """Three shops with accounts were paid 10, 20 and 30 euros by one file."""
    witnesses(api.setup_log(MUNI, NOON))
    open_three_shops(town)
    for shop in range(3):
        town.pay(1_000 * (shop + 1), pot=shop, shop=shop)
    town.settle()
    assert payouts.export(MUNI, 1, ONE, town.now).file
    return town


def file() -> PainFile:
    return PainFile.objects.get()


def payout(shop: int) -> Payout:
    return Payout.objects.get(payee=party(shop))


def status(shop: int) -> str:
    return payout(shop).status
