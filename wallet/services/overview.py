"""What the desk's first page shows: what waits, and how the passes are used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from ledger import api as books
from wallet.models import DeskEvent, GrantBatch, GrantLine, Municipality, Redemption, Refund, Voucher


@dataclass(frozen=True)
class Day:
    """What was paid with passes on one day, in cents, before refunds."""

    day: date
    cents: int


def waiting(muni: Municipality) -> QuerySet[GrantBatch]:
    """Grant batches that a person has to look at: to approve, or stopped half way."""
    states = [GrantBatch.Status.WAITING, GrantBatch.Status.BOOKING]
    return _batches(muni).filter(status__in=states)


def decided(muni: Municipality) -> QuerySet[GrantBatch]:
    """Grant batches that are booked or refused, newest first."""
    states = [GrantBatch.Status.BOOKED, GrantBatch.Status.REFUSED]
    return _batches(muni).filter(status__in=states)


def _batches(muni: Municipality) -> QuerySet[GrantBatch]:
    batches = GrantBatch.objects.filter(muni=muni).order_by("-made_at")
    return batches.select_related("programme", "made_by", "approved_by")


def spending(muni: Municipality, now: datetime, days: int = 14) -> list[Day]:
    """What was paid on each of the last days, today last; days without a payment are there with 0."""
    today = timezone.localdate(now)
    rows = (
        Redemption.objects.filter(muni=muni, at__gt=now - timedelta(days=days + 1))
        .annotate(day=TruncDate("at"))
        .values_list("day")
        .annotate(cents=Sum(F("approved") * F("unit_cents")))
    )
    paid = dict(rows)
    every = (today - timedelta(days=back) for back in reversed(range(days)))
    return [Day(day, paid.get(day, 0)) for day in every]


def cover_trouble(muni: Municipality, now: datetime) -> books.CoverState | None:
    """The last proof of cover, when money is missing in it or it is late; None when all is well."""
    state = books.cover_state(muni.pk, now)
    return None if state.good else state


@dataclass(frozen=True)
class Movement:
    """One line of a holder's history; `amount` in the programme's units, below zero when it was paid."""

    at: datetime
    what: str  # "paid", "refunded" or "topped up"
    voucher: Voucher
    amount: int
    where: str
    grant_line: int | None = None
    batch: GrantBatch | None = None
    undone: bool = False
    card: bool = False
    helper: str = ""  # who paid, if not the holder


def history(vouchers: Sequence[Voucher], at_most: int = 10) -> list[Movement]:
    """The last movements on a holder's vouchers, newest first: three queries."""
    own = {voucher.pk: voucher for voucher in vouchers}
    moves = [*_paid(own, at_most), *_given_back(own, at_most), *_granted(own, at_most)]
    return sorted(moves, key=lambda move: move.at, reverse=True)[:at_most]


def _paid(own: dict[UUID, Voucher], at_most: int) -> list[Movement]:
    rows = Redemption.objects.filter(voucher__in=own).select_related("merchant", "helper")
    return [
        Movement(
            row.at,
            "paid",
            own[row.voucher_id],
            row.guaranteed // row.unit_cents - row.approved,
            row.merchant.name,
            card=row.card is not None,
            helper=_helper_of(row),
        )
        for row in rows.order_by("-at")[:at_most]
        if row.voucher_id
    ]


def _helper_of(paid: Redemption) -> str:
    return paid.helper.name if paid.helper else ""


def _given_back(own: dict[UUID, Voucher], at_most: int) -> list[Movement]:
    rows = Refund.objects.filter(redemption__voucher__in=own)
    rows = rows.select_related("redemption__merchant", "redemption__helper")
    return [
        Movement(
            row.at,
            "refunded",
            own[pot],
            row.amount,
            row.redemption.merchant.name,
            helper=_helper_of(row.redemption),
        )
        for row in rows.order_by("-at")[:at_most]
        if (pot := row.redemption.voucher_id)
    ]


def _granted(own: dict[UUID, Voucher], at_most: int) -> list[Movement]:
    booked = GrantLine.objects.filter(voucher__in=own, batch__status=GrantBatch.Status.BOOKED)
    rows = booked.filter(missed_at=None).select_related("batch").order_by("-batch__booked_at")[:at_most]
    return [
        Movement(
            line.batch.booked_at or line.batch.made_at,
            "topped up",
            own[line.voucher_id],
            line.amount,
            line.batch.reason,
            line.pk,
            line.batch,
            line.undone_at is not None,
        )
        for line in rows
    ]


def trail(muni: Municipality) -> QuerySet[DeskEvent]:
    """The desk's trail, newest first."""
    return DeskEvent.objects.filter(muni=muni).select_related("staff").order_by("-at", "-pk")
