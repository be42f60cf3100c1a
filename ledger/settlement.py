"""Settlement: payments are sealed into batches, each payment exactly once.

1. One seal at a time per municipality (a lock in the database); everything below is one transaction.
2. What waits in the outbox goes into the next batch, as rows, never as "all up to number x": numbers are
   not given out in the order in which transactions commit.
3. Each merchant's net, when above zero, moves from open to due (SETTLE). A net below zero stays open and
   counts in the next batch.
4. The batch and its public leaf are written together. The invariants I1-I3, I12 and I13 are checked before
   the commit; when one does not hold, nothing is sealed.
5. A batch waits until it is time and it holds enough payments not to point at people, or too long.
6. A batch takes at most `MOST` transfers, so that the seal after a great top-up stays short. A full one may
   hold none but top-ups; few payments among them would point at people, so those wait for the next.

docs/spec/06-books.md has the rules, docs/spec/07-log.md the leaf.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone

from ledger import books, commitments, crash, leaves, totals
from ledger.log import entry, receipt
from ledger.models import (
    GUARDED,
    Account,
    Batch,
    BatchItem,
    Code,
    Kind,
    Log,
    Outbox,
    Snapshot,
    Transfer,
)

NIGHT = 2  # o'clock, local time
FULL = 5000  # payments that do not wait for the night
MOST = 10_000  # transfers in one batch
CLOCK_SKEW = timedelta(seconds=2)
RING = timedelta(seconds=10)  # how often somebody looks


class ClockWentBack(Exception):  # noqa: N818 - it says what happened
    """The clock stands before the end of the last batch."""


def open_log(muni: int, origin: str, vkey: str, now: datetime) -> Log:
    """The municipality's log; made with its first leaf when there is none that is open."""
    with books.locked(muni):
        found = leaves.open_log(muni)
        if found:
            return found
        log = Log.objects.create(muni=muni, year=now.year, origin=origin, vkey=vkey)
        leaves.append(log, entry.Open(muni=muni, year=now.year, chart=leaves.chart_hash()), "open")
        return log


def seal(log: Log, now: datetime, force: bool = False) -> Batch | None:
    """Seal what waits, when it is time (`force`: now). None when nothing was sealed.

    Raises BooksBroken or ClockWentBack; then nothing has changed.
    """
    if not Outbox.objects.filter(muni=log.muni).exists():
        return None
    with books.locked(log.muni):
        crash.here("seal.lock")
        last = Batch.objects.filter(muni=log.muni).order_by("-no").first()
        if not force and not _is_due(log.muni, last, now):
            return None
        waiting = _waiting(log.muni)
        if not waiting:
            return None
        if last and now < last.to_at - CLOCK_SKEW:
            raise ClockWentBack(f"The last batch ends at {last.to_at}, and now it is {now}.")
        batch = _seal(log, last, waiting, max(now, last.to_at) if last else now)
        crash.here("seal.beforecommit")
    crash.here("seal.aftercommit")
    return batch


