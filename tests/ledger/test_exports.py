"""Another program reads our books and finds them right."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from ledger import api
from ledger.api import Code, Kind
from ledger.models import Account, Transfer
from tests.ledger.conftest import FUND, MUNI, Town
from tests.ledger.test_kinds import name_fund, offline

BEAN_CHECK = Path(sys.executable).with_name("bean-check")


@pytest.fixture
def lived_in(town: Town) -> Town:
    """A town after some hundred random operations, sealed now and then, one fund swept."""
    dice = random.Random(20)
    fund = town.account(Code.FUND, fund=FUND)
    for _ in range(150):
        pot, shop, amount = dice.randrange(3), dice.randrange(2), dice.randrange(1, 300)
        what = dice.choice(["pay", "pay", "refund", "correct", "grant", "seal", "offline"])
        try:
            if what in ("pay", "refund"):
                paid = town.pay(amount, pot, shop)
                if what == "refund":
                    town.refund(paid, dice.randint(1, amount))
            elif what == "correct":
                town.post(town.posting(Kind.CORRECT, town.pots[pot], fund, amount))
            elif what == "grant":
                town.grant([(town.pots[pot], amount)])
            elif what == "offline":
                offline(town, amount, amount)
            else:
                town.settle()
        except api.Overdrawn:
            continue
    name_fund()
    api.sweep(muni=MUNI, fund=FUND, actor="test", now=town.now)
    return town


def check(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BEAN_CHECK, file], capture_output=True, text=True, check=False)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open() as lines:
        return list(csv.DictReader(lines))


def test_beancount_accepts_the_books_and_every_balance(lived_in: Town, tmp_path: Path) -> None:
    call_command("export_books", tmp_path)
    done = check(tmp_path / "books.beancount")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    text = (tmp_path / "books.beancount").read_text()
    assert text.count(" * ") == Transfer.objects.count()
    assert text.count(" balance ") == text.count(" open ")
    for party in Account.objects.exclude(party=None).values_list("party", flat=True):
        assert str(party) not in text


def test_beancount_notices_a_cent(lived_in: Town, tmp_path: Path) -> None:
    call_command("export_books", tmp_path)
    file = tmp_path / "books.beancount"
    file.write_text(
        file.read_text()
        .replace("  100.00 EUR", "  100.01 EUR", 1)
        .replace("  -100.00 EUR", "  -100.01 EUR", 1)
    )
    assert check(file).returncode == 1


def test_the_tables_say_the_same(lived_in: Town, tmp_path: Path) -> None:
    call_command("export_books", tmp_path)
    transfers, accounts = rows(tmp_path / "transfers.csv"), rows(tmp_path / "accounts.csv")
    side = {str(a.id): a.side for a in Account.objects.all()}
    total = dict.fromkeys(side, 0)
    for row in transfers:
        for end, sign in (("debit", 1), ("credit", -1)):
            total[row[end]] += sign * int(row["amount"]) * (1 if side[row[end]] == "D" else -1)
    assert total == {row["id"]: int(row["balance"]) for row in accounts}
    numbers = {row["batch"] for row in transfers if row["batch"]}
    assert numbers == {row["no"] for row in rows(tmp_path / "batches.csv")}


def test_books_without_a_transfer_are_books(db: None, tmp_path: Path) -> None:
    call_command("export_books", tmp_path)
    assert check(tmp_path / "books.beancount").returncode == 0
    assert rows(tmp_path / "transfers.csv") == []
