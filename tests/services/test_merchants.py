"""Shops, branches and tills as the desk makes and stops them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from ledger import api as books
from tests.worlds import IBAN, Town
from wallet.models import DeskEvent, Merchant, Municipality
from wallet.services import catalogue, merchants
from wallet.services.refused import Refused


def new(town: Town, iban: str = IBAN) -> Merchant:
    """A new shop."""
    return merchants.new_merchant(
        muni=town.muni,
        name="Nieuw",
        category="clothes",
        iban=iban,
        account_holder="Nieuw B.V.",
        email="shop@example.org",
        staff=town.staff,
        now=timezone.now(),
    )


def version(town: Town) -> int:
    """The catalogue's number in the database."""
    return Municipality.objects.values_list("catalogue_version", flat=True).get(pk=town.muni.pk)


@pytest.mark.parametrize(
    "iban", [IBAN, "NL91 ABNA 0417 1643 00", "nl91abna0417164300", "DE89370400440532013000"]
)
def test_an_iban_is_kept_in_one_form(town: Town, iban: str) -> None:
    assert new(town, iban).iban == iban.replace(" ", "").upper()


@pytest.mark.parametrize("iban", ["NL91ABNA0417164301", "NL91", "", "NL91ABNA041716430", "XX00BANK", "hello"])
def test_an_iban_that_is_not_right_is_refused_at_its_field(town: Town, iban: str) -> None:
    with pytest.raises(Refused) as refused:
        new(town, iban)
    assert refused.value.field == "iban"
    assert Merchant.objects.count() == 2


def test_numbers_follow_each_other(town: Town) -> None:
    assert [new(town).number, new(town).number] == [town.other_shop.number + 1, town.other_shop.number + 2]


def test_a_new_shop_is_owed_nothing(town: Town) -> None:
    payable = new(town).payable
    assert books.balances([payable]) == {payable: 0}


def test_a_stopped_till_is_out_of_the_catalogue_at_once(town: Town) -> None:
    till = town.till()
    row = town.till_row
    row.refresh_from_db()
    before = version(town)
    merchants.suspend_till(till=row, reason="Kwijt", staff=town.staff, now=timezone.now())
    assert version(town) == before + 1
    assert not catalogue.fresh(town.muni.pk).tills[str(row.pk)].active
    merchants.resume_till(till=row, reason="Terug", staff=town.staff, now=timezone.now())
    assert catalogue.fresh(town.muni.pk).tills[str(row.pk)].active
    assert till is not None


def test_a_stopped_till_gets_no_code(town: Town) -> None:
    merchants.suspend_till(till=town.till_row, reason="Kwijt", staff=town.staff, now=timezone.now())
    with pytest.raises(Refused):
        merchants.till_code(till=town.till_row, staff=town.staff, now=timezone.now())


def test_stopping_and_starting_leave_their_reasons(town: Town) -> None:
    merchants.suspend_till(till=town.till_row, reason="Kwijt", staff=town.staff, now=timezone.now())
    merchants.resume_till(till=town.till_row, reason="Terug", staff=town.staff, now=timezone.now())
    events = DeskEvent.objects.filter(subject_id=str(town.till_row.pk), reason__gt="").order_by("pk")
    assert [(event.verb, event.reason) for event in events] == [
        ("till suspended", "Kwijt"),
        ("till resumed", "Terug"),
    ]
