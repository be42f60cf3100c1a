"""Programmes: what each has left, and a new one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Programme
from wallet.services import programmes
from wallet.services.refused import Refused
from wallet.web.desk.forms import ProgrammeForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted


@desk(May.ENTER)
def listing(request: DeskRequest) -> HttpResponse:
    """Each programme's budget as a picture."""
    pictures = programmes.pictures(list(Programme.objects.filter(muni=request.muni)))
    context = {"pictures": pictures, "today": timezone.localdate()}
    return page(request, "desk/programmes.html", context)


@desk(May.ADD_PROGRAMME)
def add(request: DeskRequest) -> HttpResponse:
    """A new programme."""
    form = ProgrammeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        price = data.pop("ticket_price")
        tickets = data["kind"] == Programme.Kind.TICKETS
        if tickets:  # the limits of money count cents
            data |= {"floor": 3, "bound_above": 10, "max_redemption": 10}
        try:
            programme = programmes.new_programme(
                muni=request.muni,
                number=programmes.next_number(request.muni),
                unit_cents=price if tickets else 1,
                staff=request.user,
                now=timezone.now(),
                **data,
            )
            messages.info(request, _("The budget now waits for another person to approve it."))
            return redirect("desk:programme", programme.number)
        except Refused as refused:
            form.refuse(refused)
    return page(request, "desk/programme_new.html", {"form": form})
