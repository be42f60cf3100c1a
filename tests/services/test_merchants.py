"""Shops, branches and tills as the desk makes and stops them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger import api as books
from ledger.models import PayeeAccount
from tests.worlds import IBAN, Town
from wallet.models import DeskEvent, Merchant, Municipality, Staff
from wallet.services import bankaccounts, catalogue, merchants
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
    waiting = bankaccounts.of(new(town, iban), timezone.now()).waiting
    assert waiting
    assert waiting.iban == iban.replace(" ", "").upper()


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


def colleague(town: Town) -> Staff:
    return Staff.objects.create(username="colleague", muni=town.muni, role=Staff.Role.FINANCE)


class TestBankAccounts:
    """Where a shop is paid changes by two people, and not at once."""

    def propose(self, town: Town, iban: str = "DE89370400440532013000", check: str = "match") -> PayeeAccount:
        return bankaccounts.propose(
            merchant=town.shop, iban=iban, account_holder="Nieuw", name_check=check,  # type: ignore[arg-type]
            reason="Brief", staff=town.staff, now=timezone.now(),
        )  # fmt: skip

    def approve(self, town: Town, account: PayeeAccount, staff: Staff) -> PayeeAccount:
        return bankaccounts.approve(merchant=town.shop, account=account.pk, staff=staff, now=timezone.now())

    def waiting(self, town: Town) -> PayeeAccount:
        waiting = bankaccounts.of(town.shop, timezone.now()).waiting
        assert waiting
        return waiting

    def test_another_person_approves_and_it_rests(self, town: Town) -> None:
        first = self.waiting(town)
        with pytest.raises(Refused, match="iemand anders"):
            self.approve(town, first, town.staff)
        approved = self.approve(town, first, colleague(town))
        assert bankaccounts.of(town.shop, timezone.now()).resting == approved
        later = timezone.now() + timedelta(days=3, minutes=1)
        assert bankaccounts.of(town.shop, later).current == approved

    def test_one_proposal_at_a_time(self, town: Town) -> None:
        with pytest.raises(Refused, match="wacht al"):
            self.propose(town)
        bankaccounts.refuse(
            merchant=town.shop, account=self.waiting(town).pk, reason="Fout", staff=town.staff,
            now=timezone.now(),
        )  # fmt: skip
        assert self.propose(town).checked_at is not None

    def test_a_name_that_the_bank_does_not_know_is_not_approved(self, town: Town) -> None:
        bankaccounts.refuse(
            merchant=town.shop, account=self.waiting(town).pk, reason="Fout", staff=town.staff,
            now=timezone.now(),
        )  # fmt: skip
        account = self.propose(town, check="no")
        with pytest.raises(Refused) as refused:
            self.approve(town, account, colleague(town))
        assert refused.value.field == "account_holder"

    def test_an_account_of_another_shop_is_not_there(self, town: Town) -> None:
        theirs = bankaccounts.of(town.other_shop, timezone.now()).waiting
        assert theirs
        with pytest.raises(Refused, match="is er niet"):
            self.approve(town, theirs, colleague(town))

    def test_the_trail_says_who_and_why(self, town: Town) -> None:
        who = colleague(town)
        self.approve(town, self.waiting(town), who)
        self.propose(town)
        found = DeskEvent.objects.filter(subject_type="merchant", subject_id=str(town.shop.pk))
        assert list(found.order_by("pk").values_list("verb", "reason", "staff")) == [
            ("merchant added", "", town.staff.pk),
            ("account proposed", "", town.staff.pk),
            ("account approved", "", who.pk),
            ("account proposed", "Brief", town.staff.pk),
        ]
