"""What every printed page has: the fonts, the sender, the address in the window, and QR codes as vectors."""

from datetime import datetime
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _
from fpdf import FPDF

from wallet.models import Holder, Municipality
from wallet.services import symbol

MARGIN = 25.0  # mm, left and right
WINDOW_TOP = 50.0  # mm
INK, SOFT, ACCENT = (29, 36, 48), (74, 83, 97), (11, 79, 94)
_FONTS = Path(__file__).parent / "fonts"
_STYLES = {"": "Regular", "B": "Bold"}


def language_of(holder: Holder) -> str:
    """The language of a holder's letters: Dutch, or English for everybody else."""
    return "nl" if holder.language == "nl" else "en"


def grouped(number: str) -> str:
    """A pass number, or an IBAN, in groups of four, as people read it aloud."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def document(now: datetime) -> FPDF:
    """A new A4 document with our fonts and no page yet, dated `now`."""
    page = FPDF(format="A4")
    page.set_creation_date(now)
    page.set_auto_page_break(auto=False)
    for style, name in _STYLES.items():
        page.add_font("Noto Sans", style, _FONTS / f"NotoSans-{name}.ttf")
    return page


def begin(page: FPDF, title: str) -> None:
    """Begin a page, in the language in use."""
    page.set_lang(translation.get_language() or "nl")
    page.set_title(title)
    page.set_margins(MARGIN, 20, MARGIN)
    page.add_page()


def sheet(title: str, now: datetime) -> FPDF:
    """A new document with its first page."""
    page = document(now)
    begin(page, title)
    return page


def envelope(page: FPDF, holder: Holder, helper: str | None = None) -> None:
    """Sender and address, for an envelope with a window; a helper's letter goes care of the holder."""
    _sender(page, holder.muni)
    _receiver(page, holder, helper)


def write(page: FPDF, text: str, size: float, *, bold: bool = False, soft: bool = False) -> None:
    """One paragraph at the left margin, as wide as the page lets it be; `size` in points."""
    page.set_font("Noto Sans", "B" if bold else "", size)
    page.set_text_color(*(SOFT if soft else INK))
    page.set_x(MARGIN)
    page.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _sender(page: FPDF, muni: Municipality) -> None:
    page.set_fill_color(*ACCENT)
    page.rect(MARGIN, 18, 12, 2.4, style="F")
    page.set_y(22.5)
    write(page, muni.name, 15, bold=True)
    page.set_xy(MARGIN, WINDOW_TOP - 7)
    page.set_font("Noto Sans", "", 7)
    page.set_text_color(*SOFT)
    page.cell(85, 3.5, " · ".join(line.strip() for line in muni.address.splitlines()))


def _receiver(page: FPDF, holder: Holder, helper: str | None) -> None:
    home = holder.household
    names = [helper, _("care of %(name)s") % {"name": holder.name}] if helper else [holder.name]
    page.set_y(WINDOW_TOP)
    for line in (*names, home.street, f"{home.postcode}  {home.town}"):
        write(page, line, 11)


def draw_qr(page: FPDF, text: str, left: float, top: float, size: float) -> None:
    """Draw `text` as a QR code of `size` mm, its quiet zone included: one box for each run."""
    rows = symbol.modules(text)
    module = size / len(rows)
    page.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        for start, length in symbol.runs(row):
            page.rect(left + start * module, top + y * module, length * module, module, style="F")
