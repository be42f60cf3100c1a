"""Erasing a party: its receipts open no more, and everything else stays true."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from ledger import api
from ledger.api import Code, Kind
from ledger.models import Account, Erasure, Log, SubjectKey
from tests.ledger.conftest import FUND, MUNI, Town
from tests.ledger.test_publishing import audit


@pytest.fixture
def spent(town: Town, witnesses: Callable[[Log], None]) -> Town:
    """The first pot is spent, and all of it is in the log."""
    witnesses(api.setup_log(MUNI, town.now))
    town.pay(10_000)
    town.settle()
    return town


def party(town: Town, pot: int = 0) -> object:
    return Account.objects.get(id=town.pots[pot]).party


def test_receipts_open_no_more_and_the_books_stay(spent: Town, settings: Settings) -> None:
    other = spent.pay(300, pot=1)
    paid = spent.pay(1, pot=1)
    spent.settle()
    first = Account.objects.get(id=spent.pots[0]).debits.get(kind=Kind.REDEEM)
    assert api.proof(first.id)
    assert api.erase(MUNI, party(spent), spent.now)
    with pytest.raises(api.Erased):
        api.proof(first.id)
    assert api.proof(other.id) and api.proof(paid.id)
    spent.pay(50, pot=1)
    assert spent.settle().batch == 3
    assert audit(Log.objects.get(), settings).returncode == 0
    assert not api.erase(MUNI, party(spent), spent.now)
    assert Erasure.objects.count() == 1


def test_a_party_with_money_or_with_something_unsealed_stays(town: Town) -> None:
    with pytest.raises(api.NotErasable, match="money left"):
        api.erase(MUNI, party(town), town.now)
    town.pay(10_000)
    with pytest.raises(api.NotErasable, match="waits for its batch"):
        api.erase(MUNI, party(town), town.now)


def test_a_top_up_that_was_taken_back_need_not_be_sealed_first(spent: Town) -> None:
    pot = spent.pots[0]
    spent.grant([(pot, 5)])
    spent.post(spent.posting(Kind.CORRECT, pot, spent.account(Code.FUND, fund=FUND), 5))
    assert api.erase(MUNI, party(spent), spent.now)
    assert spent.settle().batch == 2
    assert not SubjectKey.objects.filter(party=party(spent)).exists()


def test_an_erased_party_gets_no_new_key(spent: Town) -> None:
    api.erase(MUNI, party(spent), spent.now)
    assert spent.give([(spent.pots[0], 5)], uuid.uuid4()) == {spent.pots[0]}
    spent.pay(5, pot=1)
    spent.settle()
    assert not SubjectKey.objects.filter(party=party(spent)).exists()


def test_the_database_counts_who_goes_and_keeps_the_count(spent: Town) -> None:
    keys = SubjectKey.objects.count()
    SubjectKey.objects.all().delete()
    assert Erasure.objects.filter(muni=MUNI).count() == keys
    for statement in ("UPDATE ledger_erasure SET muni = 15", "DELETE FROM ledger_erasure"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
