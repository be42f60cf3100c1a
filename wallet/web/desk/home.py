"""The desk's first page."""

from django.http import HttpResponse
from django.utils import timezone

from wallet.services import overview
from wallet.web.desk.forms import SearchForm
from wallet.web.desk.gate import DeskRequest, May, desk, page


@desk(May.ENTER)
def home(request: DeskRequest) -> HttpResponse:
    """Search, what waits for this person, and how passes are used."""
    days = overview.spending(request.muni, timezone.now())
    waiting = list(overview.waiting(request.muni)[:20])
    context = {
        "form": SearchForm(),
        "for_me": [batch for batch in waiting if batch.made_by_id != request.user.pk],
        "mine": [batch for batch in waiting if batch.made_by_id == request.user.pk],
        "days": days,
        "most": max(day.cents for day in days),
        "total": sum(day.cents for day in days),
    }
    return page(request, "desk/home.html", context)
