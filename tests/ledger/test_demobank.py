"""The bank of the demo: it refuses, pays and sends back, and says the same again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from ledger import api
from ledger.api import Code, clearing, mailbox, payouts
from ledger.management.demobank import FUNDING, DemoBank
from ledger.models import Log, Payout
from tests.ledger.banking import CITY, IBANS, ONE, OWN, TWO, give_account, held, open_three_shops
from tests.ledger.conftest import MUNI, NOON, Town


def bank_of(settings: Settings) -> DemoBank:
    """A bank that never heard of the second shop's account and closed the third's."""
    folder = Path(settings.BANK_DIR)
    fates = (("", IBANS[0]), ("AC01", IBANS[1]), ("AC04", IBANS[2]))
    seeds = (DemoBank(folder, OWN, CITY, seed) for seed in range(10_000))
    return next(bank for bank in seeds if all(bank._fate(iban) == fate for fate, iban in fates))


@pytest.fixture
def paying(town: Town, witnesses: Callable[[Log], None]) -> Town:
    witnesses(api.setup_log(MUNI, NOON))
    open_three_shops(town)
    return town


def pay(town: Town, no: int) -> None:
    """A batch with a payment at each shop, exported and released."""
    for shop in range(3):
        town.pay(100, pot=shop, shop=shop)
    town.settle()
    file = payouts.export(MUNI, no, ONE, town.now).file
    assert file
    payouts.release(file, TWO, town.now)


def statuses(no: int) -> list[str]:
    return [row.status for row in Payout.objects.filter(batch__no=no).order_by("account")]


def test_shops_are_paid_refused_and_sent_back(paying: Town, settings: Settings) -> None:
    bank = bank_of(settings)
    pay(paying, 1)
    assert bank.round(paying.now) == 1
    assert bank.round(paying.now) == 0
    mailbox.collect(MUNI, paying.now)
    assert statuses(1) == ["booked", "failed", "booked"]
    bank.round(paying.now + timedelta(minutes=2))
    mailbox.collect(MUNI, paying.now)
    assert statuses(1) == ["booked", "failed", "returned"]
    for shop in range(1, 3):
        give_account(shop, IBANS[0])
    pay(paying, 2)  # this time line by line
    assert bank.round(paying.now + timedelta(minutes=3)) == 1
    mailbox.collect(MUNI, paying.now)
    assert statuses(2) == ["booked", "booked", "booked"]
    assert clearing.open_items(MUNI, paying.now) == []
    assert held(paying, Code.BANK) == FUNDING - 600
    assert sorted(path.name for path in (bank.folder / "sent").iterdir()) == [
        "GM0014-B000001-1.xml", "GM0014-B000002-1.xml",
    ]  # fmt: skip


def test_stopped_before_it_remembered_it_says_the_same_again(paying: Town, settings: Settings) -> None:
    bank = bank_of(settings)
    pay(paying, 1)
    bank.round(paying.now)
    first = {path.name: path.read_bytes() for path in (bank.folder / "in").iterdir()}
    (bank.folder / "sent" / "GM0014-B000001-1.xml").rename(bank.folder / "out" / "GM0014-B000001-1.xml")
    (bank.folder / "demo-bank.json").unlink()
    bank.round(paying.now)
    assert {path.name: path.read_bytes() for path in (bank.folder / "in").iterdir()} == first


def test_the_command_answers_once_at_a_given_moment(
    paying: Town, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    pay(paying, 1)
    moment = datetime.fromisoformat("2026-06-04T10:00:00+00:00")
    call_command("demo_bank", once=True, at=moment)
    assert "1 payment file(s) answered" in capsys.readouterr().out
    memory = json.loads((Path(settings.BANK_DIR) / "demo-bank.json").read_text())
    assert memory["answered"] == ["GM0014-B000001-1"]
    settings.BANK_IBAN = ""
    with pytest.raises(CommandError):
        call_command("demo_bank", once=True)
