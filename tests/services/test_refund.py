"""Giving back: never more than was paid, once, to the voucher, and only by the shop that was paid."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import books
from ledger.models import Transfer
from tests.actors import HeldPass, Till
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, ZOO, Town
from wallet.custody import custody
from wallet.models import Programme, Redemption, Refund
from wallet.protocol import receipt
from wallet.services import refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


def paid(till: Till, held: HeldPass, amount: int = 2500) -> str:
    answer = till.redeem(held.show(timezone.now().timestamp(), amount), amount, CLOTHES)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def later(monkeypatch: pytest.MonkeyPatch, **delta: int) -> None:
    then = timezone.now() + timedelta(**delta)
    monkeypatch.setattr(timezone, "now", lambda: then)


def test_a_void_takes_the_whole_payment_back_and_the_pass_stays_spent(town: Town, till: Till) -> None:
    [held] = town.passes()
    number = paid(till, held)
    answer = till.give_back("void", number, 2500, CLOTHES)
    assert (answer.status, answer.body["refunded"]) == (201, 2500)
    assert (town.balance(), town.owed()) == (15_000, 0)
    stored = Redemption.objects.get(pk=number)
    assert stored.refunded == 2500 and stored.voided_at is not None
    transfer = Transfer.objects.get(id=answer.body["id"])
    assert (transfer.kind, str(transfer.reverses_id)) == (8, number)
    read = receipt.check(answer.body["receipt"], custody().receipt_key.private.public)
    assert (read.res, read.amt, read.jti) == ("void", 2500, answer.body["id"])
    assert till.redeem(held.show(timezone.now().timestamp(), 100), 100, CLOTHES).code == "already_redeemed"


def test_a_void_is_for_the_same_till_and_day_before_the_public_log(
    town: Town, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = paid(till, town.passes()[0])
    other = town.till(town.other_till_row)
    before = snapshot()
    assert other.give_back("void", number, 2500, CLOTHES).code == "unknown_redemption"
    assert till.give_back("void", number, 2400, CLOTHES).code == "amount_invalid"
    monkeypatch.setattr(refund.books, "sealed", set)
    assert till.give_back("void", number, 2500, CLOTHES).code == "refund_window_closed"
    monkeypatch.undo()
    later(monkeypatch, days=1)
    assert till.give_back("void", number, 2500, CLOTHES).code == "refund_window_closed"
    assert snapshot() == before


def test_a_voided_payment_is_not_given_back_again(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0])
    till.give_back("void", number, 2500, CLOTHES)
    before = snapshot()
    assert till.give_back("void", number, 2500, CLOTHES).code == "already_voided"
    assert till.give_back("refunds", number, 1, CLOTHES).code == "already_voided"
    assert snapshot() == before


def test_refunds_add_up_to_what_was_paid_and_no_further(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0])
    assert till.give_back("refunds", number, 1000, CLOTHES).status == 201
    assert till.give_back("refunds", number, 1500, CLOTHES).status == 201
    assert (town.balance(), town.owed()) == (15_000, 0)
    before = snapshot()
    answer = till.give_back("refunds", number, 1, CLOTHES)
    assert (answer.status, answer.code) == (422, "refund_exceeds")
    assert snapshot() == before


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(parts=st.lists(st.integers(0, 3000), min_size=1, max_size=5))
def test_no_list_of_refunds_gives_back_more_than_was_paid(town: Town, parts: list[int]) -> None:
    till = town.till()
    before = town.balance()
    number = paid(till, town.passes()[0], 300)
    given_back = 0
    for part in parts:
        answer = till.give_back("refunds", number, part, CLOTHES)
        assert (answer.status == 201) == (0 < part <= 300 - given_back)
        given_back += part if answer.status == 201 else 0
    assert town.balance() == before - 300 + given_back


def test_tickets_come_back_as_tickets(town: Town, till: Till) -> None:
    [held] = town.passes(ZOO)
    answer = till.redeem(held.show(timezone.now().timestamp(), 2), 2, ZOO, cur="TKT")
    assert till.give_back("refunds", answer.body["id"], 1, ZOO, cur="TKT").body["refunded"] == 1
    assert (town.balance(ZOO), town.owed()) == (1500, 750)


def test_the_same_record_again_gets_the_same_answer_and_another_under_its_number_is_refused(
    town: Town, till: Till
) -> None:
    number = paid(till, town.passes()[0])
    token = till.sign(till.draft(1000, CLOTHES, mode="refund", ref=number))
    first, again = till.resend("refunds", number, token), till.resend("refunds", number, token)
    assert (first.status, again.status) == (201, 200) and first.body == again.body
    before = snapshot()
    other = till.give_back("refunds", number, 900, CLOTHES, txn=first.body["txn"])
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    assert snapshot() == before


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such payment": ({"ref": "11111111-1111-4111-8111-111111111111"}, "unknown_redemption"),
    "a record for another payment": ({"ref": "22222222-2222-4222-8222-222222222222"}, "malformed_record"),
    "a void sent as a refund": ({"mode": "void"}, "malformed_record"),
    "nothing": ({"amt": 0}, "amount_invalid"),
    "another unit": ({"cur": "TKT"}, "amount_invalid"),
    "another programme": ({"prg": ZOO}, "wrong_programme"),
    "more than was paid": ({"amt": 2501}, "refund_exceeds"),
    "another till's name": ({"till": str(uuid.uuid4())}, "till_auth_failed"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_refund_that_is_not_right_changes_nothing(name: str, town: Town, till: Till) -> None:
    changes, code = BAD[name]
    number = paid(till, town.passes()[0])
    before = snapshot()
    asked: dict[str, Any] = {"amt": 1000, "prg": CLOTHES, "mode": "refund", "ref": number, **changes}
    token = till.sign(till.draft(**asked))
    target = asked["ref"] if code == "unknown_redemption" else number
    assert till.resend("refunds", target, token).code == code
    assert snapshot() == before


def test_after_thirty_days_nothing_is_given_back(
    town: Town, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = paid(till, town.passes()[0])
    later(monkeypatch, days=30, seconds=-5)
    assert till.give_back("refunds", number, 1, CLOTHES).status == 201
    later(monkeypatch, seconds=10)
    assert till.give_back("refunds", number, 1, CLOTHES).code == "refund_window_closed"


def test_after_the_days_of_grace_the_money_goes_to_the_programme(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0])
    programme = town.programmes[CLOTHES]
    today = timezone.localdate()
    Programme.objects.filter(pk=programme.pk).update(ends=today - timedelta(days=programme.grace_days))
    assert till.give_back("refunds", number, 1000, CLOTHES).status == 201
    assert town.balance() == 13_500
    Programme.objects.filter(pk=programme.pk).update(ends=today - timedelta(days=programme.grace_days + 1))
    fund = refund.books.balances([programme.fund])[programme.fund]
    assert till.give_back("refunds", number, 1000, CLOTHES).status == 201
    assert town.balance() == 13_500
    assert refund.books.balances([programme.fund])[programme.fund] == fund + 1000


def test_a_refund_goes_to_the_programme_once_the_pot_is_closed(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0])
    voided = till.redeem(town.passes()[0].show(timezone.now().timestamp(), 3_000), 3_000, CLOTHES)
    programme = town.programmes[CLOTHES]
    Programme.objects.filter(pk=programme.pk).update(ends=timezone.localdate() - timedelta(days=14))
    take_back(town)
    books.close([town.voucher().pot], timezone.now())
    fund = refund.books.balances([programme.fund])[programme.fund]
    assert till.give_back("void", voided.body["id"], 3_000, CLOTHES).code == "refund_window_closed"
    assert till.give_back("refunds", number, 1000, CLOTHES).status == 201
    assert refund.books.balances([programme.fund])[programme.fund] == fund + 1000


def take_back(town: Town) -> None:
    """Move all that is left on the voucher to its programme."""
    pot, fund = town.voucher().pot, town.programmes[CLOTHES].fund
    correction = refund.books.Posting(
        id=uuid.uuid4(),
        kind=refund.books.Kind.CORRECT,
        debit=pot,
        credit=fund,
        amount=town.balance(),
        ref_type="test",
        ref_id="",
        actor="test",
        reason="",
        effective_at=timezone.now(),
    )
    refund.books.post(town.muni.pk, [correction])


def guaranteed(town: Town, number: str, cents: int) -> int:
    """Say that the payment was offline, and that the guarantee paid so much of it on top."""
    guarantee = refund.books.open_account(muni=town.muni.pk, code=refund.books.Code.GUARANTEE)
    redemption = Redemption.objects.get(pk=number)
    part = refund.books.Posting(
        id=uuid.uuid4(),
        kind=refund.books.Kind.OFFLINE,
        debit=guarantee,
        credit=redemption.merchant.payable,
        amount=cents,
        ref_type="redemption",
        ref_id=number,
        actor="test",
        reason="",
        effective_at=timezone.now(),
    )
    refund.books.post(town.muni.pk, [part])
    total = redemption.approved + cents
    Redemption.objects.filter(pk=number).update(mode="off", asked=total, approved=total)
    return guarantee


def test_what_the_guarantee_paid_goes_back_to_it_first(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0], 2000)
    guarantee = guaranteed(town, number, 500)
    before = town.balance()

    def stands() -> tuple[int, int, int]:
        return town.balance() - before, refund.books.balances([guarantee])[guarantee], town.owed()

    assert stands() == (0, 500, 2500)
    expected = {300: (0, 200, 2200), 1000: (800, 0, 1200), 1200: (2000, 0, 0)}
    for amount, after in expected.items():
        assert till.give_back("refunds", number, amount, CLOTHES).status == 201
        assert stands() == after
    assert till.give_back("refunds", number, 1, CLOTHES).code == "refund_exceeds"


def test_a_part_for_a_guarantee_that_paid_nothing_is_refused_whole(town: Town, till: Till) -> None:
    number = paid(till, town.passes()[0], 2000)
    till.give_back("refunds", number, 100, CLOTHES)
    [row] = Refund.objects.all()
    row.pk, row.txn, row.guaranteed, row.guaranteed_as = uuid.uuid4(), uuid.uuid4(), 50, uuid.uuid4()
    before = snapshot()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert snapshot() == before
