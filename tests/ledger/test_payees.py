"""Where a payee is paid: two people, a rest, and a block for good."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from pytest_django.fixtures import Settings

from ledger.api import payees
from ledger.models import PayeeAccount
from tests.ledger.banking import IBANS, ONE, TWO
from tests.ledger.conftest import MUNI, NOON

PAYEE = uuid.UUID(int=7)
REST = timedelta(days=3)
pytestmark = pytest.mark.django_db


def propose(iban: str = IBANS[0], now: datetime = NOON, actor: str = ONE, **more: object) -> PayeeAccount:
    return payees.propose(MUNI, PAYEE, "Winkel", iban, actor, now, **more)  # type: ignore[arg-type]


def paid_on(now: datetime) -> str | None:
    found = payees.usable(MUNI, [PAYEE], now).get(PAYEE)
    return found.iban if found else None


def test_one_person_proposes_another_approves_and_it_rests() -> None:
    made = propose()
    assert payees.attention(MUNI, NOON) == {PAYEE: "waiting"}
    assert paid_on(NOON + timedelta(days=90)) is None
    payees.approve(made, TWO, NOON)
    assert payees.attention(MUNI, NOON) == {}
    assert paid_on(NOON + REST - timedelta(seconds=1)) is None
    assert paid_on(NOON + REST) == IBANS[0]


def test_the_rest_is_a_setting(settings: Settings) -> None:
    settings.PAYEE_REST_DAYS = 0
    payees.approve(propose(), TWO, NOON)
    assert paid_on(NOON) == IBANS[0]


def test_who_proposed_does_not_approve_and_the_database_agrees() -> None:
    made = propose()
    with pytest.raises(payees.SamePerson):
        payees.approve(made, ONE, NOON)
    made.approved_by, made.approved_at, made.usable_from = ONE, NOON, NOON
    with pytest.raises(DatabaseError), transaction.atomic():
        made.save()


def test_the_database_changes_no_account_and_no_approval() -> None:
    made = payees.approve(propose(), TWO, NOON)
    for change in ({"iban": IBANS[1]}, {"usable_from": NOON}, {"approved_by": "staff:3"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PayeeAccount.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()


def test_the_old_account_is_paid_while_a_new_one_rests() -> None:
    payees.approve(propose(), TWO, NOON)
    later = NOON + timedelta(days=30)
    payees.approve(propose(IBANS[1], later), TWO, later)
    assert paid_on(later + REST - timedelta(seconds=1)) == IBANS[0]
    assert paid_on(later + REST) == IBANS[1]
    shown = payees.accounts(MUNI, PAYEE, later)
    assert shown.current
    assert shown.resting
    assert (shown.current.iban, shown.resting.iban, shown.waiting) == (IBANS[0], IBANS[1], None)


def test_a_blocked_account_is_not_paid_nor_the_one_before_it() -> None:
    payees.approve(propose(), TWO, NOON)
    later = NOON + timedelta(days=30)
    second = payees.approve(propose(IBANS[1], later), TWO, later)
    after = later + timedelta(days=4)
    payees.block(second, "AC04", after)
    payees.block(second, "AC01", after)
    assert paid_on(after) is None
    assert payees.attention(MUNI, after) == {PAYEE: "blocked"}
    blocked = payees.accounts(MUNI, PAYEE, after).blocked
    assert blocked
    assert (blocked.iban, blocked.blocked_reason) == (IBANS[1], "AC04")
    payees.approve(propose(IBANS[1], after), TWO, after)
    assert payees.attention(MUNI, after) == {}
    assert paid_on(after + REST) == IBANS[1]


def test_an_account_that_is_blocked_while_it_rests_never_counts() -> None:
    made = payees.approve(propose(), TWO, NOON)
    payees.block(made, "stolen mail", NOON)
    assert paid_on(NOON + REST) is None
    assert payees.accounts(MUNI, PAYEE, NOON).resting is None


def test_steps_happen_once_and_again_changes_nothing() -> None:
    made = propose()
    assert propose() == made
    with pytest.raises(payees.StillOpen):
        propose(IBANS[1])
    payees.approve(made, TWO, NOON)
    again = payees.approve(made, TWO, NOON + timedelta(days=9))
    assert again.approved_at == NOON
    with pytest.raises(payees.AlreadyDecided):
        payees.approve(made, "staff:3", NOON)
    with pytest.raises(payees.AlreadyDecided):
        payees.refuse(made, TWO, NOON)


def test_a_refused_proposal_makes_room() -> None:
    made = propose()
    assert payees.refuse(made, TWO, NOON).refused_by == TWO
    assert payees.refuse(made, TWO, NOON).refused_at == NOON
    with pytest.raises(payees.AlreadyDecided):
        payees.approve(made, TWO, NOON)
    assert propose(IBANS[1]).iban == IBANS[1]


@pytest.mark.parametrize(
    "iban", ["NL91ABNA0417164301", "NL91", "", "XX00BANK", "BR1800360305000010009795493C1"]
)
def test_an_iban_that_sepa_cannot_pay_is_refused(iban: str) -> None:
    with pytest.raises(payees.WrongIban):
        propose(iban)
    assert not PayeeAccount.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "/", "x" * 71])
def test_a_name_that_no_bank_reads_is_refused(name: str) -> None:
    with pytest.raises(payees.WrongName):
        payees.propose(MUNI, PAYEE, name, IBANS[0], ONE, NOON)


def test_what_the_bank_said_of_the_name_is_kept_and_a_no_is_not_approved() -> None:
    made = propose(name_check="close", checked_at=NOON)
    assert (made.name_check, made.checked_at) == ("close", NOON)
    payees.refuse(made, TWO, NOON)
    other = propose(name_check="no", checked_at=NOON)
    with pytest.raises(payees.NameDoesNotFit):
        payees.approve(other, TWO, NOON)
