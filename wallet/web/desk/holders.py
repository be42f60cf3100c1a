"""Holders: find one, see what one has, add one, print the letter."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Card, Holder, Voucher
from wallet.services import cards, helpers, holders, letters, overview, series, signedcards, trail
from wallet.services.refused import Refused
from wallet.web.desk.forms import HolderForm, ReasonForm, RelativeForm, SearchForm, VoucherForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.people import as_file, own_holder


@desk(May.LOOK_UP)
def search(request: DeskRequest) -> HttpResponse:
    """Find holders. A search is sent, not linked: a name does not belong in an address."""
    form = SearchForm(posted(request))
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            found = holders.find(
                muni=request.muni, staff=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            request.session["reason"] = form.cleaned_data["reason"]
            context |= {"found": found[: holders.FOUND_AT_MOST], "more": len(found) > holders.FOUND_AT_MOST}
    return page(request, "desk/search.html", context)


@desk(May.LOOK_UP)
def show(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """A holder's vouchers, last movements, phones, letters and cards. Opening it is a line of the trail."""
    holder = own_holder(request, holder_id)
    now = timezone.now()
    trail.record(
        staff=request.user,
        verb=trail.Verb.OPENED,
        subject=holder,
        reason=request.session.get("reason", ""),
        now=now,
    )
    vouchers = list(holder.vouchers.select_related("programme").order_by("programme__ends"))
    balances = holders.balances(vouchers)
    context = {
        "holder": holder,
        "household": [one for one in holders.living(holder.household) if one.pk != holder.pk],
        "vouchers": [(voucher, balances[voucher.pk]) for voucher in vouchers],
        "today": timezone.localdate(now),
        "history": overview.history(vouchers),
        "devices": list(holder.devices.filter(helper=None).order_by("-enrolled_at")),
        "codes": list(holder.codes.filter(helper=None).order_by("-made_at")[:5]),
        "letter_waits": holder.letter_orders.filter(helper=None, done_at=None).exists(),
        "helpers": list(helpers.with_last_used(holder)[:20]),
        "programmes": [voucher.programme for voucher in vouchers],
        "cards": list(_cards(holder, now)[:8]),
        "coupons": cards.open_coupons(vouchers),
        "now": now,
        "voucher_form": VoucherForm(holder=holder, today=timezone.localdate(now)),
        "has_series": bool(series.running(request.muni, timezone.localdate(now))),
        "undo_form": ReasonForm(auto_id="undo_%s"),
    }
    return page(request, "desk/holder.html", context)


def _cards(holder: Holder, now: datetime) -> QuerySet[Card]:
    own = holder.cards.filter(kind=Card.Kind.CARD).select_related("helper")
    return signedcards.with_ending(own, now).order_by("-made_at")


@desk(May.LOOK_UP)
def add(request: DeskRequest) -> HttpResponse:
    """A new holder in a new household."""
    form = HolderForm(posted(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        home = holders.new_household(
            muni=request.muni, **{name: data.pop(name) for name in ("street", "postcode", "town")}
        )
        holder = holders.new_holder(household=home, staff=request.user, now=timezone.now(), **data)
        return redirect("desk:holder", holder.pk)
    return page(request, "desk/holder_new.html", {"form": form})


@desk(May.LOOK_UP)
def add_relative(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """A new holder at the same address."""
    relative = own_holder(request, holder_id)
    form = RelativeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            holder = holders.new_holder(
                household=relative.household, staff=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("desk:holder", holder.pk)
    context = {"form": form, "relative": relative}
    return page(request, "desk/holder_new.html", context)


@desk(May.TOP_UP, only_post=True)
def add_voucher(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """Give a holder a voucher, and go on to its first top-up."""
    holder = own_holder(request, holder_id)
    form = VoucherForm(request.POST, holder=holder, today=timezone.localdate())
    if not form.is_valid():
        messages.error(request, _("Choose a programme first."))
        return redirect("desk:holder", holder.pk)
    programme = form.cleaned_data["programme"]
    try:
        voucher = holders.new_voucher(
            holder=holder, programme=programme, staff=request.user, now=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", holder.pk)
    return redirect("desk:top_up", voucher.pk)


@desk(May.LOOK_UP, only_post=True)
def letter(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """The letter with a new activation code, as PDF. The code before stops working."""
    holder = own_holder(request, holder_id)
    try:
        pdf = letters.new_letter(holder=holder, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", holder.pk)
    return as_file(pdf, f"meedoen-{holder.number}")


def own_voucher(request: DeskRequest, voucher_id: UUID) -> Voucher:
    """A voucher of this municipality, or 404."""
    own = Voucher.objects.select_related("programme__muni", "holder")
    return get_object_or_404(own, pk=voucher_id, muni=request.muni)
