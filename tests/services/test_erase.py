"""A holder is erased: nobody can tell any more who it was, and every cent is still accounted for."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from ledger.models import Account, Erasure, Transfer
from tests.worlds import CLOTHES, LATER, SPORT, ZOO, Town
from wallet.models import Device, GrantBatch, GrantLine, Holder
from wallet.services import enrol, erase, grant, holders, letters
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
    for query in (old[1], "1-1-1900", found.number):
        asked = {"muni": empty.muni, "query": query, "reason": "payment", "staff": empty.staff}
        assert holders.find(now=timezone.now(), **asked) == []  # type: ignore[arg-type]


def test_the_last_one_to_go_takes_the_address_along(empty: Town) -> None:
    Holder.objects.filter(pk=empty.neighbour.pk).update(erased_at=timezone.now())
    erase.erase_holder(holder=empty.holder, staff=empty.staff, reason="asked", now=timezone.now())
    empty.holder.household.refresh_from_db()
    assert empty.holder.household.street == ""


def test_nothing_is_added_to_who_was_erased(empty: Town) -> None:
    voucher = empty.voucher(LATER)
    erase.erase_holder(holder=Holder.objects.get(pk=empty.holder.pk), reason="asked", **by(empty))
    assert empty.holder.erased_at is None  # what a page had read before
    with pytest.raises(Refused, match="is gewist"):
        holders.new_voucher(holder=empty.holder, programme=empty.programmes[ZOO], **by(empty))
    with pytest.raises(Refused, match="is gewist"):
        letters.new_letter(holder=empty.holder, **by(empty))
    with pytest.raises(Refused, match="is gewist"):
        grant.top_up(voucher=voucher, amount=100, reason="x", decision_ref="Z", **by(empty))
    assert not GrantBatch.objects.filter(reason="x").exists()


def by(town: Town) -> dict[str, Any]:
    """Who does it, and when."""
    return {"staff": town.staff, "now": timezone.now()}


@pytest.mark.parametrize("status", ["waiting", "booking"])
def test_a_holder_with_a_top_up_under_way_is_not_erased(empty: Town, status: str) -> None:
    GrantBatch.objects.filter(lines__voucher=empty.voucher(SPORT)).update(status=status)
    with pytest.raises(Refused, match="wacht een opwaardering"):
        erase.erase_holder(holder=empty.holder, reason="asked", **by(empty))
    empty.holder.refresh_from_db()
    assert empty.holder.erased_at is None


def test_a_holder_with_money_is_not_erased(town: Town) -> None:
    with pytest.raises(Refused):
        erase.erase_holder(holder=town.holder, staff=town.staff, reason="asked", now=timezone.now())
    with pytest.raises(CommandError):
        call_command("erase_holder", town.holder.number, staff="desk", reason="asked")
    with pytest.raises(CommandError):
        call_command("erase_holder", "123", staff="desk", reason="asked")
    town.holder.refresh_from_db()
    assert town.holder.name and Erasure.objects.count() == 0


def test_helpers_letters_and_codes_go_along(empty: Town) -> None:
    phone, block = empty.helper_phone(empty.helper()), enrol.make_block_code(empty.holder, timezone.now())
    erase.erase_holder(holder=empty.holder, staff=empty.staff, reason="asked", now=timezone.now())
    helper = empty.holder.helpers.get()
    assert (helper.name, helper.reason, helper.revoked_at is None) == ("", "", False)
    assert phone.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert phone.lost(block).code == "unknown_code"
    assert not empty.holder.letter_orders.filter(done_at=None).exists()
