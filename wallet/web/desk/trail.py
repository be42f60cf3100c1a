"""The trail: who looked something up or changed it, in words and names that people recognise."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse

from wallet.models import (
    Branch,
    BudgetDecision,
    Case,
    DeskEvent,
    Device,
    GrantBatch,
    Helper,
    Holder,
    Merchant,
    OverrideRequest,
    Programme,
    Till,
    Voucher,
)
from wallet.protocol.money import EUR, format_amount
from wallet.services import overview
from wallet.services.paper import grouped
from wallet.services.trail import Verb, subjects
from wallet.web.desk.filters import called, let_pass
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
    name, href = _named(subject) if subject else _as_text(event.subject_type, event.subject_id)
    looked = event.verb in (Verb.SEARCHED, Verb.OPENED)
    why = dict(LOOK_UP_REASONS).get(event.reason, event.reason) if looked else event.reason
    return Line(event, name, href, str(why))


def _as_text(kind: str, what: str) -> tuple[str, str]:
    """What has no row of its own, or none any more; pages of the bank and of a batch are found by it."""
    match kind:
        case "batch":
            return what, reverse("desk:payment", args=[what])
        case "bankfile":
            return what, reverse("desk:bank")
        case _:
            return what, ""


def _named(subject: Model) -> tuple[str, str]:
    """What people call it, and where it is; holders go by their number alone."""
    to: tuple[str, object]
    match subject:
        case Holder():
            name, to = grouped(subject.number), ("holder", subject.pk)
        case Device(holder=holder):
            name, to = grouped(holder.number), ("holder", holder.pk)
        case Helper(holder=holder):
            name, to = f"{subject.name}, {grouped(holder.number)}", ("holder", holder.pk)
        case Voucher(programme=programme, holder=holder):
            name, to = f"{called(programme)}, {grouped(holder.number)}", ("holder", holder.pk)
        case GrantBatch(programme=programme):
            name = f"{called(programme)}, {format_amount(subject.total_cents, EUR)}"
            to = ("batch", subject.pk)
        case Programme():
            name, to = called(subject), ("programme", subject.number)
        case BudgetDecision(programme=programme):
            name = f"{called(programme)}, {format_amount(subject.amount, EUR)}"
            to = ("programme", programme.number)
        case Merchant():
            name, to = subject.name, ("merchant", subject.number)
        case OverrideRequest():
            name, to = let_pass(subject.what), ("payments", None)
        case Case(till=Till(branch=Branch(merchant=shop))):
            name, to = shop.name, ("case", subject.pk)
        case Branch(merchant=shop) | Till(branch=Branch(merchant=shop)):
            name, to = f"{subject.name}, {shop.name}", ("merchant", shop.number)
        case _:
            raise TypeError(f"the trail has no name for {subject!r}")
    page_name, key = to
    return name, reverse(f"desk:{page_name}", args=[key] if key else [])
