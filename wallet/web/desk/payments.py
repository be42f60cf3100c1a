"""Paying the shops: what waits for whom, a batch's file, its release, and letting one pass."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import OverrideRequest
from wallet.services import bank, overrides, payments
from wallet.services.payments import Batch
from wallet.services.refused import Refused
from wallet.web.desk.filters import in_euros
from wallet.web.desk.forms import ReasonForm
from wallet.web.desk.gate import DeskRequest, May, desk, page


@desk(May.PAY)
def overview(request: DeskRequest) -> HttpResponse:
    """Where the shops' money is, and the batches with what each of them waits for."""
    shown = Paginator(payments.batches(request.muni), 50).get_page(request.GET.get("page"))
    context = {
        "position": payments.position(request.muni),
        "batches": payments.told(request.muni, list(shown)),
        "shown": shown,
        "items": bank.count_open(request.muni),
        "requests": overrides.waiting(request.muni),
    }
    return page(request, "desk/payments.html", context)


@desk(May.PAY)
def batch(request: DeskRequest, no: int) -> HttpResponse:
    """One batch: its state, its file, and who gets what."""
    return _batch_page(request, no, ReasonForm())


def _batch_page(request: DeskRequest, no: int, form: ReasonForm) -> HttpResponse:
    found = _own(request, no)
    context = {
        "batch": found,
        "lines": payments.lines(request.muni, found.file) if found.file else [],
        "override": payments.override_of(request.muni, no),
        "own_file": payments.made_by(request.user, found),
        "form": form,
    }
    return page(request, "desk/payment.html", context)


def _own(request: DeskRequest, no: int) -> Batch:
    found = payments.batch(request.muni, no)
    if found is None:
        raise Http404
    return found


@desk(May.PAY, only_post=True)
def export(request: DeskRequest, no: int) -> HttpResponse:
    """Make the payment file."""
    _own(request, no)
    try:
        done = payments.export(muni=request.muni, no=no, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:payment", no)
    if done.file:
        messages.success(request, _("The payment file is ready. Another person sends it to the bank."))
    else:
        messages.info(request, _("There is nothing to pay now."))
    for shop, cents in done.left_out:
        words = _("%(shop)s is not paid yet (%(amount)s): its bank account is not approved, or is blocked.")
        messages.warning(request, words % {"shop": shop or "?", "amount": in_euros(cents)})
    return redirect("desk:payment", no)


@desk(May.PAY, only_post=True)
def release(request: DeskRequest, no: int) -> HttpResponse:
    """Send the file to the bank."""
    _own(request, no)
    try:
        payments.release(muni=request.muni, no=no, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The payment file is on its way to the bank."))
    return redirect("desk:payment", no)


@desk(May.PAY, only_post=True)
def ask_override(request: DeskRequest, no: int) -> HttpResponse:
    """Ask another person to pay this batch without its witnesses."""
    _own(request, no)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _batch_page(request, no, form)
    try:
        payments.ask_override(
            muni=request.muni,
            no=no,
            reason=form.cleaned_data["reason"],
            staff=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.info(
            request,
            _("Your question waits for another person. Everybody can see the answer in the public log."),
        )
    return redirect("desk:payment", no)


@desk(May.PAY, only_post=True)
def let_pass(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The second person says yes."""
    asked = _asked(request, request_id)
    try:
        bank.let_pass(muni=request.muni, request=asked, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Let pass. The public log says so."))
    return redirect("desk:payments")


@desk(May.PAY, only_post=True)
def stop(request: DeskRequest, request_id: UUID) -> HttpResponse:
    """The second person says no, or whoever asked withdraws it."""
    asked = _asked(request, request_id)
    try:
        overrides.refuse(request=asked, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Not let pass. Nothing was changed."))
    return redirect("desk:payments")


def _asked(request: DeskRequest, request_id: UUID) -> OverrideRequest:
    found = overrides.own(request.muni, request_id)
    if found is None:
        raise Http404
    return found
