"""The letter that brings a holder's codes, or a helper's: one A4 page for a window envelope.

1. The address stands where Dutch window envelopes show it (25 mm from the left, 50 mm from the top).
2. The code stands in two blocks, and once more in a QR code, drawn as vectors, that opens the wallet with it.
3. The text is plain (B1), in the holder's language: Dutch, or English for everybody else.
4. Printing again makes new codes, and the ones before stop working: a lost letter is worth nothing.
5. Below it stands the block code, to keep: whoever has it can block the phone, and do nothing else.
6. A helper's letter goes to the holder's home, care of the holder: no helper's address is kept.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fpdf import FPDF

from wallet.models import Helper, Holder, LetterOrder, Municipality, Staff
from wallet.protocol.money import EUR, format_amount
from wallet.services import codes, enrol, holders, reach, symbol, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

MARGIN = 25.0  # mm, left and right
WINDOW_TOP = 50.0  # mm
QR_SIZE = 44.0  # mm, quiet zone included
INK, SOFT, ACCENT = (29, 36, 48), (74, 83, 97), (11, 79, 94)
_FONTS = Path(__file__).parent / "fonts"


class Receiver(NamedTuple):
    """Whose phone a letter is for: the holder's, or the helper's when there is one."""

    holder: Holder
    helper: Helper | None = None

    @property
    def name(self) -> str:
        """To whom the letter is."""
        return self.helper.name if self.helper else self.holder.name


class Codes(NamedTuple):
    """What lets the phone in, and what blocks it; each `ABCDE-FGHJK`."""

    activation: str
    block: str


def new_letter(*, holder: Holder, staff: Staff, now: datetime, helper: Helper | None = None) -> bytes:
    """A letter with new codes, as PDF. The older codes stop working. Raises Refused."""
    return new_letters([Receiver(holder, helper)], staff=staff, now=now)


@transaction.atomic
def new_letters(receivers: Sequence[Receiver], *, staff: Staff, now: datetime) -> bytes:
    """Letters with new codes in one PDF; orders for them are done. Raises Refused."""
    made = [(to, new_codes(to, now)) for to in receivers]
    for to in receivers:
        LetterOrder.objects.filter(holder=to.holder, helper=to.helper, done_at=None).update(done_at=now)
        trail.record(staff=staff, verb=Verb.LETTER_PRINTED, subject=to.helper or to.holder, now=now)
    document = _document(now)
    for to, found in made:
        _draw(document, to, found, now)
    return bytes(document.output())


def new_codes(to: Receiver, now: datetime) -> Codes:
    """In a transaction: new codes for a letter; the older ones stop working. Raises Refused."""
    holders.require_present(to.holder)
    if to.helper and reach.is_over(to.helper, now):
        raise Refused(_("This helper has stopped. Add the helper again first."))
    return Codes(
        enrol.make_activation_code(to.holder, now, to.helper),
        enrol.make_block_code(to.holder, now, to.helper),
    )


def activation_letter(
    holder: Holder, code: str, now: datetime | None = None, *, block: str = "", helper: Helper | None = None
) -> bytes:
    """Draw the letter with `code` and, if any, the block code (`ABCDE-FGHJK`) as PDF, dated `now`."""
    now = now or timezone.now()
    document = _document(now)
    _draw(document, Receiver(holder, helper), Codes(code, block), now)
    return bytes(document.output())


def wallet_address(code: str) -> str:
    """What the QR code says: the wallet's address with the code in its fragment, which no server sees."""
    return f"{settings.BASE_URL}/wallet/#code={code.replace('-', '')}"


def _document(now: datetime) -> FPDF:
    page = FPDF(format="A4")
    page.set_creation_date(now)
    page.set_auto_page_break(auto=False)
    for style, name in (("", "Regular"), ("B", "Bold")):
        page.add_font("Noto Sans", style, _FONTS / f"NotoSans-{name}.ttf")
    return page


def _draw(page: FPDF, to: Receiver, found: Codes, now: datetime) -> None:
    """Add one letter, in the holder's language."""
    with translation.override("nl" if to.holder.language == "nl" else "en"):
        page.set_lang(translation.get_language() or "nl")
        page.set_title(_("Your code for Meedoen"))
        page.set_margins(MARGIN, 20, MARGIN)
        page.add_page()
        _sender(page, to.holder.muni)
        _receiver(page, to)
        _text(page, to, now)
        _code_box(page, found.activation, now)
        if found.block:
            _block_code(page, found.block, to)
        _help(page, to.holder.muni)


def _write(page: FPDF, text: str, size: float, *, bold: bool = False, soft: bool = False) -> None:
    """One paragraph at the left margin, as wide as the page lets it be; `size` in points."""
    page.set_font("Noto Sans", "B" if bold else "", size)
    page.set_text_color(*(SOFT if soft else INK))
    page.set_x(MARGIN)
    page.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _sender(page: FPDF, muni: Municipality) -> None:
    page.set_fill_color(*ACCENT)
    page.rect(MARGIN, 18, 12, 2.4, style="F")
    page.set_y(22.5)
    _write(page, muni.name, 15, bold=True)
    page.set_xy(MARGIN, WINDOW_TOP - 7)
    page.set_font("Noto Sans", "", 7)
    page.set_text_color(*SOFT)
    page.cell(85, 3.5, " · ".join(line.strip() for line in muni.address.splitlines()))


