"""Programmes at the desk: made with their budget, refused with a reason, and drawn with their money."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web.desk_client import get, post
from tests.worlds import Town
from wallet.models import Programme


def programme(**changes: object) -> dict[str, object]:
    """A programme as it is typed."""
    return {
        "name": "Boeken", "name_en": "Books", "icon": "book", "kind": "tickets", "ticket_price": "7,50",
        "starts": "1-1-2026", "ends": "31-12-2027", "categories": ["school"], "budget": "1000",
        "decision_ref": "B-9",
    } | changes  # fmt: skip


def test_a_programme_is_made_with_its_budget(desk: Client, town: Town) -> None:
    assert "€ 1.000,00" in post(desk, "programme_new", **programme())
    made = Programme.objects.get(name="Boeken")
    assert (made.number, made.unit_cents, made.categories) == (51, 750, ["school"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ticket_price": ""}, "Vul in wat één kaartje kost"),
        ({"card_ofl": "2"}, "Schrijf hoogstens 5,00"),
        ({"kind": "money", "card_ofl": "5,01"}, "Schrijf hoogstens 5,00"),
        ({"ends": "1-1-2025"}, "De laatste dag ligt vóór de eerste"),
        ({"budget": "veel"}, "Schrijf een bedrag boven nul"),
    ],
)
def test_a_programme_that_is_not_right_says_why(
    desk: Client, town: Town, changes: dict[str, object], words: str
) -> None:
    assert words in post(desk, "programme_new", **programme(**changes))
    assert not Programme.objects.filter(name="Boeken").exists()


def test_budgets_are_a_picture_with_the_same_numbers_in_words(desk: Client, town: Town) -> None:
    page = get(desk, "programmes")
    assert page.count('<svg class="stacked"') == 4
    assert "€ 100.000,00" in page
    assert "€ 300,00" in page
    assert "€ 99.700,00" in page
