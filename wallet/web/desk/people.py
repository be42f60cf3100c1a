"""Phones that are lost, letters to send, and who helps a holder."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Device, Helper, Holder, LetterOrder
from wallet.services import cardprint, cards, helpers, letters, lost, orders
from wallet.services.refused import Refused
from wallet.web.desk.forms import ReasonForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.peopleforms import CallForm, HelperForm


def own_holder(request: DeskRequest, holder_id: UUID) -> Holder:
    """A holder of this municipality, or 404."""
    own = Holder.objects.select_related("household", "muni")
    return get_object_or_404(own, pk=holder_id, muni=request.muni)


def _own_helper(request: DeskRequest, helper_id: UUID) -> Helper:
    own = Helper.objects.select_related("holder__household", "holder__muni")
    return get_object_or_404(own, pk=helper_id, muni=request.muni)


def as_file(pdf: bytes, name: str) -> HttpResponse:
    """A PDF to print."""
    disposition = f'attachment; filename="{name}.pdf"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})


# --- lost phones --------------------------------------------------------------------------------------------
@desk(May.LOOK_UP)
def call(request: DeskRequest) -> HttpResponse:
    """Somebody calls about a lost phone: what to ask, and one button when it all fits."""
    form = CallForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            holder = lost.who_calls(muni=request.muni, staff=request.user, now=now, **form.cleaned_data)
            lost.phone_lost(holder=holder, reason=_("Told by telephone"), staff=request.user, now=now)
        except Refused as refused:
            form.refuse(refused)
        else:
            return _blocked(request, holder)
    return page(request, "desk/lost_call.html", {"form": form})


@desk(May.LOOK_UP)
def phone_lost(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """Block the holder's phone, and put a letter on the list."""
    return _lost(request, own_holder(request, holder_id), None)


@desk(May.LOOK_UP)
def helper_lost(request: DeskRequest, helper_id: UUID) -> HttpResponse:
    """Block a helper's phone, and put a letter on the list."""
    helper = _own_helper(request, helper_id)
    return _lost(request, helper.holder, helper)


def _lost(request: DeskRequest, holder: Holder, helper: Helper | None) -> HttpResponse:
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        try:
            lost.phone_lost(holder=holder, helper=helper, reason=reason, staff=request.user, now=now)
        except Refused as refused:
            form.refuse(refused)
        else:
            return _blocked(request, holder)
    context = {"form": form, "holder": holder, "who": helper or holder}
    return page(request, "desk/lost.html", context)


def _blocked(request: DeskRequest, holder: Holder) -> HttpResponse:
    messages.success(request, _("The phone is blocked. A letter with a new code is on the list to print."))
    return redirect("desk:holder", holder.pk)


@desk(May.LOOK_UP)
def block(request: DeskRequest, device_id: UUID) -> HttpResponse:
    """Block one phone, without a letter."""
    own = Device.objects.select_related("holder", "helper")
    device = get_object_or_404(own, pk=device_id, muni=request.muni)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        lost.block_phone(device=device, reason=reason, staff=request.user, now=timezone.now())
        messages.success(request, _("The phone is blocked."))
        return redirect("desk:holder", device.holder_id)
    context = {"form": form, "holder": device.holder, "who": device.helper or device.holder, "device": device}
    return page(request, "desk/lost.html", context)


# --- letters to send ----------------------------------------------------------------------------------------
@desk(May.LOOK_UP)
def to_send(request: DeskRequest) -> HttpResponse:
    """Letters that wait for a printer, the oldest first."""
    rows = orders.waiting(request.muni, timezone.now())
    context = {"orders": list(rows[: orders.AT_ONCE]), "n": rows.count(), "at_once": orders.AT_ONCE}
    return page(request, "desk/letters.html", context)


@desk(May.LOOK_UP, only_post=True)
def print_to_send(request: DeskRequest) -> HttpResponse:
    """One of these letters, or all, as one PDF. Their codes are made at this moment."""
    now, one = timezone.now(), request.POST.get("order", "")
    wanted: QuerySet[LetterOrder] = orders.waiting(request.muni, now)
    if one:
        wanted = wanted.filter(pk=int(one) if one.isdecimal() and len(one) < 19 else 0)
    pdf = orders.print_letters(wanted, staff=request.user, now=now)
    if pdf is None:
        messages.info(request, _("There is nothing left to print."))
        return redirect("desk:letters")
    return as_file(pdf, f"meedoen-{timezone.localtime(now):%Y%m%d-%H%M}")


# --- helpers ------------------------------------------------------------------------------------------------
@desk(May.LOOK_UP)
def add_helper(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """Somebody who may pay for the holder."""
    holder = own_holder(request, holder_id)
    made = {"helper_id": uuid4()}
    form = HelperForm(posted(request), holder=holder, today=timezone.localdate(), initial=made)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        known = {"helper_id": data.pop("helper_id"), "reason": data.pop("reason"), "holder": holder}
        mandate = helpers.Mandate(**data)
        try:
            helpers.new_helper(**known, mandate=mandate, staff=request.user, now=timezone.now())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The helper is added. A letter with a code is on the list to print."))
            return redirect("desk:holder", holder.pk)
    return page(request, "desk/helper_new.html", {"form": form, "holder": holder})


@desk(May.LOOK_UP)
def stop_helper(request: DeskRequest, helper_id: UUID) -> HttpResponse:
    """End a mandate, with a reason."""
    helper = _own_helper(request, helper_id)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        helpers.stop(
            helper=helper, reason=form.cleaned_data["reason"], staff=request.user, now=timezone.now()
        )
        messages.success(request, _("This helper can pay no more."))
        return redirect("desk:holder", helper.holder_id)
    return page(request, "desk/helper_stop.html", {"form": form, "helper": helper})


@desk(May.LOOK_UP, only_post=True)
def helper_letter(request: DeskRequest, helper_id: UUID) -> HttpResponse:
    """The helper's letter with new codes, as PDF."""
    helper = _own_helper(request, helper_id)
    try:
        pdf = letters.new_letter(holder=helper.holder, helper=helper, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", helper.holder_id)
    return as_file(pdf, f"meedoen-{helper.holder.number}-h")


@desk(May.LOOK_UP, only_post=True)
def helper_card(request: DeskRequest, helper_id: UUID) -> HttpResponse:
    """The letter with a helper's card and its PIN, as PDF. The card before stops working."""
    helper, now = _own_helper(request, helper_id), timezone.now()
    try:
        printed = cards.new_card(holder=helper.holder, helper=helper, staff=request.user, now=now)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:holder", helper.holder_id)
    return as_file(cardprint.card_letter(printed, now), f"card-{helper.holder.number}-h")