def _receiver(page: FPDF, to: Receiver) -> None:
    home = to.holder.household
    page.set_y(WINDOW_TOP)
    care_of = [_("care of %(name)s") % {"name": to.holder.name}] if to.helper else []
    for line in (to.name, *care_of, home.street, f"{home.postcode}  {home.town}"):
        _write(page, line, 11)


def _text(page: FPDF, to: Receiver, now: datetime) -> None:
    page.set_y(95)
    _write(page, date_format(timezone.localtime(now), "j F Y"), 10, soft=True)
    page.ln(4)
    _write(page, _("Your code for Meedoen"), 20, bold=True)
    page.ln(3)
    _write(page, _("Dear %(name)s,") % {"name": to.name}, 11.5)
    page.ln(2.5)
    _write(page, _for_helper(to.holder, to.helper) if to.helper else _for_holder(), 11.5)
    page.ln(2.5)
    for number, step in enumerate(_steps(), 1):
        _write(page, f"{number}.  {step}", 11.5)
        page.ln(0.8)


def _for_holder() -> str:
    return _(
        "You get money or tickets from us to take part. "
        "You keep them in Meedoen, a wallet on your phone. "
        "You pay with it in shops and at clubs. With the code below you open your wallet."
    )


def _for_helper(holder: Holder, helper: Helper) -> str:
    return _(
        "You help %(name)s with paying. You do that with Meedoen, a wallet on your phone. "
        "You may spend %(purchase)s at a time and %(month)s in a month, until %(day)s. "
        "%(name)s sees what you pay. With the code below you open your wallet."
    ) % {
        "name": reach.first_name(holder.name),
        "purchase": format_amount(helper.per_purchase, EUR),
        "month": format_amount(helper.per_month, EUR),
        "day": date_format(timezone.localtime(helper.until - timedelta(seconds=1)), "j F Y"),
    }


def _steps() -> Iterator[str]:
    yield _("Open the camera of your phone. Point it at the square below.")
    yield _("Or go to %(address)s and type the code.") % {"address": _bare(settings.BASE_URL) + "/wallet/"}
    yield _("Follow the steps on your phone. Your wallet is ready.")


def _bare(url: str) -> str:
    return url.partition("://")[2]


def _code_box(page: FPDF, code: str, now: datetime) -> None:
    top, height = 178.0, QR_SIZE + 12
    page.set_draw_color(*ACCENT)
    page.set_line_width(0.6)
    page.rect(MARGIN, top, page.epw, height, style="D", round_corners=True, corner_radius=4)
    draw_qr(page, wallet_address(code), page.w - MARGIN - 6 - QR_SIZE, top + 6, QR_SIZE)
    page.set_y(top + 11)
    page.set_left_margin(MARGIN + 8)
    for text, size, bold in (
        (_("Your code"), 11, False),
        (code, 27, True),
        (_("The code works until %(day)s.") % {"day": _last_day(now)}, 10.5, False),
        (_("It works one time. Give it to nobody."), 10.5, False),
    ):
        page.set_font("Noto Sans", "B" if bold else "", size)
        page.set_text_color(*INK)
        page.cell(100, size * 0.55, text, new_x="LMARGIN", new_y="NEXT")
    page.set_left_margin(MARGIN)
    page.set_y(top + height + 6)


def _last_day(now: datetime) -> str:
    return date_format(timezone.localtime(now + timedelta(days=codes.LIFE_DAYS)), "j F Y")


def _block_code(page: FPDF, code: str, to: Receiver) -> None:
    _write(page, _("Phone lost? Block it: %(code)s") % {"code": code}, 13, bold=True)
    page.ln(0.8)
    words = _("Keep this letter at home. Type this code at %(address)s, or call %(phone)s. Your money stays.")
    told = {"address": _bare(settings.BASE_URL) + "/wallet/", "phone": to.holder.muni.phone}
    number = "" if to.helper else " " + _("Your pass number is %(number)s.") % {"number": to.holder.number}
    _write(page, words % told + number, 10.5)
    page.ln(2.5)


def _help(page: FPDF, muni: Municipality) -> None:
    _write(page, _("Do you need help?"), 11.5, bold=True)
    page.ln(0.8)
    _write(
        page,
        _("Call %(phone)s (%(hours)s). No phone that can do this? Call us too. We find another way.")
        % {"phone": muni.phone, "hours": muni.hours},
        11.5,
    )


def draw_qr(page: FPDF, text: str, left: float, top: float, size: float) -> None:
    """Draw `text` as a QR code of `size` mm, its quiet zone included: one box for each run."""
    rows = symbol.modules(text)
    module = size / len(rows)
    page.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        for start, length in symbol.runs(row):
            page.rect(left + start * module, top + y * module, length * module, module, style="F")
