"""Cards and coupons: print them, stop them, unlock them; and paper for everybody of a programme at once.

What is printed comes as a file and is known to nobody afterwards, so the page stays where it is.
"""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wallet.models import Card, Holder, Programme, Voucher
from wallet.services import cardprint, cards
from wallet.services.refused import Refused
from wallet.web.desk.forms import CouponForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.holders import own_voucher

HOLDERS_AT_ONCE = 25  # sheets in one file: some seconds of drawing


@desk(May.LOOK_UP, only_post=True)
def make(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """The letter with a new card and its PIN. The card before stops working."""
    holder = get_object_or_404(
        Holder.objects.select_related("household", "muni"), pk=holder_id, muni=request.muni
    )
    now = timezone.now()
    try:
        printed = cards.new_card(holder=holder, staff=request.user, now=now)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", holder.pk)
    return _pdf(cardprint.card_letter(printed, now), f"card-{holder.number}.pdf")


@desk(May.LOOK_UP, only_post=True)
def new_pin(request: DeskRequest, card_id: UUID) -> HttpResponse:
    """The letter with a new PIN; the card is unlocked by it."""
    card, now = _own(request, card_id), timezone.now()
    try:
        printed = cards.new_pin(card=card, staff=request.user, now=now)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", card.holder_id)
    return _pdf(cardprint.pin_letter(printed, now), f"pin-{card.holder.number}.pdf")


@desk(May.LOOK_UP, only_post=True)
def unlock(request: DeskRequest, card_id: UUID) -> HttpResponse:
    """Give the tries at the PIN back."""
    return _change(request, card_id, cards.unlock, _("The card works again, with the same PIN."))


@desk(May.LOOK_UP, only_post=True)
def block(request: DeskRequest, card_id: UUID) -> HttpResponse:
    """Stop a card for good."""
    return _change(request, card_id, cards.block, _("The card is blocked. It pays nowhere any more."))


def _change(request: DeskRequest, card_id: UUID, verb: Callable[..., None], words: str) -> HttpResponse:
    card = _own(request, card_id)
    try:
        verb(card=card, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, words)
    return redirect("desk:holder", card.holder_id)


def _own(request: DeskRequest, card_id: UUID) -> Card:
    own = Card.objects.select_related("holder__household", "holder__muni")
    return get_object_or_404(own, pk=card_id, muni=request.muni, kind=Card.Kind.CARD)


# --- coupons ------------------------------------------------------------------------------------------------
@desk(May.TOP_UP)
def coupons(request: DeskRequest, voucher_id: UUID) -> HttpResponse:
    """A sheet of coupons for one voucher: first the form, then what it would print, then the file."""
    voucher = own_voucher(request, voucher_id)
    form = CouponForm(posted(request), programme=voucher.programme)
    if request.method == "POST" and form.is_valid() and request.POST.get("step") != "change":
        try:
            return _print(request, voucher, form)
        except Refused as refused:
            form.refuse(refused)
    context = {"form": form, "voucher": voucher, "open": cards.open_coupons([voucher])}
    return page(request, "desk/coupons.html", context)


def _print(request: DeskRequest, voucher: Voucher, form: CouponForm) -> HttpResponse:
    """The file for who saw what is in it, else a look at that. Raises Refused."""
    now, amount, seen = timezone.now(), form.cleaned_data["amount"], form.cleaned_data["seen"]
    if request.POST.get("step") == "print" and seen is not None:
        made = cards.new_coupons(voucher=voucher, amount=amount, seen=seen, staff=request.user, now=now)
        return _pdf(cardprint.coupon_sheets([made], now), f"coupons-{voucher.holder.number}.pdf")
    sheet = cards.planned(voucher=voucher, amount=amount, now=now)
    context = {"voucher": voucher, "form": form, "sheet": sheet, "open": cards.open_coupons([voucher])}
    return page(request, "desk/coupons_preview.html", context)


@desk(May.TOP_UP)
def coupons_made(request: DeskRequest, voucher_id: UUID) -> HttpResponse:
    """The open coupons of one voucher, for the page that printed some of them."""
    voucher = own_voucher(request, voucher_id)
    context = {"voucher": voucher, "open": cards.open_coupons([voucher])}
    return page(request, "desk/_coupons_made.html", context)


@desk(May.TOP_UP, only_post=True)
def block_coupons(request: DeskRequest, voucher_id: UUID) -> HttpResponse:
    """Stop the open coupons of one voucher."""
    voucher = own_voucher(request, voucher_id)
    _stopped(request, cards.block_coupons(of=voucher, staff=request.user, now=timezone.now()))
    return redirect("desk:holder", voucher.holder_id)


@desk(May.TOP_UP)
def sheets(request: DeskRequest, programme: int) -> HttpResponse:
    """Paper for everybody: the next holders of a programme who have no coupons, a page for each."""
    own, now = _programme(request, programme), timezone.now()
    form = CouponForm(posted(request), programme=own)
    if request.method == "POST" and form.is_valid():
        try:
            made = cards.sheets(
                programme=own,
                holders_at_most=HOLDERS_AT_ONCE,
                staff=request.user,
                now=now,
                amount=form.cleaned_data["amount"],
            )
            return _pdf(cardprint.coupon_sheets(made, now), f"coupons-{own.number}-{now:%H%M%S}.pdf")
        except Refused as refused:
            form.refuse(refused)
    context = {"form": form, "programme": own, "progress": cards.progress(own), "at_once": HOLDERS_AT_ONCE}
    return page(request, "desk/coupon_sheets.html", context)


@desk(May.TOP_UP)
def progress(request: DeskRequest, programme: int) -> HttpResponse:
    """How many holders of a programme have coupons by now."""
    own = _programme(request, programme)
    return page(request, "desk/_coupon_progress.html", {"programme": own, "progress": cards.progress(own)})


@desk(May.TOP_UP, only_post=True)
def block_sheets(request: DeskRequest, programme: int) -> HttpResponse:
    """Stop every open coupon of a programme, such as when a file was lost."""
    own = _programme(request, programme)
    _stopped(request, cards.block_coupons(of=own, staff=request.user, now=timezone.now()))
    return redirect("desk:coupon_sheets", own.number)


def _stopped(request: DeskRequest, count: int) -> None:
    words = ngettext("%(n)s coupon is blocked.", "%(n)s coupons are blocked.", count)
    messages.success(request, words % {"n": count})


def _programme(request: DeskRequest, number: int) -> Programme:
    return get_object_or_404(Programme, muni=request.muni, number=number)


def _pdf(pdf: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)
