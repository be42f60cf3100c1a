"""A holder is erased: nobody can tell any more who it was, and every cent is still accounted for."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from ledger.models import Account, Erasure, Transfer
from tests.worlds import CLOTHES, Town
from wallet.models import Device, GrantLine, Holder
from wallet.services import erase, grant, holders
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty(town: Town) -> Town:
    """A holder whose vouchers were emptied by the desk, all of it in a batch."""
    town.phone()
    for line in GrantLine.objects.filter(voucher__holder=town.holder):
        grant.undo_line(line=line, staff=town.staff, reason="moved", now=timezone.now())
    town_payment(town)
    grant.books.setup_log(14, timezone.now())
    grant.books.seal(14, timezone.now(), force=True)
    return town


def town_payment(town: Town) -> None:
    """The neighbour pays, so that there is something to seal."""
    phone, till = town.phone(town.neighbour), town.till()
    phone.refill(CLOTHES, 1)
    answer = till.redeem(phone.passes[0].show(timezone.now().timestamp(), 500), 500, CLOTHES)
    assert answer.status == 201, answer


def test_name_address_and_phones_go_and_the_money_stays(empty: Town) -> None:
    rows, total = Transfer.objects.count(), Account.objects.aggregate(sum=Sum("balance"))
    old = (empty.holder.number, empty.holder.name)
    call_command("erase_holder", old[0], staff="desk", reason="asked")
    found = Holder.objects.get(pk=empty.holder.pk)
    assert found.erased_at and found.name == "" and found.birth_date == erase.NOBODY_BORN_ON
    assert found.number != old[0]
    assert found.household.street  # the neighbour lives there
    assert not Device.objects.filter(holder=found, revoked_at=None).exists()
    assert (Transfer.objects.count(), Account.objects.aggregate(sum=Sum("balance"))) == (rows, total)
    again = holders.find(
        muni=empty.muni, query=old[1], reason="payment", staff=empty.staff, now=timezone.now()
    )
    assert again == []


def test_the_last_one_to_go_takes_the_address_along(empty: Town) -> None:
    Holder.objects.filter(pk=empty.neighbour.pk).update(erased_at=timezone.now())
    erase.erase_holder(holder=empty.holder, staff=empty.staff, reason="asked", now=timezone.now())
    empty.holder.household.refresh_from_db()
    assert empty.holder.household.street == ""


def test_a_holder_with_money_is_not_erased(town: Town) -> None:
    with pytest.raises(Refused):
        erase.erase_holder(holder=town.holder, staff=town.staff, reason="asked", now=timezone.now())
    with pytest.raises(CommandError):
        call_command("erase_holder", town.holder.number, staff="desk", reason="asked")
    with pytest.raises(CommandError):
        call_command("erase_holder", "123", staff="desk", reason="asked")
    town.holder.refresh_from_db()
    assert town.holder.name and Erasure.objects.count() == 0
