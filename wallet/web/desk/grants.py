"""Top-ups: make one, approve or refuse those of others, see and take back what was booked."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from wallet.models import GrantBatch, GrantLine, Voucher
from wallet.services import grant, overview, trail
from wallet.services.refused import Refused
from wallet.web.desk.filters import in_words
from wallet.web.desk.forms import ReasonForm, TopUpForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.holders import own_voucher


@desk(May.TOP_UP)
def top_up(request: DeskRequest, voucher_id: UUID) -> HttpResponse:
    """First the form, then what it would do, then it is done. While typing, the preview comes along."""
    voucher = own_voucher(request, voucher_id)
    form = TopUpForm(posted(request), initial={"batch_id": uuid4()}, programme=voucher.programme)
    if request.method != "POST":
        return _form(request, voucher, form)
    if request.htmx:
        return _live_preview(request, voucher, form)
    if form.is_valid() and request.POST.get("step") == "book":
        return _book(request, voucher, form)
    if form.is_valid() and request.POST.get("step") == "preview":
        preview = grant.preview(voucher=voucher, amount=form.cleaned_data["amount"])
        context = {"voucher": voucher, "form": form, "preview": preview, **form.cleaned_data}
        return page(request, "desk/top_up_preview.html", context)
    return _form(request, voucher, form)


def _form(request: DeskRequest, voucher: Voucher, form: TopUpForm) -> HttpResponse:
    typed = form.cleaned_data.get("amount") if form.is_bound else None
    preview = grant.preview(voucher=voucher, amount=typed or 0)
    context = {"voucher": voucher, "form": form, "preview" if typed else "now": preview}
    return page(request, "desk/top_up.html", context)


def _live_preview(request: DeskRequest, voucher: Voucher, form: TopUpForm) -> HttpResponse:
    form.is_valid()
    amount = form.cleaned_data.get("amount")
    context: dict[str, object] = {"voucher": voucher}
    if amount:
        context["preview"] = grant.preview(voucher=voucher, amount=amount)
    return page(request, "desk/_preview.html", context)


def _book(request: DeskRequest, voucher: Voucher, form: TopUpForm) -> HttpResponse:
    try:
        batch = grant.top_up(voucher=voucher, staff=request.user, now=timezone.now(), **form.cleaned_data)
    except Refused as refused:
        form.refuse(refused)
        return _form(request, voucher, form)
    if batch.status == GrantBatch.Status.WAITING:
        messages.info(request, _("This top-up now waits for another person to approve it."))
    else:
        amount = in_words(form.cleaned_data["amount"], voucher.programme)
        messages.success(request, _("%(amount)s is on the voucher now.") % {"amount": amount})
    return redirect("desk:holder", voucher.holder_id)


@desk(May.ENTER)
def batches(request: DeskRequest) -> HttpResponse:
    """What waits, and what was decided."""
    shown = Paginator(overview.decided(request.muni), 50).get_page(request.GET.get("page"))
    context = {"waiting": list(overview.waiting(request.muni)), "shown": shown}
    return page(request, "desk/batches.html", context)


@desk(May.ENTER)
def batch(request: DeskRequest, batch_id: UUID) -> HttpResponse:
    """One decision: who, why, how much, its lines, and what can be done with it now."""
    return _batch_page(request, own_batch(request, batch_id), ReasonForm())


def own_batch(request: DeskRequest, batch_id: UUID) -> GrantBatch:
    """A grant batch of this municipality, or 404."""
    own = GrantBatch.objects.select_related("programme__muni", "made_by", "approved_by")
    return get_object_or_404(own, pk=batch_id, muni=request.muni)


def _batch_page(request: DeskRequest, batch: GrantBatch, form: ReasonForm) -> HttpResponse:
    lines = batch.lines.select_related("voucher__holder").order_by("row")
    context = {
        "batch": batch,
        "lines": Paginator(lines, 50).get_page(request.GET.get("page")),
        "form": form,
        "own": batch.made_by_id == request.user.pk,
        "booked": grant.booked_cents(batch),
        "missed": grant.missed(batch),
        "why_refused": trail.why(batch, trail.Verb.REFUSED),
    }
    return page(request, "desk/batch.html", context)


@desk(May.APPROVE, only_post=True)
def approve(request: DeskRequest, batch_id: UUID) -> HttpResponse:
    """The second person says yes."""
    batch = own_batch(request, batch_id)
    form = ReasonForm()
    try:
        grant.approve(batch=batch, staff=request.user, now=timezone.now())
    except Refused as refused:
        return _refused(request, batch, form, refused)
    messages.success(request, _("Approved."))
    return redirect("desk:batch", batch.pk)


@desk(May.ENTER, only_post=True)
def refuse(request: DeskRequest, batch_id: UUID) -> HttpResponse:
    """The second person says no, or the maker withdraws."""
    batch = own_batch(request, batch_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _batch_page(request, batch, form)
    try:
        grant.refuse(batch=batch, staff=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except Refused as refused:
        return _refused(request, batch, form, refused)
    messages.success(request, _("Refused. Nothing was booked."))
    return redirect("desk:batch", batch.pk)


def _refused(request: DeskRequest, batch: GrantBatch, form: ReasonForm, refused: Refused) -> HttpResponse:
    messages.error(request, str(refused.message))
    return redirect("desk:batch", batch.pk)


@desk(May.ENTER, only_post=True)
def book(request: DeskRequest, batch_id: UUID) -> HttpResponse:
    """Book an approved batch, or go on where a long one stopped."""
    batch = own_batch(request, batch_id)
    try:
        grant.book(batch=batch, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    if request.htmx:
        return HttpResponseClientRefresh()
    return redirect("desk:batch", batch.pk)


@desk(May.ENTER)
def progress(request: DeskRequest, batch_id: UUID) -> HttpResponse:
    """How much of a batch is booked by now."""
    batch = own_batch(request, batch_id)
    return page(request, "desk/_progress.html", {"batch": batch, "booked": grant.booked_cents(batch)})


@desk(May.TOP_UP, only_post=True)
def undo(request: DeskRequest, line_id: int) -> HttpResponse:
    """Take back a line, down to what is left."""
    own = GrantLine.objects.select_related("voucher", "batch__programme")
    line = get_object_or_404(own, pk=line_id, batch__muni=request.muni)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write why you take this back. Nothing was changed."))
        return redirect("desk:holder", line.voucher.holder_id)
    try:
        taken = grant.undo_line(
            line=line, staff=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        words = _("Taken back: %(taken)s of %(amount)s.")
        programme = line.batch.programme
        messages.success(
            request,
            words % {"taken": in_words(taken, programme), "amount": in_words(line.amount, programme)},
        )
    return redirect("desk:holder", line.voucher.holder_id)
