"""Holders are found with a reason, by number, birth date or name, and shown sparingly."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from tests.worlds import CLOTHES, LATER, ZOO, Town
from wallet.models import DeskEvent, Holder
from wallet.services import holders
from wallet.services.refused import Refused


def find(town: Town, query: str) -> list[str]:
    """Names found."""
    found = holders.find(muni=town.muni, query=query, reason="calls", staff=town.staff, now=timezone.now())
    return [holder.name for holder in found]


@pytest.mark.parametrize(
    "query", ["Test Een", "test e", "een", "  een ", "2-5-1980", "1980-05-02", "02/05/1980"]
)
def test_a_holder_is_found_by_name_or_birth_date(town: Town, query: str) -> None:
    assert "Test Een" in find(town, query)


def test_a_holder_is_found_by_number_with_or_without_spaces(town: Town) -> None:
    number = town.holder.number
    assert find(town, number) == find(town, f"{number[:4]} {number[4:]}") == ["Test Een"]


@pytest.mark.parametrize("query", ["Bestaat Niet", "31-2-1980", "00", "est"])
def test_others_are_not_found(town: Town, query: str) -> None:
    assert find(town, query) == []


@pytest.mark.parametrize("query", ["", " ", "t"])
def test_a_question_that_is_too_wide_is_refused(town: Town, query: str) -> None:
    with pytest.raises(Refused) as refused:
        find(town, query)
    assert refused.value.field == "query"


def test_one_more_than_fits_says_that_there_are_more(town: Town) -> None:
    for nth in range(25):
        holders.new_holder(
            household=town.holder.household, name=f"Veel {nth}", birth_date=date(1990, 1, 1),
            staff=town.staff, now=timezone.now(),
        )  # fmt: skip
    assert len(find(town, "veel")) == holders.FOUND_AT_MOST + 1


def test_every_search_is_a_line_of_the_trail_with_its_reason(town: Town) -> None:
    find(town, "een")
    event = DeskEvent.objects.get(verb="searched")
    assert (event.subject_id, event.reason, event.staff) == ("een", "calls", town.staff)


def test_numbers_are_eight_digits_and_one_persons_own(town: Town) -> None:
    assert len(town.holder.number) == 8
    assert town.holder.number.isdigit()
    with pytest.raises(Refused):
        holders.new_holder(
            household=town.holder.household, name="X", birth_date=date(1990, 1, 1),
            staff=town.staff, now=timezone.now(), number=town.holder.number,
        )  # fmt: skip
    assert Holder.objects.count() == 2


def test_a_programme_gives_a_holder_one_voucher(town: Town) -> None:
    with pytest.raises(Refused):
        holders.new_voucher(
            holder=town.holder, programme=town.programmes[CLOTHES], staff=town.staff, now=timezone.now()
        )


def test_balances_are_in_the_programmes_units(town: Town) -> None:
    vouchers = [town.voucher(number) for number in (CLOTHES, ZOO, LATER)]
    assert list(holders.balances(vouchers).values()) == [15_000, 3, 0]
