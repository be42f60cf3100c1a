"""A file of top-ups at the desk: checked, confirmed, booked."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger.books import close
from tests.web.desk_client import Page, get, post, top_up
from tests.worlds import CLOTHES, LATER, Town
from wallet.models import GrantBatch, Holder
from wallet.services import grant


def choose(desk: Client, town: Town, text: str, prg: int = CLOTHES, name: str = "herfst.csv") -> str:
    """The dry run of a file."""
    file = SimpleUploadedFile(name, text.encode())
    return post(desk, "import", programme=town.programmes[prg].pk, file=file)


CARRIED = ("programme", "file", "file_name")


def carried(page: str) -> dict[str, object]:
    """The hidden fields of a dry run's page."""
    hidden = [attrs for tag, attrs in Page(page).tags if tag == "input" and attrs.get("type") == "hidden"]
    return {str(one["name"]): one["value"] for one in hidden if one.get("name") in CARRIED}


def test_a_file_is_checked_confirmed_and_booked(desk: Client, town: Town) -> None:
    text = f"nummer;bedrag\n{town.holder.number};12,50\n{town.neighbour.number};60\n"
    page = choose(desk, town, text)
    assert "Boek 2 rijen" in page
    assert "€ 72,50" in page
    said = {"decision_ref": "Z-1", "reason": "Herfst", **carried(page)}
    again = post(desk, "import_book", confirmation="3", **said)
    assert "Typ 2 om deze rijen te boeken" in again
    assert "<title>Fout:" in again
    assert town.balance() == 15_000
    assert "Geboekt" in post(desk, "import_book", confirmation="2", **said)
    assert town.balance() == 16_250
    assert "is op" in choose(desk, town, text)


def test_wrong_rows_are_named_and_can_be_downloaded(desk: Client, town: Town) -> None:
    page = choose(desk, town, f"nummer;bedrag\n{town.holder.number};12,50\n99;60\n")
    assert "<title>Fout:" in page
    assert "1 rij moet anders" in page
    assert "Niemand heeft nummer 99" in page
    assert "Boek rijen" not in page
    answer = desk.post(reverse("desk:import_wrong_rows"), carried(page))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode("utf-8-sig").splitlines()[1].startswith("99;60;Niemand")


def test_a_file_that_cannot_be_read_has_no_sums(desk: Client, town: Town) -> None:
    page = choose(desk, town, "naam,x\n")
    assert "Dit bestand kan nog niet geboekt worden" in page
    assert "Nog in de regeling" not in page


def test_a_file_whose_rows_went_bad_meanwhile_is_not_booked(desk: Client, town: Town) -> None:
    page = choose(desk, town, f"nummer;bedrag\n{town.neighbour.number};12,50\n")
    Holder.objects.filter(pk=town.neighbour.pk).update(number="1")
    said = {"decision_ref": "Z-1", "reason": "Herfst", "confirmation": "1", **carried(page)}
    assert "Niemand heeft nummer" in post(desk, "import_book", **said)
    assert town.balance(CLOTHES, town.neighbour) == 15_000


@pytest.mark.parametrize("file", ["", "%%%", "bm9uc2Vucw=="])
def test_a_carried_file_that_was_tampered_with_books_nothing(desk: Client, town: Town, file: str) -> None:
    before = GrantBatch.objects.count()
    post(desk, "import_book", programme=town.programmes[CLOTHES].pk, file=file, confirmation="0")
    assert GrantBatch.objects.count() == before


def test_a_file_that_is_too_large_is_told_so(desk: Client, town: Town) -> None:
    assert "groter dan 1 MB" in choose(desk, town, "nummer;bedrag\n" + "1;2\n" * 300_000)


def test_a_form_without_a_file_says_what_is_missing(desk: Client, town: Town) -> None:
    assert "Vul dit in: Bestand" in post(desk, "import", programme=town.programmes[CLOTHES].pk)


def test_the_empty_file_has_the_right_columns(desk: Client) -> None:
    answer = desk.get(reverse("desk:import_template"))
    assert answer.content.decode("utf-8-sig") == "nummer;bedrag\r\n"


def test_a_long_booking_shows_how_far_it_is_and_goes_on(
    desk: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    top_up(desk, town, "50", "book")
    batch = GrantBatch.objects.get(status="booking")
    page = get(desk, "batch", batch.pk)
    assert 'hx-trigger="every 1s"' in page
    assert reverse("desk:book", args=[batch.pk]) in page
    assert 'value="0"' in get(desk, "progress", batch.pk)
    answer = desk.post(reverse("desk:book", args=[batch.pk]), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert town.balance() == 20_000


def test_a_top_up_says_which_holders_did_not_get_it_and_why(
    desk: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    top_up(desk, town, "50", "book", LATER)
    batch = GrantBatch.objects.get(status="booking")
    close([town.voucher(LATER).pot], timezone.now())
    page = post(desk, "book", batch.pk)
    assert "1 pashouder kreeg deze opwaardering niet" in page
    assert "€ 50,00</bdi> ging terug naar het budget" in page
    assert "Niet gegeven: het tegoed is gesloten" in page
    assert "Wordt geboekt" not in page
    assert 'value="0"' in get(desk, "progress", batch.pk)
