"""Cards and coupons on paper, as PDF.

1. A card comes in a letter for a window envelope: what to do, the card to cut out (85.6 x 54 mm, as a bank
   card), and under a line to tear off the PIN. The two part before they go into a wallet. On a second page,
   where a programme allows it, the same size again: the code for a shop without a connection.
2. Coupons come on a sheet for a window envelope, eight at most: the amount, the programme, the last day.
3. QR codes are large (a module is more than a millimetre) and drawn as vectors: old cameras read them.
4. In the holder's language. What is printed here is known to nobody afterwards: printing again makes another.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fpdf import FPDF

from wallet.models import Card, Helper, Holder, Programme, SignedCard, Voucher
from wallet.protocol.money import EUR, format_amount
from wallet.services import paper, reach, signedcards
from wallet.services.cards import Printed
from wallet.services.paper import ACCENT, INK, MARGIN, SOFT, grouped, write

CARD_WIDTH, CARD_HEIGHT = 85.6, 54.0  # mm
_CARD_TOP, _PIN_TOP = 190.0, 254.0
_COUPON_WIDTH, _COUPON_HEIGHT = 87.0, 45.0
_COUPONS_LEFT, _COUPONS_TOP, _COLUMNS = 18.0, 103.0, 2


def card_letter(printed: Printed, now: datetime) -> bytes:
    """The letter with a new card and its PIN, dated `now`."""
    card = printed.card
    with translation.override(paper.language_of(card.holder)):
        words = _helper_words(card.holder, card.helper) if card.helper else _card_words(card)
        page = _letter(card, _("Your card for Meedoen"), words, now)
        _card(page, card, printed.text)
        _pin(page, printed.pin)
        if printed.signed:
            _signed_page(page, printed)
        return bytes(page.output())


def pin_letter(printed: Printed, now: datetime) -> bytes:
    """The letter with a new PIN for a card that the holder has."""
    holder = printed.card.holder
    with translation.override(paper.language_of(holder)):
        words = [
            _("You have a new PIN for your card. Your card stays the same. Your old PIN no longer works."),
            _("Tear the PIN off. Learn it by heart. Do not keep it with your card."),
        ]
        page = _letter(printed.card, _("Your new PIN for Meedoen"), [*words, _call(holder)], now)
        _pin(page, printed.pin)
        return bytes(page.output())


def coupon_sheets(sheets: Sequence[Sequence[Printed]], now: datetime) -> bytes:
    """A page of coupons for each holder, each in the holder's own language. There is at least one."""
    with translation.override(paper.language_of(sheets[0][0].card.holder)):
        page = paper.sheet(_("Coupons for Meedoen"), now)
    for number, sheet in enumerate(sheets):
        if number:
            page.add_page()
        with translation.override(paper.language_of(sheet[0].card.holder)):
            _coupon_page(page, sheet, now)
    return bytes(page.output())


# --- the letters --------------------------------------------------------------------------------------------
def _letter(card: Card, title: str, words: Sequence[str], now: datetime) -> FPDF:
    page, helper = paper.sheet(title, now), card.helper.name if card.helper else None
    paper.envelope(page, card.holder, helper)
    page.set_y(92)
    write(page, date_format(timezone.localtime(now), "j F Y"), 10, soft=True)
    page.ln(3)
    write(page, title, 20, bold=True)
    page.ln(3)
    for line in [_("Dear %(name)s,") % {"name": helper or card.holder.name}, *words]:
        write(page, line, 11.5)
        page.ln(2)
    return page


def _card_words(card: Card) -> list[str]:
    cap = format_amount(card.cap_cents or 0, EUR)
    return [
        _("With this card you pay without a phone. It is for everything that you get from Meedoen."),
        _first_step(),
        _("2.  In the shop, show the card and type your PIN. You pay at most %(cap)s a day.") % {"cap": cap},
        _last_step(),
    ]


