"""The bank: its files are read here, and a person says what fitted nothing."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.services import bank
from wallet.services.refused import Refused
from wallet.web.desk.bankforms import BankFileForm, ClearForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted


@desk(May.PAY)
def files(request: DeskRequest) -> HttpResponse:
    """The statements that were read, and reading another file."""
    form = BankFileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = bank.take(
                muni=request.muni,
                name=file.name or "",
                data=file.read(bank.FILE_BYTES + 1),
                staff=request.user,
                now=timezone.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            words = _(
                "Read: %(booked)s paid, %(failed)s refused, %(returned)s sent back, %(funding)s received, "
                "%(unmatched)s that fit nothing."
            )
            messages.success(request, words % vars(done))
            return redirect("desk:bank")
    shown = Paginator(bank.statements(request.muni), 20).get_page(request.GET.get("page"))
    return page(request, "desk/bank.html", {"form": form, "shown": shown})


@desk(May.PAY)
def open_items(request: DeskRequest) -> HttpResponse:
    """What waits, the oldest first."""
    items = bank.open_items(request.muni, timezone.now())
    shown = Paginator(items, 50).get_page(request.GET.get("page"))
    return page(request, "desk/open_items.html", {"shown": shown})


@desk(May.PAY)
def clear(request: DeskRequest, line_id: int) -> HttpResponse:
    """Say what a line of the bank was."""
    line = bank.open_line(request.muni, line_id)
    if line is None:
        if not bank.is_line(request.muni, line_id):
            raise Http404
        messages.info(request, _("This line was cleared already."))
        return redirect("desk:open_items")
    form = ClearForm(
        posted(request),
        credit=line.credit,
        choices=bank.could_be(request.muni, line),
        others=bank.could_cancel(request.muni, line),
    )
    if request.method == "POST" and form.is_valid():
        try:
            waits = bank.clear(
                muni=request.muni,
                line=line,
                said=bank.Explained(**form.cleaned_data),
                staff=request.user,
                now=timezone.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            if waits:
                messages.info(request, _("This waits for another person, because money is lost or kept."))
            else:
                messages.success(request, _("Cleared."))
            return redirect("desk:open_items")
    context = {"line": line, "amount": bank.open_amount(line), "form": form}
    return page(request, "desk/clear.html", context)
