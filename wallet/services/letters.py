"""The letter that brings a holder's activation code: one A4 page for a window envelope.

1. The address stands where Dutch window envelopes show it (25 mm from the left, 50 mm from the top).
2. The code stands in two blocks, and once more in a QR code, drawn as vectors, that opens the wallet with it.
3. The text is plain (B1), in the holder's language: Dutch, or English for everybody else.
4. Printing again makes a new code, and the one before stops working: a lost letter is worth nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fpdf import FPDF

from wallet.models import Holder, Municipality, Staff
from wallet.services import codes, enrol, holders, paper, trail
from wallet.services.paper import ACCENT, INK, MARGIN, write
from wallet.services.trail import Verb

QR_SIZE = 44.0  # mm, quiet zone included


@transaction.atomic
def new_letter(*, holder: Holder, staff: Staff, now: datetime) -> bytes:
    """A letter with a new code, as PDF. The holder's older codes stop working. Raises Refused."""
    holders.require_present(holder)
    code = enrol.make_activation_code(holder, now)
    trail.record(staff=staff, verb=Verb.LETTER_PRINTED, subject=holder, now=now)
    return activation_letter(holder, code, now)


def activation_letter(holder: Holder, code: str, now: datetime | None = None) -> bytes:
    """Draw the letter with `code` (`ABCDE-FGHJK`) as PDF, dated `now`."""
    now = now or timezone.now()
    with translation.override(paper.language_of(holder)):
        return bytes(_draw(holder, code, now).output())


def wallet_address(code: str) -> str:
    """What the QR code says: the wallet's address with the code in its fragment, which no server sees."""
    return f"{settings.BASE_URL}/wallet/#code={code.replace('-', '')}"


def _draw(holder: Holder, code: str, now: datetime) -> FPDF:
    page = paper.sheet(_("Your code for Meedoen"), now)
    paper.envelope(page, holder)
    _text(page, holder, now)
    _code_box(page, code, now)
    _help(page, holder.muni)
    return page


def _text(page: FPDF, holder: Holder, now: datetime) -> None:
    page.set_y(95)
    write(page, date_format(timezone.localtime(now), "j F Y"), 10, soft=True)
    page.ln(4)
    write(page, _("Your code for Meedoen"), 20, bold=True)
    page.ln(3)
    write(page, _("Dear %(name)s,") % {"name": holder.name}, 11.5)
    page.ln(2.5)
    write(
        page,
        _(
            "You get money or tickets from us to take part. "
            "You keep them in Meedoen, a wallet on your phone. "
            "You pay with it in shops and at clubs. With the code below you open your wallet."
        ),
        11.5,
    )
    page.ln(2.5)
    for number, step in enumerate(_steps(), 1):
        write(page, f"{number}.  {step}", 11.5)
        page.ln(0.8)


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
    paper.draw_qr(page, wallet_address(code), page.w - MARGIN - 6 - QR_SIZE, top + 6, QR_SIZE)
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


def _help(page: FPDF, muni: Municipality) -> None:
    write(page, _("Do you need help?"), 11.5, bold=True)
    page.ln(0.8)
    write(
        page,
        _("Call %(phone)s (%(hours)s). No phone that can do this? Call us too. We find another way.")
        % {"phone": muni.phone, "hours": muni.hours},
        11.5,
    )
