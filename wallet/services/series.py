"""Series: an offer with dated windows, such as a day out in June, in July and in September.

1. A window is a programme of its own, with its own days, number and budget: every rule about dates, passes
   and limits without a connection then holds for it as it stands.
2. A series makes all its windows at once or none, and gives a holder the same number for each window.
3. Windows of one series do not overlap, so a form that is sent twice makes nothing twice.

What is granted is granted window by window, by `grant` and `imports`. Decision 0024.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wallet.models import BudgetDecision, GrantBatch, Holder, Municipality, Programme, Staff, Voucher
from wallet.services import budgets, grant, holders, imports, programmes
from wallet.services.imports import Good, Problem, Report
from wallet.services.refused import Refused

WINDOWS_AT_MOST = 12
NAME_AT_MOST = 40  # characters; a window's name has its days behind it
OFFLINE_TICKETS = 3  # one pass carries at most


@dataclass(frozen=True, order=True)
class Window:
    """From its first up to and including its last day."""

    starts: date
    ends: date

    @property
    def whole_month(self) -> bool:
        """Is it one month of the calendar?"""
        return self == month(self.starts.year, self.starts.month)

    def words(self, language: str) -> str:
        """`juni 2027`, or `1 juni 2027 – 15 juni 2027`."""
        with translation.override(language):
            if self.whole_month:
                return date_format(self.starts, "F Y")
            return f"{date_format(self.starts, 'j F Y')} – {date_format(self.ends, 'j F Y')}"


def month(year: int, number: int) -> Window:
    """The window of one month."""
    return Window(date(year, number, 1), date(year, number, monthrange(year, number)[1]))


@transaction.atomic
def new_series(  # noqa: PLR0913 - a series is its rules
    *,
    muni: Municipality,
    name: str,
    name_en: str,
    icon: str,
    price: int,
    windows: Sequence[Window],
    per_person: int,
    quota: int,
    categories: Sequence[str],
    decision_ref: str,
    staff: Staff,
    now: datetime,
) -> list[Programme]:
    """Make a programme of tickets for each window. Raises Refused.

    `price` of a ticket in cents; `per_person` and `quota` are tickets for each window: the budget is the
    quota's price, and waits for another person.
    """
    windows = sorted(windows)
    _check(muni, name, windows, timezone.localdate(now))
    if quota < per_person:
        raise Refused(_("All tickets together are fewer than one person can get. Change one."), "quota")
    first = programmes.next_number(muni)
    return [
        programmes.new_programme(
            muni=muni,
            number=first + nth,
            name=f"{name}: {window.words('nl')}",
            name_en=f"{name_en}: {window.words('en')}",
            icon=icon,
            kind=Programme.Kind.TICKETS,
            unit_cents=price,
            starts=window.starts,
            ends=window.ends,
            categories=categories,
            floor=OFFLINE_TICKETS,
            bound_above=per_person,
            max_redemption=per_person,
            budget=quota * price,
            decision_ref=decision_ref,
            series=name,
            series_en=name_en,
            per_person=per_person,
            staff=staff,
            now=now,
        )
        for nth, window in enumerate(windows)
    ]


def _check(muni: Municipality, name: str, windows: Sequence[Window], today: date) -> None:
    """Raises Refused, about the windows."""
    if not windows:
        raise Refused(_("Choose at least one month, or write a window."), "windows")
    if len(windows) > WINDOWS_AT_MOST:
        raise Refused(_("A series has at most 12 windows. Make two series of it."), "windows")
    for window in windows:
        if window.ends < window.starts:
            _refuse(_("The last day of %(window)s comes before the first."), window)
        if window.ends < today:
            _refuse(_("%(window)s is over already. Leave it out."), window)
    there = Programme.objects.filter(muni=muni, series=name).values_list("starts", "ends")
    _require_apart(windows, [Window(starts, ends) for starts, ends in there])


def _require_apart(windows: Sequence[Window], there: Sequence[Window]) -> None:
    """Raises Refused when a new window has a day of another."""
    for nth, one in enumerate(windows):
        for other in (*windows[:nth], *there):
            if one.starts <= other.ends and other.starts <= one.ends:
                _refuse(_("This series has another window on days of %(window)s."), one)


def _refuse(words: str, window: Window) -> NoReturn:
    language = translation.get_language() or "nl"
    raise Refused(words % {"window": window.words(language)}, "windows")


@transaction.atomic
def approve_budgets(*, budget: BudgetDecision, staff: Staff, now: datetime) -> int:
    """Approve what one decision gives to every window of a series; how many there were. Raises Refused."""
    rows = same_decision(budget)
    for row in rows:
        budgets.approve(budget=row, staff=staff, now=now)
    return len(rows)


def same_decision(budget: BudgetDecision) -> list[BudgetDecision]:
    """What waits of one decision about a series: a budget for each window."""
    rows = budgets.waiting(budget.muni).filter(decision_ref=budget.decision_ref)
    return list(rows.filter(programme__series=budget.programme.series, programme__series__isnull=False))


def running(muni: Municipality, today: date) -> dict[str, list[Programme]]:
    """The windows that are not over, by the name of their series."""
    found: dict[str, list[Programme]] = {}
    rows = Programme.objects.filter(muni=muni, series__isnull=False, ends__gte=today).select_related("muni")
    for programme in rows.order_by("series", "starts"):
        found.setdefault(str(programme.series), []).append(programme)
    return found


# --- one holder ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    """What a top-up does in one window: tickets before and after, and why not, if it cannot be."""

    programme: Programme
    before: int
    after: int
    wrong: str
    four_eyes: bool


def preview(holder: Holder, windows: Sequence[Programme], amount: int) -> list[Step]:
    """What `amount` tickets for each window would do. Changes nothing."""
    rows = list(holder.vouchers.filter(programme__in=windows).select_related("programme"))
    left = holders.balances(rows)
    balance = {voucher.programme_id: left[voucher.pk] for voucher in rows}
    return [_step(holder, one, balance.get(one.pk, 0), amount) for one in windows]


def _step(holder: Holder, programme: Programme, before: int, amount: int) -> Step:
    wrong = grant.over_person(programme, grant.given_to(programme).get(holder.pk, 0), amount)
    wrong = wrong or grant.over_fund(programme, amount)
    return Step(programme, before, before + amount, wrong, grant.needs_four_eyes(programme, amount))


@transaction.atomic
def top_up(
    *,
    holder: Holder,
    windows: Sequence[Programme],
    amount: int,
    reason: str,
    decision_ref: str,
    form_id: UUID,
    staff: Staff,
    now: datetime,
) -> list[GrantBatch]:
    """Give a holder `amount` tickets for each window, all or none. Raises Refused.

    A form (`form_id`) that is sent twice counts once.
    """
    holders.require_present(holder)
    decision: dict[str, Any] = {"reason": reason, "decision_ref": decision_ref, "staff": staff, "now": now}
    made = []
    for one in windows:
        voucher, batch_id = _voucher(holder, one), uuid5(form_id, str(one.number))
        try:
            made.append(grant.top_up(voucher=voucher, amount=amount, batch_id=batch_id, **decision))
        except Refused as refused:
            raise Refused(f"{one}: {refused.message}", refused.field) from refused
    return made


def _voucher(holder: Holder, programme: Programme) -> Voucher:
    known = (
        Voucher.objects.filter(holder=holder, programme=programme).select_related("programme__muni").first()
    )
    return known or holders.new_vouchers(programme=programme, holders=[holder.pk])[0]


# --- a file -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SeriesReport:
    """The dry runs of one file, a window each. What a page shows of a file is asked here."""

    series: str
    reports: list[Report]

    @property
    def first(self) -> Report:
        """The first window's: rows are the same for all."""
        return self.reports[0]

    @property
    def good(self) -> list[Good]:
        """Rows that can be booked in every window."""
        return self.first.good

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the file, and what is wrong in one window only."""
        found, known = list(self.first.problems), set(self.first.problems)
        for report in self.reports[1:]:
            mine = (problem for problem in report.problems if problem not in known)
            found += (Problem(one.row, one.column, f"{report.programme}: {one.message}") for one in mine)
        return sorted(found, key=lambda problem: problem.row or 0)

    @property
    def total_cents(self) -> int:
        """All windows together."""
        return sum(report.total_cents for report in self.reports)

    @property
    def new_vouchers(self) -> int:
        """All windows together."""
        return sum(report.new_vouchers for report in self.reports)

    @property
    def confirmation(self) -> str:
        """What a person types to book it: the number of rows."""
        return self.first.confirmation

    def for_file(self) -> Report:
        """One report with the problems of all windows, to write the rows to fix."""
        return replace(self.first, problems=self.problems)

    @property
    def bookable(self) -> bool:
        """In every window?"""
        return all(report.bookable for report in self.reports)

    @property
    def four_eyes(self) -> bool:
        """Will another person have to approve a window of it?"""
        return any(report.four_eyes for report in self.reports)


def dry_run(data: bytes, series: str, windows: Sequence[Programme], now: datetime, name: str) -> SeriesReport:
    """Read a file as if to book it in each window. Changes nothing."""
    return SeriesReport(series, [imports.dry_run(data, programme, now, name) for programme in windows])


@transaction.atomic
def book(
    *, report: SeriesReport, decision_ref: str, reason: str, staff: Staff, now: datetime
) -> list[GrantBatch]:
    """Make a grant batch for each window, all or none. Raises Refused."""
    return [
        imports.book(report=one, decision_ref=decision_ref, reason=reason, staff=staff, now=now)
        for one in report.reports
    ]
