"""Series at the desk: made in one form, approved in one step, given to one holder and from a file."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.web.desk_client import Page, get, post
from tests.worlds import Town
from wallet.models import Programme, Staff
from wallet.services import budgets


def a_series(**changes: object) -> dict[str, object]:
    """A series as it is typed."""
    year = timezone.localdate().year + 1
    return {
        "name": "Dagje uit", "name_en": "Day out", "icon": "ticket", "price": "18,50", "year": year,
        "months": ["6", "9"], "windows": f"1-7-{year} - 15-7-{year}", "per_person": "2", "quota": "100",
        "categories": ["outing"], "decision_ref": "B-9",
    } | changes  # fmt: skip


@pytest.fixture
def made(desk: Client, town: Town) -> list[Programme]:
    """A series with its budgets."""
    post(desk, "series_new", **a_series())
    found = list(Programme.objects.filter(series="Dagje uit").order_by("starts"))
    waiting = budgets.waiting(town.muni)[0]
    second = Client()
    second.force_login(Staff.objects.create(username="second", muni=town.muni, role=Staff.Role.ADMINISTRATOR))
    assert "Goedkeuren voor alle 3 periodes" in get(second, "programme", waiting.programme.number)
    told = post(second, "budget_approve", waiting.pk, series="1")
    assert "Het budget van elke periode is goedgekeurd." in told and not budgets.waiting(town.muni).exists()
    return found


def test_a_series_is_made_and_approved_in_one_step(desk: Client, made: list[Programme]) -> None:
    year = timezone.localdate().year + 1
    days = [f"juni {year}", f"1 juli {year} – 15 juli {year}", f"september {year}"]
    assert [one.name for one in made] == [f"Dagje uit: {window}" for window in days]
    page = get(desk, "programmes")
    assert page.count("Reeks Dagje uit") == 3 and page.count("€ 1.850,00") >= 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"months": [], "windows": ""}, "Kies minstens één maand"),
        ({"windows": "morgen"}, "“morgen” is geen periode"),
        ({"windows": "31-2-2099 - 1-3-2099"}, "is geen periode"),
        ({"year": "2027,5"}, "Schrijf een jaar"),
        ({"year": "20270"}, "Schrijf een jaar"),
        ({"price": "gratis"}, "boven nul"),
        ({"per_person": "101"}, "minder dan één persoon"),
        ({"months": ["13"]}, "13"),
    ],
)
def test_a_series_that_is_not_right_says_why(
    desk: Client, town: Town, changes: dict[str, object], words: str
) -> None:
    page = post(desk, "series_new", **a_series(**changes))
    assert words in page and "<title>Fout:" in page
    assert not Programme.objects.filter(series__isnull=False).exists()


def test_a_holder_gets_tickets_of_every_window_after_a_look(
    desk: Client, town: Town, made: list[Programme]
) -> None:
    assert "Reeks opwaarderen" in get(desk, "holder", town.holder.pk)
    form = {"series": "Dagje uit", "amount": "1", "decision_ref": "Z-1", "reason": "Kind", "form_id": uuid4()}
    assert "Dagje uit (3)" in get(desk, "series_top_up", town.holder.pk)
    page = post(desk, "series_top_up", town.holder.pk, step="preview", **form)
    assert page.count(">0</td>") == page.count(">1</td>") == 3
    assert not town.holder.vouchers.filter(programme__in=made).exists()
    for _ in range(2):
        page = post(desk, "series_top_up", town.holder.pk, step="book", **form)
        assert "De kaartjes van 3 periodes staan er nu op." in page and page.count("1 kaartje") >= 3
    for one in made:
        town.programmes[one.number] = one
    assert [town.balance(one.number) for one in made] == [1_850] * 3
    more = form | {"amount": "2", "form_id": uuid4()}
    for step in ("preview", "book"):
        assert "Geef er hoogstens 1" in post(desk, "series_top_up", town.holder.pk, step=step, **more)
    assert "Kies een antwoord" in post(desk, "series_top_up", town.holder.pk, step="preview", amount="1")


def test_a_file_gives_tickets_of_every_window(desk: Client, town: Town, made: list[Programme]) -> None:
    def chosen(text: str, **which: object) -> str:
        return post(desk, "import", file=SimpleUploadedFile("uit.csv", text.encode()), **which)

    rows = f"nummer;aantal\n{town.holder.number};1\n{town.neighbour.number};2\n"
    assert "Kies een antwoord" in chosen(rows)
    page = chosen(rows, programme="series:Dagje uit")
    assert "Dagje uit · 3 periodes" in page and "3 kaartjes" in page and "€ 166,50" in page
    hidden = {
        str(a["name"]): a["value"]
        for tag, a in Page(page).tags
        if tag == "input" and a.get("type") == "hidden"
    }
    said = {"decision_ref": "Z-1", "reason": "Uit", **hidden}
    assert "Typ 2" in post(desk, "import_book", confirmation="3", **said)
    assert "Geboekt" in post(desk, "import_book", confirmation="2", **said)
    assert town.neighbour.vouchers.filter(programme__in=made).count() == 3
    wrong = chosen(f"nummer;aantal\n{town.holder.number};2\n", programme="series:Dagje uit")
    assert "Geef er hoogstens 1" in wrong
    hidden = {
        str(a["name"]): a["value"]
        for tag, a in Page(wrong).tags
        if tag == "input" and a.get("type") == "hidden"
    }
    file = desk.post(reverse("desk:import_wrong_rows"), hidden).content.decode()
    assert "Geef er hoogstens 1" in file and file.count("\n") == 2
