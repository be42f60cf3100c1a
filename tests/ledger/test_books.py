"""Accounts and postings: what is posted, what is refused, and that asking twice changes nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger import api
from ledger.api import AccountKey, Code, Kind
from ledger.models import Account, Outbox, Transfer
from tests.ledger.conftest import FUND, MUNI, Town


def test_money_goes_from_the_decision_to_the_shop(town: Town) -> None:
    town.pay(1_250)
    fund = town.account(Code.FUND, fund=FUND)
    assert town.balance(fund) == 1_000_000 - 30_000
    assert town.balance(town.pots[0]) == 10_000 - 1_250
    assert town.balance(town.shops[0]) == 1_250
    assert town.balance(town.account(Code.RECEIVABLE)) == 1_000_000


def test_an_account_is_opened_once(town: Town) -> None:
    key = AccountKey(MUNI, Code.POT, 9, uuid.uuid4())
    first = api.open_accounts([key, key])
    assert first[0] == first[1] == api.open_accounts([key])[0]
    assert Account.objects.filter(party=key.party).count() == 1


def test_many_accounts_come_back_in_the_order_asked(town: Town) -> None:
    keys = [AccountKey(MUNI, Code.POT, FUND, uuid.uuid4()) for _ in range(1_500)]
    ids = api.open_accounts(keys)
    assert [Account.objects.get(id=ids[i]).party for i in (0, 777, 1_499)] == [
        keys[i].party for i in (0, 777, 1_499)
    ]


def test_the_same_posting_again_is_posted_once(town: Town) -> None:
    paid = town.pay(700)
    assert town.post(paid) == 0
    assert town.balance(town.pots[0]) == 9_300


def test_one_call_posts_what_is_new_and_skips_what_is_known(town: Town) -> None:
    paid = town.pay(700)
    assert town.post(paid, town.posting(Kind.REDEEM, town.pots[1], town.shops[0], 5)) == 1


@pytest.mark.parametrize("changed", [{"amount": 701}, {"payload_sha256": b"x" * 32}])
def test_the_same_id_with_other_content_is_a_conflict(town: Town, changed: dict[str, object]) -> None:
    paid = town.pay(700)
    with pytest.raises(api.PostingConflict):
        town.post(town.posting(Kind.REDEEM, town.pots[1], town.shops[0], 5), replace(paid, **changed))  # type: ignore[arg-type]
    assert Transfer.objects.filter(kind=Kind.REDEEM).count() == 1


def test_a_pot_never_goes_below_zero(town: Town) -> None:
    town.pay(10_000)
    with pytest.raises(api.Overdrawn):
        town.pay(1)
    assert town.balance(town.pots[0]) == 0


def test_one_overdraft_refuses_the_whole_call(town: Town) -> None:
    good = town.posting(Kind.REDEEM, town.pots[1], town.shops[0], 5)
    with pytest.raises(api.Overdrawn):
        town.post(good, town.posting(Kind.REDEEM, town.pots[0], town.shops[0], 10_001))
    assert not Transfer.objects.filter(id=good.id).exists()


@pytest.mark.parametrize("amount", [0, -5, 100_000_000_001])
def test_amounts_out_of_range_are_refused(town: Town, amount: int) -> None:
    with pytest.raises(api.PostingRefused):
        town.pay(amount)


def test_a_kind_moves_only_between_its_own_accounts(town: Town) -> None:
    fund = town.account(Code.FUND, fund=FUND)
    for kind, debit, credit in [
        (Kind.REDEEM, fund, town.shops[0]),
        (Kind.REDEEM, town.shops[0], town.pots[0]),
        (Kind.GRANT, fund, town.pots[0]),
        (Kind.SETTLE, town.pots[0], town.shops[0]),
    ]:
        with pytest.raises(api.PostingRefused):
            town.post(town.posting(kind, debit, credit, 1))


def test_money_stays_in_its_fund(town: Town) -> None:
    other = town.account(Code.FUND, fund=99)
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.CORRECT, town.pots[0], other, 1))


def test_money_stays_in_its_municipality(town: Town) -> None:
    abroad = api.open_account(muni=106, code=Code.MERCHANT_OPEN, party=uuid.uuid4())
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.REDEEM, town.pots[0], abroad, 1))


def test_an_account_that_is_not_there_is_refused(town: Town) -> None:
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.REDEEM, town.pots[0], 999_999_999, 1))


def test_a_correction_goes_both_ways_and_down_to_what_is_left(town: Town) -> None:
    fund = town.account(Code.FUND, fund=FUND)
    town.post(town.posting(Kind.CORRECT, fund, town.pots[0], 500))
    town.post(town.posting(Kind.CORRECT, town.pots[0], fund, 10_500))
    with pytest.raises(api.Overdrawn):
        town.post(town.posting(Kind.CORRECT, town.pots[0], fund, 1))


def test_refunds_together_give_back_what_was_paid_and_no_more(town: Town) -> None:
    paid = town.pay(1_000)
    town.refund(paid, 400)
    town.refund(paid, 600)
    with pytest.raises(api.PostingRefused):
        town.refund(paid, 1)
    assert town.balance(town.pots[0]) == 10_000
    assert town.balance(town.shops[0]) == 0


def test_a_refund_needs_the_payment_that_it_reverses(town: Town) -> None:
    paid = town.pay(1_000)
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.REFUND, paid.credit, paid.debit, 5))
    with pytest.raises(api.PostingRefused):  # another shop's payment
        town.post(town.posting(Kind.REFUND, town.shops[1], paid.debit, 5, reverses=paid.id))
    with pytest.raises(api.PostingRefused):  # a payment reverses nothing
        town.post(town.posting(Kind.REDEEM, town.pots[0], town.shops[0], 5, reverses=paid.id))


def test_a_decision_adds_to_a_fund_once(town: Town) -> None:
    town.allocate(1_000_000)
    assert town.balance(town.account(Code.FUND, fund=FUND)) == 970_000
    with pytest.raises(api.PostingConflict):
        town.allocate(2_000_000)


def test_a_grant_above_the_budget_gives_nothing(town: Town) -> None:
    with pytest.raises(api.Overdrawn):
        town.grant([(town.pots[0], 970_001)])
    assert town.balance(town.pots[0]) == 10_000


def test_a_grant_that_stopped_half_way_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.open(pots=2_500, shops=0)
    lines, batch = [(pot, 100) for pot in town.pots[3:]], uuid.uuid4()
    calls, post = [], api.books.post

    def stops(muni: int, postings: list[api.Posting]) -> int:
        calls.append(len(postings))
        if len(calls) == 3:
            raise ConnectionError("the lights went out")
        return post(muni, postings)

    with monkeypatch.context() as patch:
        patch.setattr(api.books, "post", stops)
        with pytest.raises(ConnectionError):
            town.grant(lines, batch)
    distribution = town.account(Code.DISTRIBUTION, fund=FUND, grant_batch=batch)
    assert calls == [1, 250, 250]
    assert town.balance(distribution) == 225_000
    for _ in range(2):
        town.grant(lines, batch)
        assert town.balance(distribution) == 0
        assert set(api.balances(town.pots[3:]).values()) == {100}


def test_what_a_closed_pot_does_not_get_goes_back_to_the_fund(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.open(pots=4, shops=0)
    monkeypatch.setattr(api.books, "PIECE", 2)
    pots, fund, batch = town.pots[-4:], town.account(Code.FUND, fund=FUND), uuid.uuid4()
    held, post = town.balance(fund), api.books.post

    def stops(muni: int, postings: list[api.Posting]) -> int:
        if postings[0].credit in pots[2:]:
            raise ConnectionError("the lights went out")
        return post(muni, postings)

    api.books.close([pots[1]], town.now)
    with monkeypatch.context() as patch:
        patch.setattr(api.books, "post", stops)
        with pytest.raises(ConnectionError):
            town.grant([(pot, 100) for pot in pots], batch)
    town.post(town.posting(Kind.CORRECT, pots[0], fund, 100))  # what it got was taken back, and it is closed
    api.books.close([pots[0], pots[3]], town.now)
    for _ in range(2):
        assert town.give([(pot, 100) for pot in pots], batch) == {pots[1], pots[3]}
        assert [town.balance(pot) for pot in pots] == [0, 0, 100, 0]
        assert town.balance(fund) == held - 100
        distribution = town.account(Code.DISTRIBUTION, fund=FUND, grant_batch=batch)
        assert (town.balance(distribution), api.is_open(distribution)) == (0, False)


def test_a_grant_cannot_change_after_it_was_decided(town: Town) -> None:
    batch = town.grant([(town.pots[0], 100)])
    with pytest.raises(api.PostingConflict):
        town.grant([(town.pots[0], 200)], batch)


def test_a_statement_shows_the_newest_movement_first(town: Town) -> None:
    paid = town.pay(250)
    town.refund(paid, 50)
    lines = api.statement(town.pots[0], limit=3)
    assert [(line.kind, line.amount) for line in lines] == [
        (Kind.REFUND, 50),
        (Kind.REDEEM, -250),
        (Kind.GRANT, 10_000),
    ]
    assert lines[1].other == town.shops[0]
    assert [line.amount for line in api.statement(town.shops[0])] == [-50, 250]


def test_everything_but_settlement_waits_for_a_batch(town: Town) -> None:
    town.pay(250)
    assert Outbox.objects.count() == Transfer.objects.count()
    town.settle()
    assert Outbox.objects.count() == 0
    assert Transfer.objects.filter(kind=Kind.SETTLE).count() == 1


def test_business_time_is_kept_beside_database_time(town: Town) -> None:
    paid = replace(
        town.posting(Kind.REDEEM, town.pots[0], town.shops[0], 5), effective_at=town.now - timedelta(1)
    )
    town.post(paid)
    row = Transfer.objects.get(id=paid.id)
    assert row.effective_at == paid.effective_at
    assert row.posted_at > row.effective_at
