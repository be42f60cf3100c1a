"""The desk's pages for who lives where: what they ask, show and do."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.desk_client import get, post
from tests.worlds import Town
from wallet.models import DeskEvent, Holder, Household
from wallet.services import holders

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(town: Town) -> Holder:
    """The other parent."""
    home = holders.new_household(muni=town.muni, street="Weg 2", postcode="9712 BB", town="Teststad")
    return holders.new_holder(
        household=home, name="Ouder Drie", birth_date=date(1985, 3, 4), staff=town.staff, now=timezone.now()
    )


def send(desk: Client, who: Holder, step: str = "preview", **typed: Any) -> str:
    """A step of moving somebody, in one line."""
    sent = {"reason": "gescheiden", "moved_from": who.household_id, "step": step, **typed}
    return re.sub(r"\s+", " ", post(desk, "move", who.pk, **sent))


def lives_at(who: Holder) -> str:
    """The street where somebody lives now."""
    return Holder.objects.get(pk=who.pk).household.street


def hidden(page: str, name: str) -> str:
    """What a form carries along."""
    found = re.search(f'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_a_child_moves_to_a_household_by_its_number_after_a_look_at_what_changes(
    desk: Client, town: Town, other: Holder
) -> None:
    child = town.child()
    assert f"/desk/holders/{child.pk}/move" in get(desk, "holder", child.pk)
    assert hidden(get(desk, "move", child.pk), "moved_from") == str(child.household_id)
    preview = send(desk, child, number=other.number)
    for words in (
        "Wie de tegoeden van Kind Een mag zien en uitgeven",
        "<dt>Vanaf nu</dt><dd>Ouder Drie</dd>",
        "<dt>Niet meer</dt><dd>Test Een, Test Twee</dd>",
        "Een kassa zonder internet weet het binnen 2 dagen",
        "ziet ook wat er eerder is betaald",
        "<dt>Nieuw adres</dt><dd>Weg 2, 9712 BB Teststad</dd>",
    ):
        assert words in preview, words
    assert lives_at(child) == "Laan 1" and not DeskEvent.objects.filter(verb="holder moved").exists()
    carried = {name: hidden(preview, name) for name in ("number", "reason", "moved_from", "home")}
    assert 'name="number" value="' in send(desk, child, "change", **carried)
    for _ in range(2):  # sent twice, it is one move
        page = send(desk, child, "move", **carried)
        assert "Kind Een hoort nu bij het huishouden op Weg 2, 9712 BB Teststad" in page
    assert lives_at(child) == "Weg 2" and DeskEvent.objects.filter(verb="holder moved").count() == 1
    assert "Verhuisde naar een ander huishouden:" in get(desk, "trail")
    carried["home"] = str(town.holder.household_id)
    assert "intussen verhuisd" in send(desk, child, "move", **carried)


def test_at_an_address_where_somebody_lives_the_desk_asks_with_whom(
    desk: Client, town: Town, other: Holder
) -> None:
    typed = {"street": "Weg 2", "postcode": "9712bb", "town": "Teststad"}
    asked = send(desk, town.holder, **typed)
    assert 'id="errors"' in asked and "Kies bij wie" in asked and "<span>Ouder Drie</span>" in asked
    assert 'type="radio" name="home" value="apart"' in asked
    with_them = send(desk, town.holder, home=str(other.household_id), **typed)
    assert hidden(with_them, "home") == str(other.household_id)
    apart = send(desk, town.holder, home="apart", **typed)
    assert "<dt>Gaat wonen bij</dt><dd>Niemand</dd>" in apart
    assert "Kies bij wie" in send(desk, town.holder, home="1" * 18, **typed)
    send(desk, town.holder, "move", home=hidden(apart, "home"), **typed)
    assert lives_at(town.holder) == "Weg 2"
    assert Holder.objects.get(pk=town.holder.pk).household_id != other.household_id


def test_a_warning_when_children_stay_behind_alone(desk: Client, town: Town) -> None:
    child = town.child()
    typed = {"street": "Weg 2", "postcode": "9712 BB", "town": "Teststad"}
    assert "geen volwassene" not in send(desk, town.holder, **typed)
    send(desk, town.neighbour, "move", home="apart", **typed)
    assert "Bij deze kinderen blijft geen volwassene wonen" in send(desk, town.holder, home="apart", **typed)
    assert "mag niemand anders de tegoeden van het kind" in send(desk, child, home="apart", **typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Vul een pasnummer in, of een adres"),
        ({"number": "1", "street": "Weg 2", "postcode": "9712 BB", "town": "Teststad"}, "Niet allebei"),
        ({"street": "Weg 2"}, "Vul dit in: Postcode"),
        ({"number": "99999999"}, "Niemand heeft dit pasnummer"),
        ({"number": "own"}, "woont daar al"),
        ({"number": "1", "reason": ""}, "Vul dit in: Reden"),
        ({"number": "1", "moved_from": "9" * 400}, "errors"),
        ({"number": "1", "moved_from": "x"}, "errors"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "move"])
def test_a_move_that_makes_no_sense_comes_back_with_words(
    desk: Client, town: Town, typed: dict[str, Any], said: str, step: str
) -> None:
    if typed.get("number") == "own":
        typed = {"number": town.neighbour.number, "home": town.neighbour.household_id}
    page = send(desk, town.holder, step, **typed)
    assert 'id="errors"' in page
    assert said in page or step == "move"
    assert lives_at(town.holder) == "Laan 1" and Household.objects.count() == 1


def test_the_whole_household_gets_another_address(desk: Client, town: Town) -> None:
    page = get(desk, "address", town.holder.pk)
    assert 'value="Laan 1"' in page and "Test Een, Test Twee" in page
    was = hidden(page, "was")
    typed = {"street": "Weg 2", "postcode": "9712 BB", "town": "Teststad", "reason": "verhuisd", "was": was}
    assert "Vul dit in: Plaats" in post(desk, "address", town.holder.pk, **{**typed, "town": ""})
    assert "heeft het huishouden nu al" in post(
        desk, "address", town.holder.pk, **{**typed, "street": "Laan 1", "postcode": "9711 AA"}
    )
    for _ in range(2):
        assert "Het adres is gewijzigd" in post(desk, "address", town.holder.pk, **typed)
    assert lives_at(town.neighbour) == "Weg 2"
    assert "intussen gewijzigd" in post(desk, "address", town.holder.pk, **{**typed, "street": "Kade 3"})
    assert "Wijzigde het adres van" in get(desk, "trail")


def test_nobody_is_added_where_nobody_lives(desk: Client, town: Town) -> None:
    Household.objects.update(street="", postcode="", town="")
    Holder.objects.filter(pk=town.holder.pk).update(erased_at=timezone.now())
    page = post(desk, "relative_new", town.holder.pk, name="X", birth_date="2-5-1980", language="nl")
    assert "Daar woont niemand meer" in page and not Holder.objects.filter(name="X").exists()
