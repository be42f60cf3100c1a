"""A fund from its name to its end.

1. It is named when its programme is made, with the last day on which its pots can be spent. That day may
   move on and never back: the database refuses it.
2. After that day and the days of grace its pots are swept: what is left goes back to the fund through one
   account, and each pot is closed. In pieces, each a transaction; stopped anywhere, the same call goes on.
3. What the guarantee cost is carried by a fund once a month, when two people say so (COVER_LOSS).
4. When all its pots are closed and all of it is in public, two people close its year: the remainder goes
   back to the appropriation (CLOSE_YEAR).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from ledger import books, crash
from ledger.books import AccountKey, Posting
from ledger.models import Account, Code, Fund, Kind, Outbox, Transfer

_HELD = (Code.DISTRIBUTION, Code.POT, Code.SLICES)


class FundNotOver(Exception):  # noqa: N818 - it says how the fund stands
    """Something of the fund can still move, so it cannot be swept or closed."""


@dataclass(frozen=True)
class Swept:
    """What a sweep did: pots that it closed, and the cents that came out of them."""

    pots: int = 0
    cents: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        """Both together."""
        return Swept(self.pots + other.pots, self.cents + other.cents)


def name_fund(
    *, muni: int, number: int, name: str, name_en: str, from_on: date, until_on: date, grace_days: int
) -> None:
    """Say what a fund is called, and until when its pots can be spent. The last word counts."""
    said = {"name": name, "name_en": name_en, "from_on": from_on, "until_on": until_on}
    Fund.objects.update_or_create(muni=muni, number=number, defaults={**said, "grace_days": grace_days})


def is_over(last_day: date, grace_days: int, now: datetime) -> bool:
    """Is the last day on which pots can be spent over, and the days of grace with it?"""
    return timezone.localdate(now) > last_day + timedelta(days=grace_days)


# --- the sweep ----------------------------------------------------------------------------------------------
def sweep(*, muni: int, fund: int, actor: str, now: datetime) -> Swept:
    """Bring what is left in the fund's pots back to it, and close them. Raises FundNotOver before its end."""
    _check_over(muni, fund, now)
    account = books.open_accounts([AccountKey(muni, Code.DISTRIBUTION, fund=fund)])[0]
    done = Swept()
    while (piece := _sweep_piece(muni, fund, account, actor, now)).pots:
        crash.here("sweep.piece")
        done += piece
    _return(muni, fund, account, actor, now)
    return done


def _check_over(muni: int, number: int, now: datetime) -> None:
    fund = Fund.objects.filter(muni=muni, number=number).first()
    if fund is None or not is_over(fund.until_on, fund.grace_days, now):
        raise FundNotOver(f"The pots of fund {number} can still be used.")


@transaction.atomic
def _sweep_piece(muni: int, fund: int, account: int, actor: str, now: datetime) -> Swept:
    pots = Account.objects.filter(muni=muni, fund=fund, code=Code.POT, closed_at=None)
    rows = list(
        # The lock makes a payment and another sweep wait for this piece.
        pots.select_for_update(no_key=True).order_by("id").values_list("id", "balance")[: books.PIECE]
    )
    left = {pot: balance for pot, balance in rows if balance}
    postings = [
        _sweeping(uuid5(_sweep_id(muni, fund), str(pot)), pot, account, cents, actor, now)
        for pot, cents in left.items()
    ]
    books.post(muni, postings)
    books.close([pot for pot, _ in rows], now)
    return Swept(len(rows), sum(left.values()))


def _return(muni: int, fund: int, account: int, actor: str, now: datetime) -> None:
    """Move what the sweep gathered to the fund; also what a stopped sweep left."""
    with books.locked(muni):
        cents = books.balances([account])[account]
        if cents:
            earlier = Transfer.objects.filter(debit=account).count()
            target = books.open_accounts([AccountKey(muni, Code.FUND, fund=fund)])[0]
            once = uuid5(_sweep_id(muni, fund), f"return {earlier}")
            books.post(muni, [_sweeping(once, account, target, cents, actor, now)])


