"""What sales without a connection cost the guarantee, and letting a programme carry it.

1. The guarantee is account 5000 of the books. A payment costs it in the month in which it is booked; a void
   or refund gives back in its own month. So nothing is added to a month that is over.
2. A programme's fund carries what is not carried yet of all months until the last one that is over. Two
   people say so, once for each programme and month; the database and the books say so too.
3. What a month gave back above its cost is taken off what is carried next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import Case as Either
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import api as ledger
from wallet.models import (
    Case,
    LossCover,
    Municipality,
    Programme,
    Redemption,
    Refund,
    Staff,
    TillRecord,
    YearClose,
)
from wallet.services import decisions, trail
from wallet.services.refused import Refused
from wallet.services.sync.verdict import LEAKED, TWICE
from wallet.services.trail import Verb

Status = LossCover.Status
Movement = tuple[int, date, str, int]  # of which programme, in which month, why, and cents


class Why(StrEnum):
    """Why the guarantee paid, the first that holds; or that it got something back."""

    DECIDED = "decided"  # by a person, in a case
    TWICE = TWICE
    LEAKED = LEAKED
    WITHDRAWN = "withdrawn"
    SHORT = "short"  # the pot held less
    BACK = "back"


@dataclass
class Month:
    """What a month cost: cents for each reason, below zero what came back."""

    first: date
    why: dict[str, int] = field(default_factory=dict)

    @property
    def cents(self) -> int:
        """All together."""
        return sum(self.why.values())


@dataclass
class Cost:
    """What one programme cost the guarantee, the newest month first, and what it carries of it."""

    programme: Programme
    until: date  # the last month that is over
    closed: bool
    months: list[Month]
    covers: list[LossCover]

    @property
    def left(self) -> int:
        """Cents that the programme does not carry yet."""
        return sum(month.cents for month in self.months) - self._carried

    @property
    def to_carry(self) -> int:
        """The same, of months that are over; nothing when the programme carried its part of this month."""
        if any(row.month >= self.until for row in self.covers):
            return 0
        return max(0, self.owed(self.until))

    @property
    def waiting(self) -> LossCover | None:
        """What was asked and is not decided."""
        return next((row for row in self.covers if row.status == Status.WAITING), None)

    def owed(self, until: date) -> int:
        """Cents that are not carried yet of the months until this one, which is included."""
        return sum(month.cents for month in self.months if month.first <= until) - self._carried

    @property
    def _carried(self) -> int:
        return sum(row.cents for row in self.covers if row.status == Status.BOOKED)


# --- what it cost -------------------------------------------------------------------------------------------
def costs(programmes: Iterable[Programme], now: datetime) -> list[Cost]:
    """What each of these programmes cost the guarantee; those that cost nothing are left out."""
    rows = {row.pk: row for row in programmes}
    months: dict[int, dict[date, Month]] = defaultdict(dict)
    for of, first, why, cents in _movements(list(rows)):
        month = months[of].setdefault(first, Month(first))
        month.why[why] = month.why.get(why, 0) + cents
    asked = LossCover.objects.filter(programme__in=rows).select_related("made_by")
    covers: dict[int, list[LossCover]] = defaultdict(list)
    for cover in asked.exclude(status=Status.REFUSED):
        covers[cover.programme_id].append(cover)
    closed = set(
        YearClose.objects.filter(programme__in=rows, status=Status.BOOKED).values_list("programme", flat=True)
    )
    until = (timezone.localdate(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    return [
        Cost(
            row,
            until,
            of in closed,
            sorted(months[of].values(), key=lambda one: one.first, reverse=True),
            sorted(covers[of], key=lambda one: one.month, reverse=True),
        )
        for of, row in rows.items()
        if of in months
    ]


def of_town(muni: Municipality, now: datetime) -> list[Cost]:
    """What each programme of a municipality cost the guarantee."""
    return costs(Programme.objects.filter(muni=muni).order_by("number"), now)


def _movements(programmes: list[int]) -> Iterable[Movement]:
    paid = Redemption.objects.filter(programme__in=programmes, guaranteed__gt=0)
    why = paid.annotate(month=TruncMonth("at"), why=_why()).values("programme", "month", "why")
    for row in why.annotate(cents=Sum("guaranteed")).order_by("why"):
        yield row["programme"], row["month"].date(), row["why"], row["cents"]
    back = Refund.objects.filter(redemption__programme__in=programmes, redemption__guaranteed__gt=0)
    given = back.filter(guaranteed__gt=0).annotate(month=TruncMonth("at"))
    for row in given.values("redemption__programme", "month").annotate(cents=Sum("guaranteed")).order_by():
        yield row["redemption__programme"], row["month"].date(), Why.BACK, -row["cents"]


def _why() -> Either:
    found = TillRecord.objects.filter(redemption=OuterRef("pk"))
    gone = [
        Q(**{f"issued_pass__{what}__lte": F("taken_at")}) for what in ("revoked_at", "device__revoked_at")
    ]
    held = Q(voucher=None, issued_pass__voucher__suspended_at__lte=F("at"))
    return Either(
        When(Exists(Case.objects.filter(payment=OuterRef("pk"))), then=Value(Why.DECIDED)),
        When(Exists(found.filter(case__code=TWICE)), then=Value(Why.TWICE)),
        When(Exists(found.filter(case__code=LEAKED)), then=Value(Why.LEAKED)),
        When(gone[0] | gone[1] | held, then=Value(Why.WITHDRAWN)),
        default=Value(Why.SHORT),
    )


def require_carried(programme: Programme, now: datetime) -> None:
    """Raises Refused while the programme has a part of the guarantee's cost to carry, of whatever month."""
    if any(cost.left > 0 for cost in costs([programme], now)):
        raise Refused(
            _(
                "The guarantee paid for sales of this programme, and the programme does not carry that yet. "
                "Let it carry that first, under Guarantee, when the month is over."
            )
        )


