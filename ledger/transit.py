"""A payout on its way: sent, then booked or failed; booked, then perhaps returned (docs/spec/10-bank.md).

Each step happens once to a payout, so its posting's id is made from the payout and the step. A step is
posted by the caller, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid5

from ledger import books, payees
from ledger.books import AccountKey
from ledger.models import Batch, Code, Kind, Payout

Status = Payout.Status
# These say something of the file or of our own account, not of the payee's; they do not block it.
_NOT_THE_PAYEE = ("AM", "DT", "DU", "FF", "TM")


def sent(payouts: Sequence[Payout], actor: str, reason: str, at: datetime) -> list[books.Posting]:
    """The file with them was made: 2210 -> 2300, each."""
    due = books.open_accounts([_due(payout) for payout in payouts])
    transit = books.open_accounts([_plain(payout, Code.IN_TRANSIT) for payout in payouts])
    return [
        _posting(payout, Kind.SENT, debit, credit, actor, reason, at)
        for payout, debit, credit in zip(payouts, due, transit, strict=True)
    ]


def failed(payout: Payout, code: str, actor: str, at: datetime) -> books.Posting:
    """The bank refuses it: 2300 -> 2210, and its account is blocked when the reason is about that."""
    _step(payout, Status.FAILED, code, at)
    transit, due = books.open_accounts([_plain(payout, Code.IN_TRANSIT), _due(payout)])
    return _posting(payout, Kind.FAILED, transit, due, actor, code, at)


def booked(payout: Payout, against: Code, actor: str, reason: str, at: datetime) -> books.Posting:
    """The statement shows it: 2300 -> 1000, or 1900 when it was not recognised at first."""
    _step(payout, Status.BOOKED, "", at)
    transit, other = books.open_accounts([_plain(payout, Code.IN_TRANSIT), _plain(payout, against)])
    return _posting(payout, Kind.BOOKED, transit, other, actor, reason, at)


def returned(payout: Payout, against: Code, code: str, actor: str, at: datetime) -> books.Posting:
    """It came back: 1000 (or 2400) -> 2210, and its account is blocked."""
    _step(payout, Status.RETURNED, code or "returned", at)
    other, due = books.open_accounts([_plain(payout, against), _due(payout)])
    return _posting(payout, Kind.RETURNED, other, due, actor, code, at)


def finish_batches(muni: int) -> None:
    """A batch is booked when the bank has answered for each of its payouts."""
    waiting = Payout.objects.filter(muni=muni, status=Status.SENT).values("batch")
    exported = Batch.objects.filter(muni=muni, status=Batch.Status.EXPORTED)
    exported.exclude(pk__in=waiting).update(status=Batch.Status.BOOKED)


def _step(payout: Payout, status: Status, code: str, at: datetime) -> None:
    payout.status = status
    payout.save(update_fields=["status"])
    if code and not code.startswith(_NOT_THE_PAYEE):
        payees.block(payout.account, code, at)


def _due(payout: Payout) -> AccountKey:
    return AccountKey(payout.muni, Code.MERCHANT_DUE, party=payout.payee)


def _plain(payout: Payout, code: Code) -> AccountKey:
    return AccountKey(payout.muni, code)


def _posting(
    payout: Payout, kind: Kind, debit: int, credit: int, actor: str, reason: str, at: datetime
) -> books.Posting:
    return books.Posting(
        id=uuid5(payout.id, kind.name),
        kind=kind,
        debit=debit,
        credit=credit,
        amount=payout.amount,
        ref_type="payout",
        ref_id=payout.id.hex,
        actor=actor,
        reason=reason,
        effective_at=at,
    )
