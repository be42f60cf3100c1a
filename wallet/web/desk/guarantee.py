"""The guarantee: what sales without a connection cost, why, and a programme that carries it by two people."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import LossCover, Programme
from wallet.services import guarantee
from wallet.services.refused import Refused
from wallet.web.desk.filters import in_euros
from wallet.web.desk.gate import DeskRequest, May, desk, page


@desk(May.PAY)
def show(request: DeskRequest) -> HttpResponse:
    """What each programme cost the guarantee, by month, and what it carries of it."""
    costs = guarantee.of_town(request.muni, timezone.now())
    context = {"costs": costs, "left": sum(one.left for one in costs), "me": request.user.pk}
    return page(request, "desk/guarantee.html", context)


@desk(May.PAY, only_post=True)
def ask(request: DeskRequest, programme: int) -> HttpResponse:
    """Ask another person to let a programme carry its cost."""
    own = get_object_or_404(Programme, muni=request.muni, number=programme)
    try:
        guarantee.ask(programme=own, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.info(request, _("This now waits for another person."))
    return redirect("desk:guarantee")


@desk(May.PAY, only_post=True)
def approve(request: DeskRequest, cover_id: UUID) -> HttpResponse:
    """The second person says yes."""
    cover = get_object_or_404(LossCover.objects.select_related("programme"), pk=cover_id, muni=request.muni)
    try:
        guarantee.approve(cover=cover, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The programme carries %(amount)s.") % {"amount": in_euros(cover.cents)})
    return redirect("desk:guarantee")


@desk(May.PAY, only_post=True)
def refuse(request: DeskRequest, cover_id: UUID) -> HttpResponse:
    """The second person says no, or whoever asked withdraws it."""
    cover = get_object_or_404(LossCover, pk=cover_id, muni=request.muni)
    try:
        guarantee.refuse(cover=cover, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Not carried. Nothing was changed."))
    return redirect("desk:guarantee")