def waiting(muni: Municipality) -> QuerySet[LossCover]:
    """What was asked and waits for a second person."""
    return LossCover.objects.filter(muni=muni, status=Status.WAITING)


# --- carrying it --------------------------------------------------------------------------------------------
@transaction.atomic
def ask(*, programme: Programme, staff: Staff, now: datetime) -> LossCover:
    """Ask another person to let a programme carry its cost. The same person again: the same request.

    Raises Refused.
    """
    known = LossCover.objects.filter(programme=programme, status=Status.WAITING).first()
    if known and known.made_by_id == staff.pk:
        return known
    if known:
        raise Refused(_asked())
    found = next(iter(costs([programme], now)), None)
    if found is None or found.closed or not found.to_carry:
        raise Refused(_("There is nothing that this programme can carry now."))
    try:
        with transaction.atomic():
            made = LossCover.objects.create(
                muni=programme.muni,
                programme=programme,
                month=found.until,
                cents=found.to_carry,
                made_by=staff,
                made_at=now,
            )
    except IntegrityError as error:
        raise Refused(_asked()) from error
    trail.record(staff=staff, verb=Verb.CARRY_ASKED, subject=programme, now=now)
    return made


def _asked() -> str:
    return _("Somebody asked for this already. Open the page again to decide about it.")


@transaction.atomic
def approve(*, cover: LossCover, staff: Staff, now: datetime) -> None:
    """Another person agrees: the fund pays the guarantee back. Raises Refused; then nothing has changed."""
    decisions.approve(cover, staff, now)
    try:
        ledger.cover_loss(
            muni=cover.muni_id,
            fund=cover.programme.number,
            cents=cover.cents,
            month=cover.month,
            made_by=cover.made_by.actor,
            approved_by=staff.actor,
            now=now,
        )
    except ledger.Overdrawn as error:
        raise Refused(
            _("The programme does not hold that much. Add to its budget, then decide again.")
        ) from error
    except ledger.PostingRefused as error:
        raise Refused(
            _("The books do not take this: the cost went down, or the programme is closed. Do not carry it.")
        ) from error
    trail.record(staff=staff, verb=Verb.CARRIED, subject=cover.programme, now=now)


@transaction.atomic
def refuse(*, cover: LossCover, staff: Staff, now: datetime) -> None:
    """Another person says no, or whoever asked withdraws it. Raises Refused."""
    decisions.refuse(cover, staff, now)
    trail.record(staff=staff, verb=Verb.CARRY_REFUSED, subject=cover.programme, now=now)
