"""Somebody moves: who sees and spends changes at once, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from tests.services.ledgers import snapshot
from tests.services.test_household import pay_for, seen
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet.models import DeskEvent, GrantLine, Holder, Household, IssuedPass, Municipality
from wallet.services import erase, grant, holders, moves
from wallet.services.moves import Address
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db
ELSEWHERE = Address("Weg 2", "9712 BB", "Teststad")


def by(town: Town) -> dict[str, Any]:
    """Who does it, when and why."""
    return {"staff": town.staff, "now": timezone.now(), "reason": "gescheiden"}


def adult(town: Town, at: Address = ELSEWHERE, name: str = "Ouder Drie") -> Holder:
    """Somebody who lives elsewhere."""
    home = holders.new_household(muni=town.muni, street=at.street, postcode=at.postcode, town=at.town)
    return holders.new_holder(
        household=home, name=name, birth_date=date(1985, 3, 4), staff=town.staff, now=timezone.now()
    )


def move(town: Town, who: Holder, to: Household | Address, moved_from: int | None = None) -> None:
    """Move somebody, from where it lives unless told otherwise."""
    start = moved_from or Holder.objects.get(pk=who.pk).household_id
    moves.move(holder=who, moved_from=start, to=to, **by(town))


def home_of(who: Holder) -> Household:
    """Where somebody lives now."""
    return Holder.objects.get(pk=who.pk).household


def test_a_child_that_goes_to_the_other_parent_is_seen_and_paid_for_there_alone(town: Town) -> None:
    child, other = town.child(), adult(town)
    old, new, own = town.phone(), town.phone(other), town.phone(child)
    assert pay_for(old, "child", town, 500) is None
    for phone, relation in ((old, "child"), (old, "self"), (own, "self")):
        assert phone.refill(CLOTHES, 1, relation=relation).status == 201
    theirs, mine, child_s = old.passes.pop(0), old.passes.pop(), own.passes.pop()
    before = snapshot()
    move(town, child, other.household)
    after = snapshot()
    assert {what for what in after if after[what] != before[what]} == {"wallet.DeskEvent", "revoked"}
    till = town.till()
    codes = [
        till.redeem(held.show(old.clock(), 100), 100, CLOTHES).code for held in (theirs, mine, child_s)
    ]  # no phone has called since, and no round was made
    assert codes == ["pass_revoked", None, None]
    assert seen(old) == {("Test", "self")} and seen(own) == {("Kind", "self")}
    assert seen(new) == {("Kind", "child")}
    assert -500 in {line["amount"] for line in new.state["activity"]}
    assert pay_for(new, "child", town, 300) is None
    assert (town.balance(holder=child), town.balance()) == (9_100, 14_900)
    line = DeskEvent.objects.get(verb="holder moved")
    assert (line.subject_id, line.reason, line.staff) == (str(child.pk), "gescheiden", town.staff)


def test_an_adult_who_leaves_loses_the_children_and_gains_those_of_the_new_home(town: Town) -> None:
    town.child()
    there = adult(town)
    theirs = holders.new_holder(
        household=there.household, name="Klein Daar", birth_date=town.child().birth_date,
        staff=town.staff, now=timezone.now(),
    )  # fmt: skip
    holders.new_voucher(
        holder=theirs, programme=town.programmes[CLOTHES], staff=town.staff, now=timezone.now()
    )
    leaver, stayer = town.phone(town.neighbour), town.phone()
    for phone in (leaver, stayer):
        phone.refill(CLOTHES, 1, relation="child")
        phone.refill(CLOTHES, 1)
    move(town, town.neighbour, there.household)
    left = IssuedPass.objects.filter(revoked_at=None).values_list(
        "device__holder__name", "voucher__holder__name"
    )
    assert sorted(left) == [("Test Een", "Kind Een"), ("Test Een", "Test Een"), ("Test Twee", "Test Twee")]
    assert seen(leaver) == {("Test", "self"), ("Klein", "child")}


def test_helpers_cards_and_the_letter_go_along(town: Town) -> None:
    phone = town.helper_phone(town.helper())
    phone.refill(CLOTHES, 1)
    move(town, town.holder, ELSEWHERE)
    held = phone.passes.pop()
    assert town.till().redeem(held.show(phone.clock(), 100), 100, CLOTHES).code is None
    assert moves.written(home_of(town.holder)) == "Weg 2, 9712 BB Teststad"


def elsewhere(town: Town) -> Household:
    """A household of another municipality, where somebody lives."""
    muni = Municipality.objects.create(number=15, name="Elders", phone="", hours="", address="")
    home = holders.new_household(muni=muni, street="Weg 2", postcode="9712 BB", town="Elders")
    holders.new_holder(
        household=home, name="Els", birth_date=date(1985, 3, 4), staff=town.staff, now=timezone.now()
    )
    return home


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (lambda town: town.holder.household, "woont daar al"),
        (elsewhere, "woont niemand meer"),
        (lambda town: holders.new_household(muni=town.muni, street="", postcode="", town=""), "niemand meer"),
        (lambda town: Address("Weg 2", "", "Teststad"), "hele adres"),
        (lambda town: Address("", "", ""), "hele adres"),
    ],
)
def test_there_are_places_where_nobody_moves_to(
    town: Town, to: Callable[[Town], Household | Address], words: str
) -> None:
    place = to(town)
    before = snapshot()
    with pytest.raises(Refused, match=words):
        move(town, town.holder, place)
    assert (snapshot(), home_of(town.holder)) == (before, town.holder.household)


def test_who_was_erased_does_not_move(town: Town) -> None:
    Holder.objects.filter(pk=town.holder.pk).update(erased_at=timezone.now())
    with pytest.raises(Refused, match="gewist"):
        move(town, town.holder, ELSEWHERE)
    with pytest.raises(Refused, match="gewist"):
        moves.change_address(holder=town.holder, was="Laan 1, 9711 AA Teststad", to=ELSEWHERE, **by(town))


@pytest.mark.parametrize("kind", ["a household", "an address"])
def test_the_same_move_sent_twice_is_one_and_another_from_there_is_refused(town: Town, kind: str) -> None:
    to = adult(town).household if kind == "a household" else ELSEWHERE
    start = town.holder.household_id
    move(town, town.holder, to)
    once = snapshot()
    move(town, town.holder, to, moved_from=start)
    with pytest.raises(Refused, match="intussen verhuisd"):
        move(town, town.holder, Address("Kade 3", "9713 CC", "Teststad"), moved_from=start)
    assert snapshot() == once and home_of(town.holder).street == "Weg 2"


def test_the_address_of_a_household_that_nobody_belongs_to_any_more_is_overwritten(town: Town) -> None:
    old = town.holder.household
    Holder.objects.filter(pk=town.child().pk).update(erased_at=timezone.now())
    move(town, town.holder, ELSEWHERE)
    old.refresh_from_db()
    assert old.street == "Laan 1"
    move(town, town.neighbour, home_of(town.holder))
    old.refresh_from_db()
    assert (old.street, old.postcode, old.town) == ("", "", "")
    with pytest.raises(Refused, match="niemand meer"):
        holders.new_holder(
            household=old, name="X", birth_date=date(1990, 1, 1), staff=town.staff, now=timezone.now()
        )


def test_who_moved_after_a_page_was_read_is_erased_where_it_lives_now(town: Town) -> None:
    child = town.child()
    read = Holder.objects.get(pk=child.pk)
    grant.undo_line(
        line=GrantLine.objects.get(voucher=town.voucher(CLOTHES, child)), staff=town.staff, reason="x",
        now=timezone.now(),
    )  # fmt: skip
    move(town, child, ELSEWHERE)
    home = home_of(child)
    erase.erase_holder(holder=read, **by(town))
    assert home_of(child) == home and home_of(child).street == ""


def or_words(done: Callable[[], object]) -> Any:
    """Nothing when it was done; else why not."""
    try:
        done()
    except Refused as refused:
        return str(refused.message)
    return None


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_move_a_holder_at_one_moment_one_does(real_town: Town) -> None:
    start, new = real_town.holder.household_id, adult(real_town).household
    said = at_once(
        [
            lambda to=to: or_words(lambda: move(real_town, real_town.holder, to, start))
            for to in (new, ELSEWHERE)
        ]
    )
    assert sorted(one is None for one in said) == [False, True]
    assert DeskEvent.objects.filter(verb="holder moved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_moves_in_as_the_last_one_leaves_has_an_address(real_town: Town) -> None:
    last = adult(real_town)
    at_once(
        [
            lambda: or_words(lambda: move(real_town, last, Address("Kade 3", "9713 CC", "Teststad"))),
            lambda: or_words(lambda: move(real_town, real_town.holder, last.household)),
        ]
    )
    assert not Household.objects.filter(street="", holders__erased_at=None).exclude(holders=None).exists()


@pytest.mark.django_db(transaction=True)
def test_what_an_adult_s_phone_asks_at_the_instant_of_a_move_is_not_beyond_its_reach(real_town: Town) -> None:
    child = real_town.child()
    phone = real_town.phone()
    at_once(
        [
            lambda: phone.refill(CLOTHES, 4, relation="child"),
            lambda: or_words(lambda: move(real_town, child, ELSEWHERE)),
        ]
    )
    assert not IssuedPass.objects.filter(device__holder=real_town.holder, revoked_at=None).exists()


# --- the whole household ------------------------------------------------------------------------------------
def test_a_household_gets_another_address_once(town: Town) -> None:
    phone, was = town.phone(), "Laan 1, 9711 AA Teststad"
    phone.refill(CLOTHES, 1)
    for _ in range(2):
        moves.change_address(holder=town.holder, was=was, to=ELSEWHERE, **by(town))
    assert moves.written(home_of(town.neighbour)) == "Weg 2, 9712 BB Teststad"
    line = DeskEvent.objects.get(verb="address changed")
    assert (line.subject_id, line.reason) == (str(town.holder.pk), "gescheiden")
    assert not IssuedPass.objects.exclude(revoked_at=None).exists()
    before = snapshot()
    for to, then, words in (
        (Address("Kade 3", "9713 CC", "Teststad"), was, "intussen gewijzigd"),
        (ELSEWHERE, moves.written(ELSEWHERE), "nu al"),
        (Address("Kade 3", "9713 CC", ""), moves.written(ELSEWHERE), "hele adres"),
    ):
        with pytest.raises(Refused, match=words):
            moves.change_address(holder=town.holder, was=then, to=to, **by(town))
    assert snapshot() == before and home_of(town.holder).street == "Weg 2"


# --- what is asked and told before --------------------------------------------------------------------------
def test_a_household_is_found_by_a_number_or_its_address_and_asking_is_a_line_of_the_trail(
    town: Town,
) -> None:
    asks = {"muni": town.muni, **by(town)}
    number = town.holder.number
    assert moves.home_of(number=f"{number[:4]} {number[4:]}", **asks) == town.holder.household
    found = moves.homes_at(address=Address("laan 1", "9711aa", ""), **asks)
    assert found == [town.holder.household]
    for street, postcode in (
        ("Laan 11", "9711 AA"),
        ("Laan 1 A", "9711 AA"),
        ("Laan", "9711 AA"),
        ("1", "9"),
    ):
        assert moves.homes_at(address=Address(street, postcode, ""), **asks) == []
    asked = DeskEvent.objects.filter(verb="searched").order_by("pk").values_list("subject_id", "reason")
    assert list(asked[:2]) == [(number, "gescheiden"), ("9711aa 1", "gescheiden")]
    for wrong in ("1", "0" * 12, "x"):
        with pytest.raises(Refused, match="Niemand heeft"):
            moves.home_of(number=wrong, **asks)
    elsewhere(town)
    assert moves.homes_at(address=ELSEWHERE, **asks) == []
    assert moves.home(town.muni, town.holder.household_id) == town.holder.household
    with pytest.raises(Refused):
        moves.home(Municipality.objects.get(number=15), town.holder.household_id)


def names(some: list[Holder]) -> list[str]:
    """What they are called."""
    return [one.name for one in some]


def test_what_a_move_changes_is_told_before(town: Town) -> None:
    child, other, now = town.child(), adult(town), timezone.now()
    of_child = moves.effect(child, other.household, now)
    assert (of_child.child, names(of_child.gained), names(of_child.lost)) == (
        True, ["Ouder Drie"], ["Test Een", "Test Twee"],
    )  # fmt: skip
    apart = moves.effect(child, ELSEWHERE, now)
    assert (apart.gained, apart.alone) == ([], False)
    of_adult = moves.effect(town.holder, other.household, now)
    assert (of_adult.child, of_adult.gained, names(of_adult.lost), of_adult.alone) == (
        False, [], ["Kind Een"], False,
    )  # fmt: skip
    move(town, town.neighbour, ELSEWHERE)
    assert moves.effect(home_of(town.holder).holders.get(pk=town.holder.pk), ELSEWHERE, now).alone
    assert names(moves.effect(town.neighbour, town.holder.household, now).gained) == ["Kind Een"]
