"""The trail: who looked something up or changed it, in words and names that people recognise."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse

from wallet.models import Branch, DeskEvent, GrantBatch, Holder, Merchant, Programme, Till, Voucher
from wallet.protocol.money import EUR, format_amount
from wallet.services import overview
from wallet.services.trail import Verb, subjects
from wallet.web.desk.filters import called, grouped
from wallet.web.desk.forms import LOOK_UP_REASONS
from wallet.web.desk.gate import DeskRequest, May, desk, page


@dataclass(frozen=True)
class Line:
    """A line of the trail, with what it is about: a name, and a page if it has one."""

    event: DeskEvent
    name: str
    href: str
    why: str


@desk(May.READ_TRAIL)
def show(request: DeskRequest) -> HttpResponse:
    """Who did what, newest first."""
    events = Paginator(overview.trail(request.muni), 50).get_page(request.GET.get("page"))
    about = subjects(events)
    lines = [_line(event, about.get((event.subject_type, event.subject_id))) for event in events]
    return page(request, "desk/trail.html", {"lines": lines, "shown": events})


def _line(event: DeskEvent, subject: Model | None) -> Line:
    name, href = _named(subject) if subject else (event.subject_id, "")
    looked = event.verb in (Verb.SEARCHED, Verb.OPENED)
    why = dict(LOOK_UP_REASONS).get(event.reason, event.reason) if looked else event.reason
    return Line(event, name, href, str(why))


def _named(subject: Model) -> tuple[str, str]:
    """What people call it, and where it is; holders go by their number alone."""
    match subject:
        case Holder():
            return grouped(subject.number), reverse("desk:holder", args=[subject.pk])
        case Voucher(programme=programme, holder=holder):
            return f"{called(programme)}, {grouped(holder.number)}", reverse("desk:holder", args=[holder.pk])
        case GrantBatch(programme=programme):
            amount = format_amount(subject.total_cents, EUR)
            return f"{called(programme)}, {amount}", reverse("desk:batch", args=[subject.pk])
        case Programme():
            return called(subject), reverse("desk:programmes")
        case Merchant():
            return subject.name, reverse("desk:merchant", args=[subject.number])
        case Branch(merchant=shop) | Till(branch=Branch(merchant=shop)):
            return f"{subject.name}, {shop.name}", reverse("desk:merchant", args=[shop.number])
    raise TypeError(f"the trail has no name for {subject!r}")
