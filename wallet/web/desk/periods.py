"""The month and the year: what is still open, closing a programme by two people, and the books as files."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wallet.models import Programme, YearClose
from wallet.services import periods
from wallet.services.refused import Refused
from wallet.web.desk.filters import in_euros
from wallet.web.desk.gate import DeskRequest, May, desk, page


@desk(May.PAY)
def show(request: DeskRequest) -> HttpResponse:
    """The last months, and the programmes that are over."""
    now = timezone.now()
    context = {
        "months": periods.months(request.muni, now),
        "ended": periods.ended(request.muni, now),
        "me": request.user.pk,
    }
    return page(request, "desk/periods.html", context)


@desk(May.PAY, only_post=True)
def ask(request: DeskRequest, programme: int) -> HttpResponse:
    """Ask another person to close a programme."""
    own = get_object_or_404(Programme, muni=request.muni, number=programme)
    try:
        periods.ask(programme=own, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.info(request, _("This now waits for another person."))
    return redirect("desk:periods")


@desk(May.PAY, only_post=True)
def approve(request: DeskRequest, close_id: UUID) -> HttpResponse:
    """The second person says yes."""
    close = get_object_or_404(YearClose.objects.select_related("programme"), pk=close_id, muni=request.muni)
    try:
        cents = periods.approve(close=close, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Closed. %(amount)s went back.") % {"amount": in_euros(cents)})
    return redirect("desk:periods")


@desk(May.PAY, only_post=True)
def refuse(request: DeskRequest, close_id: UUID) -> HttpResponse:
    """The second person says no, or whoever asked withdraws it."""
    close = get_object_or_404(YearClose, pk=close_id, muni=request.muni)
    try:
        periods.refuse(close=close, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Not closed. Nothing was changed."))
    return redirect("desk:periods")


@require_GET
@desk(May.PAY)
def export(request: DeskRequest) -> HttpResponse:
    """The books, for another program."""
    name = f"meedoen-{timezone.localdate().isoformat()}.zip"
    return HttpResponse(
        periods.exported(request.muni),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
