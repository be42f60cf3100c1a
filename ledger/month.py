"""Can a month be closed? It can when nothing of it is open; otherwise this says what is.

Nothing is written. A month is open as long as one of its transfers is in no batch, one of its batches is not
booked by the bank, or of what stood on an account that should come to nothing some still stands there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from ledger import books
from ledger.models import Account, BankLine, BankMatch, Batch, Code, Outbox, Payout, Transfer

# What must come to nothing, and what it is called when it does not.
_TO_NOTHING = {
    Code.SUSPENSE: "suspense",
    Code.UNIDENTIFIED: "unidentified",
    Code.IN_TRANSIT: "in_transit",
    Code.GUARANTEE: "guarantee",
}


@dataclass(frozen=True)
class Open:
    """Something that keeps a month open: how many there are of it, or how many `cents`."""

    what: str
    n: int
    cents: bool = False


def still_open(muni: int, month: date) -> list[Open]:
    """What keeps this month open; [] when it can be closed. `month` is any day of it."""
    end = _end(month)
    batches = Batch.objects.filter(muni=muni, to_at__lt=end, n__gte=1)
    unmatched = BankMatch.objects.filter(how=BankMatch.How.UNMATCHED).values("line")
    lines = BankLine.objects.filter(muni=muni, booked_on__lt=end.date())
    counted: dict[str, QuerySet[Any]] = {
        "unsealed": Outbox.objects.filter(muni=muni, transfer__posted_at__lt=end),
        "unwitnessed": batches.filter(status__in=(Batch.Status.SEALED, Batch.Status.LOGGED)),
        "unexported": batches.filter(status=Batch.Status.WITNESSED),
        "unbooked": Payout.objects.filter(muni=muni, batch__in=batches, status=Payout.Status.SENT),
        "unmatched": lines.filter(Q(pk__in=unmatched), clearing=None),
    }
    found = [Open(what, rows.count()) for what, rows in counted.items()]
    return [one for one in [*found, *_cents(muni, end)] if one.n]


def _cents(muni: int, end: datetime) -> list[Open]:
    accounts = list(Account.objects.filter(muni=muni, code__in=_TO_NOTHING))
    held = books.balances([account.id for account in accounts])
    return [
        Open(_TO_NOTHING[Code(one.code)], max(0, held[one.id] - _came_since(one, end)), cents=True)
        for one in accounts
    ]


def _came_since(account: Account, end: datetime) -> int:
    """Cents that later months put on an account. What went off since went off the oldest first."""
    grew = {"debit" if account.side == "D" else "credit": account}
    since = Transfer.objects.filter(**grew, effective_at__gte=end)
    return since.aggregate(cents=Sum("amount"))["cents"] or 0


def _end(month: date) -> datetime:
    first = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return timezone.make_aware(datetime.combine(first, time()))
