"""The desk's first page."""

from django.http import HttpResponse
from django.utils import timezone

from wallet.services import overview
from wallet.web.desk.forms import SearchForm
from wallet.web.desk.gate import DeskRequest, May, allowed, desk, page


@desk(May.ENTER)
def home(request: DeskRequest) -> HttpResponse:
    """Search, what waits for this person, and how passes are used."""
    now = timezone.now()
    days = overview.spending(request.muni, now)
    waiting = list(overview.waiting(request.muni)[:20])
    context = {
        "form": SearchForm(),
        "for_me": [batch for batch in waiting if batch.made_by_id != request.user.pk],
        "mine": [batch for batch in waiting if batch.made_by_id == request.user.pk],
        "cover": overview.cover_trouble(request.muni, now) if _keeps_the_money(request) else None,
        "days": days,
        "most": max(day.cents for day in days),
        "total": sum(day.cents for day in days),
    }
    return page(request, "desk/home.html", context)


def _keeps_the_money(request: DeskRequest) -> bool:
    """Is it this person's work that budgets and bank fit?"""
    return May.ADD_PROGRAMME in allowed(request.user)
