"""The desk's first page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from wallet.services import (
    bank,
    bankaccounts,
    budgets,
    decisions,
    erasures,
    guarantee,
    orders,
    overrides,
    overview,
    payments,
    periods,
    signedcards,
    status,
)
from wallet.services.sync import cases
from wallet.web.desk.forms import SearchForm
from wallet.web.desk.gate import DeskRequest, May, allowed, desk, page


@dataclass(frozen=True)
class Waits:
    """Something that waits for this person: how much of it, and where it is decided."""

    kind: str
    n: int
    href: str

    @property
    def words(self) -> str:
        """What waits, with its number."""
        n = self.n
        words = {
            "letters": ngettext("%(n)s letter to send", "%(n)s letters to send", n),
            "cards": ngettext(
                "%(n)s card with a code that ends soon", "%(n)s cards with a code that ends soon", n
            ),
            "erasures": ngettext("%(n)s holder to erase", "%(n)s holders to erase", n),
            "budgets": ngettext("%(n)s budget to approve", "%(n)s budgets to approve", n),
            "accounts": ngettext(
                "%(n)s bank account of a shop to approve", "%(n)s bank accounts of shops to approve", n
            ),
            "to make": ngettext("%(n)s payment file to make", "%(n)s payment files to make", n),
            "to send": ngettext(
                "%(n)s payment file to send to the bank", "%(n)s payment files to send to the bank", n
            ),
            "overrides": ngettext(
                "%(n)s question to let something pass", "%(n)s questions to let something pass", n
            ),
            "lines": ngettext("%(n)s line of the bank to explain", "%(n)s lines of the bank to explain", n),
            "cases": ngettext("%(n)s case to look at", "%(n)s cases to look at", n),
            "carrying": ngettext(
                "%(n)s cost of the guarantee to decide about",
                "%(n)s costs of the guarantee to decide about",
                n,
            ),
            "closings": ngettext("%(n)s programme to close", "%(n)s programmes to close", n),
        }
        return words[self.kind] % {"n": n}


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
        "waits": [one for one in _waits(request) if one.n],
        "cover": overview.cover_trouble(request.muni, now) if _keeps_the_money(request) else None,
        "minutes_late": _minutes_late(request, now),
        "leaked": May.PAY in allowed(request.user) and cases.leaked(request.muni),
        "days": days,
        "most": max(day.cents for day in days),
        "total": sum(day.cents for day in days),
    }
    return page(request, "desk/home.html", context)


def _keeps_the_money(request: DeskRequest) -> bool:
    """Is it this person's work that budgets and bank fit?"""
    return May.ADD_PROGRAMME in allowed(request.user)


def _minutes_late(request: DeskRequest, now: datetime) -> int:
    """How old the list of withdrawn passes is, when that is too old and this person can do something."""
    age = status.late(request.muni.pk, now) if May.READ_TRAIL in allowed(request.user) else None
    return (age or 0) // 60


def _waits(request: DeskRequest) -> Iterator[Waits]:
    """What this person may decide besides top-ups, a query for each kind; not what they asked themselves."""
    may = allowed(request.user)
    if May.LOOK_UP in may:
        n = orders.waiting(request.muni, timezone.now()).count()
        yield Waits("letters", n, reverse("desk:letters"))
        yield _cards(request)
    if May.ERASE in may:
        yield _erasures(request)
    if May.SET_BUDGET in may:
        yield _budgets(request)
    if May.ADD_MERCHANT in may:
        n = bankaccounts.count_to_approve(request.muni, request.user)
        yield Waits("accounts", n, reverse("desk:merchants"))
    if May.PAY in may:
        yield from _about_paying(request)


def _cards(request: DeskRequest) -> Waits:
    """They are printed on their holder's page: this leads to the one whose code ends first."""
    n, holder = signedcards.count_ending(request.muni, timezone.now())
    return Waits("cards", n, reverse("desk:holder", args=[holder]) if holder else "")


def _erasures(request: DeskRequest) -> Waits:
    """They are decided on a page of their holder: this leads to the one that waits longest."""
    rows = erasures.waiting(request.muni).exclude(made_by=request.user)
    holders = list(rows.values_list("holder", flat=True))
    return Waits("erasures", len(holders), reverse("desk:erase", args=holders[:1]) if holders else "")


def _budgets(request: DeskRequest) -> Waits:
    """They are decided on their programme's page: this leads to the one that waits longest."""
    rows = budgets.waiting(request.muni).exclude(made_by=request.user)
    numbers = list(rows.values_list("programme__number", flat=True))
    return Waits("budgets", len(numbers), reverse("desk:programme", args=numbers[:1]) if numbers else "")


def _about_paying(request: DeskRequest) -> Iterator[Waits]:
    muni, me = request.muni, request.user
    to_pay = reverse("desk:payments")
    asked = decisions.count_for(
        me,
        {
            "overrides": overrides.waiting(muni),
            "carrying": guarantee.waiting(muni),
            "closings": periods.waiting(muni),
        },
    )
    yield Waits("to make", payments.count_to_make(muni), to_pay)
    yield Waits("to send", payments.count_to_send(muni, me), to_pay)
    yield Waits("overrides", asked["overrides"], to_pay)
    yield Waits("lines", bank.count_open_lines(muni), reverse("desk:open_items"))
    yield Waits("cases", cases.count_open(muni, me), reverse("desk:cases"))
    yield Waits("carrying", asked["carrying"], reverse("desk:guarantee"))
    yield Waits("closings", asked["closings"], reverse("desk:periods"))
