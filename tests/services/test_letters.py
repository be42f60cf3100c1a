"""The letter: read back by another program, its QR code decoded by another decoder."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest
import zxingcpp
from django.conf import settings
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from tests.worlds import Town
from wallet.models import DeskEvent
from wallet.protocol.refusals import Refused
from wallet.services import enrol, letters, symbol
from wallet.services.codes import ALPHABET

CODE = "ABCDE-FGHJK"


def text_of(pdf: bytes) -> str:
    """The words of a letter."""
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    return re.sub(r"\s+", " ", reader.pages[0].extract_text())


def picture_of(modules: list[list[bool]], scale: int = 6) -> Image.Image:
    """A QR code's modules as a picture."""
    side = len(modules)
    picture = Image.new("L", (side, side), 255)
    picture.putdata([0 if dark else 255 for row in modules for dark in row])
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def test_a_letter_says_code_address_and_where_to_call(town: Town) -> None:
    text = text_of(letters.activation_letter(town.holder, CODE, timezone.now()))
    for said in (
        CODE,
        "Test Een",
        "Laan 1",
        "9711 AA",
        "Teststad",
        "14 050",
        "ma-vr 9-17",
        "Uw code voor Meedoen",
    ):
        assert said in text


def test_a_letter_names_the_pass_as_the_desk_writes_it(town: Town) -> None:
    text = text_of(letters.activation_letter(town.holder, CODE, timezone.now(), block="KLMNP-QRSTV"))
    assert f"Uw pasnummer is {town.holder.number[:4]} {town.holder.number[4:]}." in text


def test_whoever_reads_another_language_gets_english(town: Town) -> None:
    town.holder.language = "tr"
    text = text_of(letters.activation_letter(town.holder, CODE, timezone.now()))
    assert "Your code for Meedoen" in text
    assert "Uw code" not in text


@pytest.mark.parametrize("name", ["Łukasz Żółć", "İbrahim Şahin", "Олена Коваль", "Nguyễn Thị Hạnh"])
def test_names_are_printed_with_their_own_letters(town: Town, name: str) -> None:
    town.holder.name = name
    assert name in text_of(letters.activation_letter(town.holder, CODE, timezone.now()))


def test_the_address_stands_in_the_window_of_the_envelope(town: Town) -> None:
    places: list[tuple[float, float]] = []

    def visit(text: str, _cm: object, matrix: list[float], _font: object, _size: object) -> None:
        if "Test Een" in text and "," not in text:
            places.append((matrix[4], matrix[5]))

    pdf = letters.activation_letter(town.holder, CODE, timezone.now())
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    page.extract_text(visitor_text=visit)
    left, bottom = (value / 72 * 25.4 for value in places[0])
    assert 20 <= left <= 30
    assert 297 - 60 <= bottom <= 297 - 45


def test_the_qr_code_opens_the_wallet_with_the_code(town: Town, tmp_path: Path) -> None:
    pdf = letters.activation_letter(town.holder, CODE, timezone.now())
    (tmp_path / "letter.pdf").write_bytes(pdf)
    try:
        subprocess.run(
            ["pdftoppm", "-r", "200", "-png", "-singlefile", "letter.pdf", "letter"], cwd=tmp_path, check=True
        )
        picture = Image.open(tmp_path / "letter.png")
    except FileNotFoundError:  # no poppler here: the same modules, drawn by us
        picture = picture_of(symbol.modules(letters.wallet_address(CODE)))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == f"{settings.BASE_URL}/wallet/#code=ABCDEFGHJK"
    assert found.error is None or not found.error.message


def test_the_path_on_the_screen_is_the_same_code() -> None:
    path, side = symbol.svg_path("https://example.org/till/#code=0123456789")
    drawn = [[False] * side for _ in range(side)]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        for at in range(int(x), int(x) + int(length)):
            drawn[int(y)][at] = True
    (found,) = zxingcpp.read_barcodes(picture_of(drawn))
    assert found.text == "https://example.org/till/#code=0123456789"


def test_the_qr_code_is_drawn_not_embedded_as_a_picture(town: Town) -> None:
    page = PdfReader(io.BytesIO(letters.activation_letter(town.holder, CODE, timezone.now()))).pages[0]
    assert list(page.images) == []


def codes_in(pdf: bytes) -> list[str]:
    """The codes that letters carry: on each the one that lets in, then the one that blocks."""
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.findall(rf"\b([{ALPHABET}]{{5}}-[{ALPHABET}]{{5}})\b", text)


def code_in(pdf: bytes) -> str:
    """The code of a letter that lets in."""
    first, _block = codes_in(pdf)
    return first


def test_printing_again_makes_a_new_code_and_the_old_one_dies(town: Town) -> None:
    first, second = (
        code_in(letters.new_letter(holder=town.holder, staff=town.staff, now=timezone.now()))
        for _ in range(2)
    )
    assert first != second
    with pytest.raises(Refused):
        enrol.enrol_device(code=first, now=timezone.now(), **key())
    assert enrol.enrol_device(code=second, now=timezone.now(), **key()).holder == town.holder


def key() -> dict[str, object]:
    """A phone's new key."""
    from wallet.protocol.signing import PrivateKey

    public = PrivateKey.generate().public
    return {"jwk": dict(public.jwk), "thumbprint": public.thumbprint}


def test_each_letter_is_a_line_of_the_trail(town: Town) -> None:
    letters.new_letter(holder=town.holder, staff=town.staff, now=timezone.now())
    event = DeskEvent.objects.get(verb="letter printed")
    assert (event.subject_id, event.staff) == (str(town.holder.pk), town.staff)
