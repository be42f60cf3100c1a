"""A fund is swept, carries what the guarantee cost, and is closed: once, whole, and by two people."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from pytest_django.fixtures import Settings

from ledger import api, crash, funds
from ledger.api import Code, Kind
from ledger.models import Account, Outbox, Transfer
from tests.ledger.conftest import FUND, MUNI, Town
from tests.ledger.test_kinds import name_fund, offline


@pytest.fixture
def ended(town: Town) -> Town:
    """The fund is over; one pot has € 60 left, two have € 100."""
    town.pay(4_000)
    name_fund()
    return town


def sweep(town: Town) -> api.Swept:
    return api.sweep(muni=MUNI, fund=FUND, actor="test", now=town.now)


def close_year(town: Town, second: str = "staff:2") -> int:
    return api.close_year(muni=MUNI, fund=FUND, made_by="staff:1", approved_by=second, now=town.now)


def test_a_sweep_brings_back_what_is_left_and_closes_the_pots(ended: Town) -> None:
    fund = ended.account(Code.FUND, fund=FUND)
    before = ended.balance(fund)
    assert sweep(ended) == api.Swept(3, 26_000)
    assert ended.balance(fund) == before + 26_000
    assert ended.balance(ended.account(Code.DISTRIBUTION, fund=FUND)) == 0
    assert not Account.objects.filter(id__in=ended.pots, closed_at=None).exists()
    assert sweep(ended) == api.Swept()
    assert ended.settle().batch == 1


def test_a_pot_that_comes_late_is_swept_by_the_next_sweep(ended: Town) -> None:
    sweep(ended)
    ended.open(pots=1, shops=0)
    ended.grant([(ended.pots[3], 70)])
    assert sweep(ended) == api.Swept(1, 70)


@pytest.mark.parametrize("until", [None, date(2026, 5, 18)])
def test_nothing_is_swept_before_the_end_and_the_days_of_grace(town: Town, until: date | None) -> None:
    if until:
        name_fund(until, 14)  # the last of them is NOON's
    with pytest.raises(api.FundNotOver):
        sweep(town)


def test_a_sweep_that_was_stopped_goes_on(ended: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(funds.books, "PIECE", 2)

    def stop(place: str) -> None:
        if place == "sweep.piece":
            raise ConnectionError("the lights went out")

    with monkeypatch.context() as patch:
        patch.setattr(crash, "here", stop)
        with pytest.raises(ConnectionError):
            sweep(ended)
    account = ended.account(Code.DISTRIBUTION, fund=FUND)
    assert ended.balance(account) == 16_000
    assert sweep(ended).cents == 10_000
    assert ended.balance(account) == 0
    swept = Transfer.objects.filter(kind=Kind.SWEEP)
    assert sorted(swept.values_list("amount", flat=True)) == [6_000, 10_000, 10_000, 26_000]


def test_a_fund_carries_what_the_guarantee_cost(town: Town) -> None:
    offline(town, 60, 40)
    assert api.guarantee_cost(MUNI) == 40
    said = {"muni": MUNI, "fund": FUND, "month": date(2026, 5, 1), "made_by": "staff:1", "now": town.now}
    with pytest.raises(api.PostingRefused, match="two people"):
        api.cover_loss(cents=40, approved_by="staff:1", **said)
    for _ in range(2):  # once a month
        api.cover_loss(cents=40, approved_by="staff:2", **said)
    assert api.guarantee_cost(MUNI) == 0
    with pytest.raises(api.PostingConflict):
        api.cover_loss(cents=30, approved_by="staff:2", **said)


def test_a_year_closes_when_all_of_it_is_swept_and_in_public(ended: Town, settings: Settings) -> None:
    with pytest.raises(api.FundNotOver, match="are open"):
        close_year(ended)
    sweep(ended)
    with pytest.raises(api.FundNotOver, match="wait for their batch"):
        close_year(ended)
    ended.settle()
    with pytest.raises(api.PostingRefused, match="two people"):
        close_year(ended, "staff:1")
    assert close_year(ended) == 1_000_000 - 4_000
    assert close_year(ended) == 0
    assert not Account.objects.filter(fund=FUND, closed_at=None).exists()
    assert ended.balance(ended.account(Code.RECEIVABLE)) == 4_000
    assert Outbox.objects.count() == 1
    with pytest.raises(api.PostingRefused):
        ended.allocate(1, "late")


def test_a_year_does_not_close_over_a_top_up_that_stopped(ended: Town) -> None:
    sweep(ended)
    fund = ended.account(Code.FUND, fund=FUND)
    half = ended.account(Code.DISTRIBUTION, fund=FUND, grant_batch=uuid.uuid4())
    ended.post(ended.posting(Kind.GRANT, fund, half, 5))
    with pytest.raises(api.FundNotOver, match="not booked whole"):
        close_year(ended)


def test_a_grants_own_account_is_closed_when_it_is_done(town: Town) -> None:
    batch = town.grant([(town.pots[0], 5)])
    account = Account.objects.get(grant_batch=batch)
    assert (account.balance, account.closed_at) == (0, town.now)