def _helper_words(holder: Holder, helper: Helper) -> list[str]:
    told = {
        "name": reach.first_name(holder.name),
        "purchase": format_amount(helper.per_purchase, EUR),
        "month": format_amount(helper.per_month, EUR),
        "day": date_format(timezone.localtime(helper.until - timedelta(seconds=1)), "j F Y"),
    }
    limits = _(
        "You may spend %(purchase)s at a time and %(month)s in a month, until %(day)s. "
        "%(name)s sees what you pay."
    )
    return [
        _("You help %(name)s with paying. With this card you do it without a phone.") % told,
        limits % told,
        _first_step(),
        _("2.  In the shop, show the card and type your PIN."),
        _last_step(),
    ]


def _first_step() -> str:
    return _(
        "1.  Cut the card out. Tear off the PIN below. Learn it by heart. Do not keep it with your card."
    )


def _last_step() -> str:
    return _("3.  Did you type a wrong PIN five times? Then the card stops. Call us: we switch it on again.")


def _call(holder: Holder) -> str:
    words = _(
        "Is your card lost, or do you need help? Call %(phone)s (%(hours)s). We block the card at once."
    )
    return words % {"phone": holder.muni.phone, "hours": holder.muni.hours}


def _card(page: FPDF, card: Card, text: str) -> None:
    """The card to cut out. A helper's has the helper's name, and not the holder's number."""
    left, top, qr_size = MARGIN, _CARD_TOP, 48.0
    holder, helper = card.holder, card.helper
    _cut_line(page, left, top, CARD_WIDTH, CARD_HEIGHT)
    page.set_fill_color(*ACCENT)
    page.rect(left + 4, top + 6, 9, 1.8, style="F")
    paper.draw_qr(page, text, left + CARD_WIDTH - qr_size - 1, top + 3, qr_size)
    lines = [
        (holder.muni.name, 8.0, True, top + 10),
        (_("Meedoen card"), 8.0, False, top + 18),
        (helper.name, 9.0, True, top + 24) if helper else (grouped(holder.number), 12.0, True, top + 24),
        (_("Lost? Call"), 8.0, False, top + 40),
        (holder.muni.phone, 10.0, True, top + 44),
    ]
    for words, size, bold, at in lines:
        _at(page, words, left + 4, at, CARD_WIDTH - qr_size - 5, size, bold=bold)
    page.set_y(top)
    for words in (_call(holder), _("Do you have an older card? It no longer works. Throw it away.")):
        _at(page, words, left + CARD_WIDTH + 6, page.get_y() + 2, page.epw - CARD_WIDTH - 6, 10.5)


def _pin(page: FPDF, pin: str) -> None:
    page.set_draw_color(*SOFT)
    page.set_line_width(0.3)
    page.set_dash_pattern(dash=2, gap=1.5)
    page.line(0, _PIN_TOP, page.w, _PIN_TOP)
    page.set_dash_pattern()
    _at(page, _("Tear off here"), MARGIN, _PIN_TOP + 2, 80, 8, soft=True)
    _at(page, _("Your PIN"), MARGIN, _PIN_TOP + 9, 80, 11.5)
    _at(page, " ".join(pin), MARGIN, _PIN_TOP + 15, 80, 27, bold=True)
    words = _("Tell your PIN to nobody. We never ask for it. Somebody who helps you has a card of their own.")
    _at(page, words, MARGIN + 65, _PIN_TOP + 11, 95, 10.5)


def _signed_page(page: FPDF, printed: Printed) -> None:
    """The back of the card: a code for each programme that a shop without a connection may take."""
    page.add_page()
    write(page, _("For a shop without a connection"), 20, bold=True)
    page.ln(3)
    for line in (
        _("Does the shop have no connection? Then your card does not work there."),
        _("You can still pay a little with this code. You need no PIN."),
        _("Cut it out and keep it with your card."),
        _("Use it only when the shop has no connection. It ends when your card ends."),
    ):
        write(page, line, 11.5)
        page.ln(2)
    for place, signed in enumerate(printed.signed):
        _signed_card(page, signed, page.get_y() + 4 if not place else page.get_y())