def _sweep_id(muni: int, fund: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"meedoen:sweep:{muni}:{fund}")


def _sweeping(id_: UUID, debit: int, credit: int, cents: int, actor: str, now: datetime) -> Posting:
    return Posting(id_, Kind.SWEEP, debit, credit, cents, "sweep", "", actor, "", now)


# --- the guarantee's cost -----------------------------------------------------------------------------------
def cover_loss(
    *, muni: int, fund: int, cents: int, month: date, made_by: str, approved_by: str, now: datetime
) -> None:
    """Let a fund carry `cents` of what the guarantee cost; once for each fund and month.

    Raises Overdrawn when the fund does not hold it; PostingRefused when the guarantee did not cost that
    much, or when the same person said it twice.
    """
    source, cost = books.open_accounts(
        [AccountKey(muni, Code.FUND, fund=fund), AccountKey(muni, Code.GUARANTEE)]
    )
    once = uuid5(NAMESPACE_URL, f"meedoen:cover-loss:{muni}:{fund}:{month:%Y-%m}")
    with books.locked(muni):
        books.post(
            muni,
            [
                _by_two(
                    once, Kind.COVER_LOSS, (source, cost), cents, made_by, approved_by, f"{month:%Y-%m}", now
                )
            ],
        )


def guarantee_cost(muni: int) -> int:
    """Cents that offline payments cost and no fund carries yet."""
    account = books.open_accounts([AccountKey(muni, Code.GUARANTEE)])[0]
    return books.balances([account])[account]


def _by_two(
    id_: UUID,
    kind: Kind,
    ends: tuple[int, int],
    cents: int,
    made_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> Posting:
    return Posting(id_, kind, *ends, cents, "approved-by", approved_by, made_by, reason, now)


# --- the end of the year ------------------------------------------------------------------------------------
def close_year(*, muni: int, fund: int, made_by: str, approved_by: str, now: datetime) -> int:
    """Give the fund's remainder back to the appropriation and close it; the cents. 0 when it was closed.

    Raises FundNotOver when pots are open, a top-up is not booked whole, or something waits for its batch;
    PostingRefused when the same person said it twice.
    """
    with books.locked(muni):
        source, target = books.open_accounts(
            [AccountKey(muni, Code.FUND, fund=fund), AccountKey(muni, Code.RECEIVABLE)]
        )
        if not books.is_open(source):
            return 0
        _check_all_over(muni, fund, now)
        held = Account.objects.filter(muni=muni, fund=fund, code=Code.DISTRIBUTION, closed_at=None)
        books.close(held.values_list("id", flat=True), now)
        cents = books.balances([source])[source]
        once = uuid5(NAMESPACE_URL, f"meedoen:close-year:{muni}:{fund}")
        if cents:
            ends = (source, target)
            books.post(muni, [_by_two(once, Kind.CLOSE_YEAR, ends, cents, made_by, approved_by, "", now)])
        books.close([source], now)
    return cents


def _check_all_over(muni: int, fund: int, now: datetime) -> None:
    _check_over(muni, fund, now)
    ours = Account.objects.filter(muni=muni, fund=fund)
    if ours.filter(code__in=(Code.POT, Code.SLICES), closed_at=None).exists():
        raise FundNotOver(f"Pots of fund {fund} are open. Sweep them first.")
    if ours.filter(code__in=_HELD).aggregate(cents=Sum("balance"))["cents"]:
        raise FundNotOver(f"A top-up of fund {fund} is not booked whole.")
    waiting = Outbox.objects.filter(Q(transfer__debit__fund=fund) | Q(transfer__credit__fund=fund), muni=muni)
    if waiting.exists():
        raise FundNotOver(f"Movements of fund {fund} wait for their batch.")
