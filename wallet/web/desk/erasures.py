"""A holder asks to be erased: what goes and what stays, the request, and the second person's yes or no."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import ErasureRequest
from wallet.services import erasures
from wallet.services.refused import Refused
from wallet.web.desk.forms import ReasonForm
from wallet.web.desk.gate import DeskRequest, May, allowed, desk, not_allowed, page, posted
from wallet.web.desk.people import own_holder


@desk(May.LOOK_UP)
def show(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """What erasing does, what is in the way, and the request; it is written down here."""
    holder = own_holder(request, holder_id)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason, now = form.cleaned_data["reason"], timezone.now()
        try:
            erasures.ask(holder=holder, reason=reason, staff=request.user, now=now)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("This now waits for another person."))
            return redirect("desk:erase", holder.pk)
    context = {
        "holder": holder,
        "form": form,
        "asked": erasures.of_holder(holder),
        "in_the_way": erasures.in_the_way(holder),
        "me": request.user.pk,
    }
    return page(request, "desk/erase.html", context)


@desk(May.ERASE, only_post=True)
def approve(request: DeskRequest, erasure_id: UUID) -> HttpResponse:
    """The second person says yes."""
    asked = _own(request, erasure_id)
    try:
        erasures.approve(request=asked, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Approved. The holder is erased as soon as all payments are logged."))
    return redirect("desk:erase", asked.holder_id)


@desk(May.LOOK_UP, only_post=True)
def refuse(request: DeskRequest, erasure_id: UUID) -> HttpResponse:
    """The second person says no, or whoever asked withdraws it."""
    asked = _own(request, erasure_id)
    if asked.made_by_id != request.user.pk and May.ERASE not in allowed(request.user):
        return not_allowed(request)
    try:
        erasures.refuse(request=asked, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Not erased. Nothing was changed."))
    return redirect("desk:erase", asked.holder_id)


def _own(request: DeskRequest, erasure_id: UUID) -> ErasureRequest:
    """A request of this municipality, or 404."""
    found = erasures.own(request.muni, erasure_id)
    if found is None:
        raise Http404
    return found
