"""Cards and coupons on paper, read back by another program: every QR code pays, and the PIN is told once."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from tests.services.test_letters import picture_of
from tests.worlds import CLOTHES, ZOO, Town
from wallet.models import Programme
from wallet.services import cardprint, cards, signedcards, symbol
from wallet.services.cards import Printed

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def pages(pdf: bytes) -> list[str]:
    """The words of each page."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def scanned(pdf: bytes, folder: Path, texts: list[str]) -> list[str]:
    """What another decoder reads in the QR codes of a PDF, page by page."""
    (folder / "print.pdf").write_bytes(pdf)
    try:
        subprocess.run(["pdftoppm", "-r", "110", "-gray", "-png", "print.pdf", "p"], cwd=folder, check=True)
        pictures = [Image.open(file) for file in sorted(folder.glob("p-*.png"))]
    except FileNotFoundError:  # no poppler here: the same modules, drawn by us
        pictures = [picture_of(symbol.modules(text)) for text in texts]
    return [found.text for picture in pictures for found in zxingcpp.read_barcodes(picture)]


def test_a_card_is_printed_with_its_pin_to_tear_off(town: Town, now: datetime, tmp_path: Path) -> None:
    town.holder.language = "en"
    town.holder.save()
    printed = cards.new_card(holder=town.holder, staff=town.staff, now=now)
    pdf = cardprint.card_letter(printed, now)
    [text] = pages(pdf)
    number = f"{town.holder.number[:4]} {town.holder.number[4:]}"
    for words in ("Test Een", "Laan 1", "Your card for Meedoen", "€ 100,00", number, "14 050", "Lost? Call"):
        assert words in text
    assert " ".join(printed.pin) in text
    assert printed.text not in text  # only the square tells it
    assert scanned(pdf, tmp_path, [printed.text]) == [printed.text]
    wide = (cardprint.CARD_WIDTH, cardprint.CARD_HEIGHT)
    assert wide == (85.6, 54.0)
    box = f"{wide[0] / 25.4 * 72:.2f} {-wide[1] / 25.4 * 72:.2f} re"
    stream = PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert stream is not None and box in stream.get_data().decode("latin-1")
    renewed = cards.new_pin(card=printed.card, staff=town.staff, now=now)
    [letter] = pages(cardprint.pin_letter(renewed, now))
    assert " ".join(renewed.pin) in letter and "Your new PIN for Meedoen" in letter
    assert scanned(cardprint.pin_letter(renewed, now), tmp_path, []) == []


def test_coupons_come_on_sheets_in_the_language_of_each_holder(
    town: Town, now: datetime, tmp_path: Path
) -> None:
    town.neighbour.language = "en"
    town.neighbour.save()
    staff, programme = town.staff, town.programmes[CLOTHES]
    made = cards.sheets(programme=programme, amount=2_000, holders_at_most=25, staff=staff, now=now)
    pdf = cardprint.coupon_sheets(made, now)
    texts = pages(pdf)
    assert [len(sheet) for sheet in made] == [8, 8]
    by_name = {"Test Een" if "Test Een" in text else "Test Twee": text for text in texts}
    assert "Bonnen voor Meedoen" in by_name["Test Een"] and "Regeling 12" in by_name["Test Een"]
    assert "Coupons for Meedoen" in by_name["Test Twee"] and "Programme 12" in by_name["Test Twee"]
    day = f"{programme.ends.day}-{programme.ends.month}-{programme.ends.year}"
    for text in texts:
        assert (text.count("€ 20,00"), text.count("€ 10,00"), text.count(day)) == (7, 1, 8)
    printed = [one.text for sheet in made for one in sheet]
    assert sorted(scanned(pdf, tmp_path, printed)) == sorted(printed)


def test_a_ticket_coupon_counts_tickets(town: Town, now: datetime) -> None:
    made: list[Printed] = cards.new_coupons(voucher=town.voucher(ZOO), amount=2, staff=town.staff, now=now)
    [text] = pages(cardprint.coupon_sheets([made], now))
    assert "2 kaartjes" in text and "1 kaartje" in text


def test_a_card_may_have_a_second_page_for_shops_without_a_connection(
    town: Town, now: datetime, tmp_path: Path
) -> None:
    Programme.objects.filter(number=CLOTHES).update(card_ofl=500)
    printed = cards.new_card(holder=town.holder, staff=town.staff, now=now)
    pdf = cardprint.card_letter(printed, now)
    _letter, page = pages(pdf)
    for words in ("Voor een winkel zonder verbinding", "€ 5,00 per dag", "geen pincode"):
        assert words in " ".join(page.split())
    second = signedcards.text_of(printed.signed[0])
    assert scanned(pdf, tmp_path, [printed.text, second]) == [printed.text, second]