def _signed_card(page: FPDF, signed: SignedCard, top: float) -> None:
    left, qr_size, programme = MARGIN, 48.0, signed.voucher.programme
    name = programme.name if translation.get_language() == "nl" else programme.name_en
    last = timezone.localtime(signed.expires_at - timedelta(seconds=1))
    if top + CARD_HEIGHT > page.h - MARGIN:
        page.add_page()
        top = page.get_y()
    _cut_line(page, left, top, CARD_WIDTH, CARD_HEIGHT)
    paper.draw_qr(page, signedcards.text_of(signed), left + CARD_WIDTH - qr_size - 1, top + 3, qr_size)
    lines = [
        (_("Only when the shop has no connection"), 8.0, True, top + 5),
        (_("At most %(amount)s a day") % {"amount": _amount(signed.ofl, programme)}, 8.0, False, top + 19),
        (name, 8.0, True, top + 30),
        (_("Until %(day)s") % {"day": date_format(last, "j-n-Y")}, 8.0, False, top + 45),
    ]
    for words, size, bold, at in lines:
        _at(page, words, left + 4, at, CARD_WIDTH - qr_size - 5, size, bold=bold)
    page.set_y(top + CARD_HEIGHT + 6)


# --- coupons ------------------------------------------------------------------------------------------------
def _coupon_page(page: FPDF, sheet: Sequence[Printed], now: datetime) -> None:
    holder = sheet[0].card.holder
    paper.envelope(page, holder)
    phone = {"phone": holder.muni.phone}
    words = [
        (_("Coupons for Meedoen"), 15.0, True),
        (date_format(timezone.localtime(now), "j F Y"), 9.0, False),
        (
            _("Cut out a coupon and give it in the shop. It pays once. You need no phone and no PIN."),
            10.0,
            False,
        ),
        (_("Keep coupons as you keep money. You get no change. Lost? Call %(phone)s.") % phone, 10.0, False),
    ]
    page.set_y(50)
    for text, size, bold in words:
        _at(page, text, 115, page.get_y(), 75, size, bold=bold)
        page.ln(1.5)
    for place, one in enumerate(sheet):
        left = _COUPONS_LEFT + place % _COLUMNS * _COUPON_WIDTH
        _coupon(page, one, left, _COUPONS_TOP + place // _COLUMNS * _COUPON_HEIGHT)


def _coupon(page: FPDF, one: Printed, left: float, top: float) -> None:
    voucher, most, qr_size = _voucher(one.card), one.card.most or 0, 40.0
    programme = voucher.programme
    _cut_line(page, left, top, _COUPON_WIDTH, _COUPON_HEIGHT)
    paper.draw_qr(page, one.text, left + 1, top + (_COUPON_HEIGHT - qr_size) / 2, qr_size)
    name = programme.name if translation.get_language() == "nl" else programme.name_en
    lines = [
        (_amount(most, programme), 15.0, True),
        (name, 8.5, True),
        (_("Until %(day)s") % {"day": date_format(programme.ends, "j-n-Y")}, 8.5, False),
        (_("Pays once, at most this amount"), 7.0, False),
        (one.card.holder.muni.name, 7.0, False),
    ]
    page.set_y(top + 3)
    for words, size, bold in lines:
        _at(page, words, left + qr_size + 2, page.get_y() + 0.7, _COUPON_WIDTH - qr_size - 3, size, bold=bold)


def _voucher(card: Card) -> Voucher:
    if card.voucher is None:
        raise ValueError("a coupon has a voucher")
    return card.voucher


def _amount(units: int, programme: Programme) -> str:
    if programme.kind == Programme.Kind.MONEY:
        return format_amount(units, EUR)
    return ngettext("%(n)d ticket", "%(n)d tickets", units) % {"n": units}


# --- drawing ------------------------------------------------------------------------------------------------
def _cut_line(page: FPDF, left: float, top: float, width: float, height: float) -> None:
    page.set_draw_color(*SOFT)
    page.set_line_width(0.2)
    page.set_dash_pattern(dash=1.5, gap=1.2)
    page.rect(left, top, width, height, style="D")
    page.set_dash_pattern()


def _at(
    page: FPDF,
    text: str,
    left: float,
    top: float,
    width: float,
    size: float,
    *,
    bold: bool = False,
    soft: bool = False,
) -> None:
    """Some words at a place, `width` mm wide; `size` in points."""
    page.set_font("Noto Sans", "B" if bold else "", size)
    page.set_text_color(*(SOFT if soft else INK))
    page.set_xy(left, top)
    page.multi_cell(width, size * 0.46, text, align="L", new_x="LMARGIN", new_y="NEXT")