def seal_all(log: Log, now: datetime, force: bool = False) -> list[Batch]:
    """Seal what waits now, as one batch or as several when it is much. Raises as `seal` does."""
    rounds = -(-Outbox.objects.filter(muni=log.muni).count() // MOST)
    found = (seal(log, now, force) for _ in range(rounds))
    return [batch for batch in found if batch]


def _waiting(muni: int) -> list[Transfer]:
    """What the next batch takes, in its order."""
    waiting = list(Transfer.objects.filter(outbox__muni=muni).order_by("seq")[:MOST])
    # Each account once, and not with each of its transfers.
    accounts = Account.objects.in_bulk({end for t in waiting for end in (t.debit_id, t.credit_id)})
    for transfer in waiting:
        transfer.debit, transfer.credit = accounts[transfer.debit_id], accounts[transfer.credit_id]
    payments = sum(map(_is_payment, waiting))
    if len(waiting) < MOST:
        return waiting if payments else []
    if payments >= settings.SEAL_MINIMUM:
        return waiting
    # A payment may be sealed later than what was posted after it: its pot then holds more, never less.
    return [transfer for transfer in waiting if not _is_payment(transfer)]


def _is_payment(transfer: Transfer) -> bool:
    return transfer.kind in commitments.NAMES


# --- when ---------------------------------------------------------------------------------------------------
def _is_due(muni: int, last: Batch | None, now: datetime) -> bool:
    waiting = Outbox.objects.filter(muni=muni).aggregate(
        payments=Count("pk", filter=Q(kind__in=list(commitments.NAMES))),
        everything=Count("pk"),
        since=Min("transfer__posted_at"),
    )
    if waiting["since"] is None:
        return False
    if waiting["everything"] >= MOST:
        return True
    if now - waiting["since"] >= timedelta(seconds=settings.SEAL_MAXIMUM_WAIT):
        return True
    due_at = due_after(last.sealed_at if last else waiting["since"])
    return waiting["payments"] >= settings.SEAL_MINIMUM and (waiting["payments"] >= FULL or now >= due_at)


def due_after(moment: datetime) -> datetime:
    """The first moment after `moment` at which a batch is sealed."""
    if settings.SEAL_EVERY:
        return moment + timedelta(seconds=settings.SEAL_EVERY)
    night = timezone.localtime(moment).replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return night if night > moment else night + timedelta(days=1)


def next_at(muni: int, now: datetime) -> datetime:
    """When the next batch can be expected; never at once, so that nobody asks without end."""
    last = Batch.objects.filter(muni=muni).order_by("-no").values_list("sealed_at", flat=True).first()
    return max(now + RING, due_after(last) if last else due_after(now))


# --- the seal -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Payments:
    """The payments of a batch, the commitment of each (by transfer number) and all of them in order."""

    by_seq: dict[int, bytes]
    ordered: receipt.Commitments


def _seal(log: Log, last: Batch | None, waiting: Sequence[Transfer], now: datetime) -> Batch:
    no = last.no + 1 if last else 1
    before = totals.State.read(last.totals) if last else totals.State()
    lines = totals.add(before, (_move(transfer) for transfer in waiting))
    payments = _commit_to(log.muni, no, [transfer for transfer in waiting if _is_payment(transfer)])
    hot = _settle_merchants(log.muni, no, waiting, now)
    start = last.to_at if last else min(waiting[0].posted_at, now)
    leaf = _leaf(log.muni, no, (start, now), payments.ordered, waiting, lines)
    batch = Batch.objects.create(
        muni=log.muni,
        no=no,
        entry=leaves.append(log, leaf, f"batch:{log.muni}:{no}"),
        from_at=start,
        to_at=now,
        sealed_at=now,
        n=len(payments.by_seq),
        totals=lines.after.json(),
        tx_root=payments.ordered.root(),
    )
    crash.here("seal.batch")
    _take(batch, waiting, payments)
    Snapshot.objects.bulk_create(
        [Snapshot(account_id=account, batch=batch, balance=balance) for account, balance in hot.items()],
        batch_size=1000,
    )
    _check(log.muni, no, waiting, lines.after)
    return batch


def _move(transfer: Transfer) -> totals.Move:
    debit, credit = transfer.debit, transfer.credit
    fund = debit.fund if debit.fund is not None else credit.fund
    return totals.Move(
        kind=Kind(transfer.kind),
        debit=Code(debit.code),
        credit=Code(credit.code),
        fund=fund,
        amount=transfer.amount,
        committed=_is_payment(transfer),
    )


def _commit_to(muni: int, no: int, payments: Sequence[Transfer]) -> _Payments:
    involved = {party for p in payments for party in commitments.parties(p.debit, p.credit)}
    keys = commitments.make_keys(muni, involved)
    by_seq = {p.seq: commitments.opening(p, no, keys).commitment() for p in payments}
    return _Payments(by_seq, receipt.Commitments.of(list(by_seq.values())))


def _leaf(
    muni: int,
    no: int,
    period: tuple[datetime, datetime],
    ordered: receipt.Commitments,
    waiting: Sequence[Transfer],
    lines: totals.Lines,
) -> entry.Batch:
    first, last = (timezone.localdate(moment).isoformat() for moment in period)
    return entry.Batch(
        muni=muni,
        no=no,
        from_day=first,
        to_day=last,
        n=len(ordered.values),
        merchants=len(_merchants(waiting)) // 10 * 10,
        tx_root=ordered.root().hex(),
        commitments=ordered.addendum_hash(),
        payable=lines.payable,
        funds=lines.funds,
    )


def _merchants(waiting: Iterable[Transfer]) -> dict[int, Account]:
    ends = (account for transfer in waiting for account in (transfer.debit, transfer.credit))
    return {account.id: account for account in ends if account.code == Code.MERCHANT_OPEN}


def _settle_merchants(muni: int, no: int, waiting: Sequence[Transfer], now: datetime) -> dict[int, int]:
    """Post SETTLE for each merchant with a net above zero; balances of unguarded accounts after it."""
    nets = _hot_balances(waiting)
    merchants = {id_: account for id_, account in _merchants(waiting).items() if nets[id_] > 0}
    due = books.open_accounts(
        [books.AccountKey(muni, Code.MERCHANT_DUE, party=account.party) for account in merchants.values()]
    )
    postings = [
        books.Posting(
            id=_settle_id(muni, no, account.party),
            kind=Kind.SETTLE,
            debit=account.id,
            credit=due_account,
            amount=nets[account.id],
            ref_type="batch",
            ref_id=f"{muni}:{no}",
            actor="settlement",
            reason="",
            effective_at=now,
        )
        for account, due_account in zip(merchants.values(), due, strict=True)
    ]
    books.post(muni, postings)
    crash.here("seal.settle")
    return nets | dict.fromkeys(merchants, 0)


def _settle_id(muni: int, no: int, party: UUID | None) -> UUID:
    return uuid5(NAMESPACE_URL, f"meedoen:settle:{muni}:{no}:{party}")


def _hot_balances(waiting: Sequence[Transfer]) -> dict[int, int]:
    moved: Counter[int] = Counter()
    for transfer in waiting:
        for account, side in ((transfer.debit, "D"), (transfer.credit, "C")):
            if account.code not in GUARDED:
                moved[account.id] += transfer.amount if account.side == side else -transfer.amount
    before = books.snapshots(moved)
    return {account: before[account] + change for account, change in moved.items()}


def _take(batch: Batch, waiting: Sequence[Transfer], payments: _Payments) -> None:
    place = {commitment: pos for pos, commitment in enumerate(payments.ordered.values)}
    items = []
    for transfer in waiting:
        commitment = payments.by_seq.get(transfer.seq)
        pos = place.get(commitment or b"")
        items.append(BatchItem(transfer_id=transfer.seq, batch_id=batch.pk, commitment=commitment, pos=pos))
    BatchItem.objects.bulk_create(items, batch_size=1000)
    crash.here("seal.move")
    # Exactly the rows that were read: one that came meanwhile stays, and the guard refuses one not taken.
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ledger_outbox WHERE transfer_seq IN"
            " (SELECT transfer_seq FROM ledger_batch_item WHERE batch_id = %s)",
            [batch.pk],
        )
        if cursor.rowcount != len(waiting):
            raise totals.BooksBroken(
                f"{len(waiting)} transfers waited and {cursor.rowcount} left the outbox."
            )


