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
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fpdf import FPDF

from wallet.models import Helper, Holder, LetterOrder, Municipality, Staff
from wallet.protocol.money import EUR, format_amount
from wallet.services import codes, enrol, holders, paper, reach, trail
from wallet.services.paper import ACCENT, INK, MARGIN, write
from wallet.services.refused import Refused
from wallet.services.trail import Verb

QR_SIZE = 44.0  # mm, quiet zone included


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
    document = paper.document(now)
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
    document = paper.document(now)
    _draw(document, Receiver(holder, helper), Codes(code, block), now)
    return bytes(document.output())


def wallet_address(code: str) -> str:
    """What the QR code says: the wallet's address with the code in its fragment, which no server sees."""
    return f"{settings.BASE_URL}/wallet/#code={code.replace('-', '')}"


def _draw(page: FPDF, to: Receiver, found: Codes, now: datetime) -> None:
    """Add one letter, in the holder's language."""
    with translation.override(paper.language_of(to.holder)):
        paper.begin(page, _("Your code for Meedoen"))
        paper.envelope(page, to.holder, to.helper.name if to.helper else None)
        _text(page, to, now)
        _code_box(page, found.activation, now)
        if found.block:
            _block_code(page, found.block, to)
        _help(page, to.holder.muni)


def _text(page: FPDF, to: Receiver, now: datetime) -> None:
    page.set_y(95)
    write(page, date_format(timezone.localtime(now), "j F Y"), 10, soft=True)
    page.ln(4)
    write(page, _("Your code for Meedoen"), 20, bold=True)
    page.ln(3)
    write(page, _("Dear %(name)s,") % {"name": to.name}, 11.5)
    page.ln(2.5)
    write(page, _for_helper(to.holder, to.helper) if to.helper else _for_holder(), 11.5)
    page.ln(2.5)
    for number, step in enumerate(_steps(), 1):
        write(page, f"{number}.  {step}", 11.5)
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


def _block_code(page: FPDF, code: str, to: Receiver) -> None:
    write(page, _("Phone lost? Block it: %(code)s") % {"code": code}, 13, bold=True)
    page.ln(0.8)
    words = _("Keep this letter at home. Type this code at %(address)s, or call %(phone)s. Your money stays.")
    told = {"address": _bare(settings.BASE_URL) + "/wallet/", "phone": to.holder.muni.phone}
    named = _("Your pass number is %(number)s.") % {"number": paper.grouped(to.holder.number)}
    write(page, words % told + ("" if to.helper else f" {named}"), 10.5)
    page.ln(2.5)


def _help(page: FPDF, muni: Municipality) -> None:
    write(page, _("Do you need help?"), 11.5, bold=True)
    page.ln(0.8)
    write(
        page,
        _("Call %(phone)s (%(hours)s). No phone that can do this? Call us too. We find another way.")
        % {"phone": muni.phone, "hours": muni.hours},
        11.5,
    )
