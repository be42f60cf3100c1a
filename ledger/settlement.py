"""Settlement: payments are sealed into batches, each payment exactly once.

1. One seal at a time per municipality (a lock in the database); everything below is one transaction.
2. What waits in the outbox goes into the next batch, as rows, never as "all up to number x": numbers are
   not given out in the order in which transactions commit.
3. Each merchant's net, when above zero, moves from open to due (SETTLE). A net below zero stays open and
   counts in the next batch.
4. The batch and its public leaf are written together, with a leaf for each large top-up that it finishes.
   The invariants I1-I3, I12 and I13 are checked before the commit; when one does not hold, nothing is sealed.
5. A batch waits until it is time and it holds enough payments not to point at people, or too long: what
   waited too long is sealed also when no payment came, since a year closes only when nothing waits.
6. A batch takes at most `MOST` transfers, so that the seal after a great top-up stays short. Few payments
   among the top-ups of a full one would point at people, so those wait for the next.

docs/spec/06-books.md has the rules, docs/spec/07-log.md the leaf.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q
from django.utils import timezone

from ledger import announce, books, commitments, crash, invariants, leaves, settled, totals
from ledger.log import entry, receipt, state
from ledger.models import (
    GUARDED,
    Account,
    Batch,
    BatchItem,
    Code,
    Kind,
    Log,
    LogEntry,
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
    if len(waiting) < MOST or sum(map(_is_payment, waiting)) >= settings.SEAL_MINIMUM:
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
    """The payments of a batch: the commitment of each by transfer number, all in order, parties' keys."""

    by_seq: dict[int, bytes]
    ordered: receipt.Commitments
    keys: dict[UUID, bytes]


@dataclass(frozen=True)
class _Due:
    """What the batch pays merchants, and the balances of unguarded accounts after it."""

    lines: list[settled.Line]
    hot: dict[int, int]


def _seal(log: Log, last: Batch | None, waiting: Sequence[Transfer], now: datetime) -> Batch:
    no = last.no + 1 if last else 1
    moves = (_move(transfer) for transfer in waiting)
    sums, after = totals.add(totals.read_after(last), moves, settings.SEAL_MINIMUM)
    payments = _commit_to(log.muni, no, [transfer for transfer in waiting if _is_payment(transfer)])
    due = _settle_merchants(log.muni, no, waiting, now)
    start = last.to_at if last else min(waiting[0].posted_at, now)
    batch = Batch.objects.create(
        muni=log.muni,
        no=no,
        entry=_write_leaf(log, no, (start, now), payments, waiting, due.lines, sums),
        from_at=start,
        to_at=now,
        sealed_at=now,
        n=len(payments.by_seq),
        totals=after.json(),
        tx_root=payments.ordered.root(),
    )
    crash.here("seal.batch")
    _take(batch, waiting, payments)
    Snapshot.objects.bulk_create(
        [Snapshot(account_id=account, batch=batch, balance=balance) for account, balance in due.hot.items()],
        batch_size=1000,
    )
    announce.grants(log, waiting)
    parties = [account.party for account in _merchants(waiting).values()]
    invariants.check(log.muni, no, waiting, parties, after)
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
    return _Payments(by_seq, receipt.Commitments.of(list(by_seq.values())), keys)


def _write_leaf(
    log: Log,
    no: int,
    period: tuple[datetime, datetime],
    payments: _Payments,
    waiting: Sequence[Transfer],
    lines: Sequence[settled.Line],
    sums: state.Sums,
) -> LogEntry:
    first, last = (timezone.localdate(moment).isoformat() for moment in period)
    hidden = settled.commit(log.muni, no, lines, payments.keys)
    encrypted = settled.for_auditor(log.muni, no, lines)
    leaf = entry.Batch(
        muni=log.muni,
        no=no,
        from_day=first,
        to_day=last,
        n=len(payments.by_seq),
        merchants=len(_merchants(waiting)) // 10 * 10,
        tx_root=payments.ordered.root().hex(),
        commitments=payments.ordered.addendum_hash(),
        merchant_root=hidden.root().hex(),
        merchant_commitments=hidden.addendum_hash(),
        merchant_lines=hashlib.sha256(encrypted).hexdigest() if encrypted else None,
        **state.lines_of(sums),
    )
    row = leaves.append(log, leaf, f"batch:{log.muni}:{no}")
    leaves.keep(row, hidden.addendum())
    if encrypted:
        leaves.keep(row, encrypted)
    return row


def _merchants(waiting: Iterable[Transfer]) -> dict[int, Account]:
    ends = (account for transfer in waiting for account in (transfer.debit, transfer.credit))
    return {account.id: account for account in ends if account.code == Code.MERCHANT_OPEN}


def _settle_merchants(muni: int, no: int, waiting: Sequence[Transfer], now: datetime) -> _Due:
    """Post SETTLE for each merchant with a net above zero."""
    nets = _hot_balances(waiting)
    merchants = {id_: account for id_, account in _merchants(waiting).items() if nets[id_] > 0}
    lines = {id_: settled.Line(_party(account), nets[id_]) for id_, account in merchants.items()}
    due = books.open_accounts(
        [books.AccountKey(muni, Code.MERCHANT_DUE, party=line.party) for line in lines.values()]
    )
    postings = [
        books.Posting(
            id=settled.transfer_id(muni, no, line.party),
            kind=Kind.SETTLE,
            debit=account,
            credit=due_account,
            amount=line.amount,
            ref_type="batch",
            ref_id=f"{muni}:{no}",
            actor="settlement",
            reason="",
            effective_at=now,
        )
        for (account, line), due_account in zip(lines.items(), due, strict=True)
    ]
    books.post(muni, postings)
    crash.here("seal.settle")
    return _Due(list(lines.values()), nets | dict.fromkeys(merchants, 0))


def _party(account: Account) -> UUID:
    if account.party is None:
        raise totals.BooksBroken(f"Account {account.id} has no party.")
    return account.party


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