# --- the invariants -----------------------------------------------------------------------------------------
# One statement each, so that a payment that commits meanwhile is in all of its sums or in none.
_BALANCES = """
SELECT id FROM ledger_account a WHERE id IN ({ids}) AND (balance < 0 OR balance <>
  (CASE side WHEN 'C' THEN 1 ELSE -1 END) * (
    coalesce((SELECT sum(amount) FROM ledger_transfer WHERE credit_id = a.id), 0)
    - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE debit_id = a.id), 0)))
"""
_FUNDS = """
SELECT fund, sum(budget), sum(pots) FROM (
  SELECT fund, CASE WHEN code IN (2000, 2050) THEN balance ELSE 0 END AS budget,
         CASE WHEN code IN (2100, 2150) THEN balance ELSE 0 END AS pots
    FROM ledger_account WHERE muni = %s AND fund IS NOT NULL AND guard
  UNION ALL
  SELECT a.fund, CASE WHEN a.code IN (2000, 2050) THEN x.sign * t.amount ELSE 0 END,
         CASE WHEN a.code IN (2100, 2150) THEN x.sign * t.amount ELSE 0 END
    FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
    CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) x
    JOIN ledger_account a ON a.id = CASE x.sign WHEN 1 THEN t.debit_id ELSE t.credit_id END
   WHERE o.muni = %s AND a.fund IS NOT NULL AND a.guard
) s GROUP BY fund
"""


def _check(muni: int, no: int, waiting: Sequence[Transfer], after: totals.State) -> None:
    """Raise BooksBroken unless each touched balance is the sum of its transfers, and each fund is S."""
    ends = (account for transfer in waiting for account in (transfer.debit, transfer.credit))
    guarded = {account.id for account in ends if account.guard}
    parties = [account.party for account in _merchants(waiting).values()]
    due = Account.objects.filter(muni=muni, code=Code.MERCHANT_DUE, party__in=parties)
    with _by_index():
        _check_balances(sorted(guarded | set(due.values_list("id", flat=True))))
    with connection.cursor() as cursor:
        cursor.execute(_FUNDS, [muni, muni])
        found = {str(fund): (int(budget), int(pots)) for fund, budget, pots in cursor.fetchall()}
    wrong = [fund for fund, line in after.funds.items() if found.get(fund, (0, 0)) != line]
    if wrong:
        raise totals.BooksBroken(
            f"Batch {no}: the accounts of fund {', '.join(wrong)} are not its transfers."
        )


@contextmanager
def _by_index() -> Iterator[None]:
    """Look transfers up by their account. One account of a top-up has as many as there are pots, so that
    PostgreSQL would expect as many of each pot, and read the whole table, or compile a plan, for each."""
    _plan("off")
    yield
    _plan("on")


def _plan(switch: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = {switch}")
            cursor.execute(f"SET LOCAL jit = {switch}")


def _check_balances(accounts: Sequence[int]) -> None:
    for start in range(0, len(accounts), books.CHUNK):
        chunk = accounts[start : start + books.CHUNK]
        with connection.cursor() as cursor:
            cursor.execute(_BALANCES.format(ids=", ".join(map(str, chunk))))
            wrong = [str(account) for (account,) in cursor.fetchall()]
        if wrong:
            raise totals.BooksBroken(f"The balance of account {', '.join(wrong)} is not its transfers.")
