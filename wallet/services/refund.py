"""Giving back. The rules, in order:

1. The record is signed by a till that is switched on; the redemption is its merchant's.
2. The same record gets the same answer; another record under the same txn is `idempotency_mismatch`.
3. A void takes all of it back: the same till, the same day, not yet sealed in a batch, nothing refunded yet.
4. A refund takes a part back: any till of the merchant, within 30 days, never more than was paid in all.
5. What the guarantee paid of it goes back to the guarantee first. The rest goes to the voucher, and to the
   programme once its days of grace are over or the pot is closed. Never cash.
6. The pass stays spent.

The database's trigger posts the transfer with the row. Spec 05.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger import api as books
from wallet.custody import custody
from wallet.models import Redemption, Refund
from wallet.protocol import receipt, record
from wallet.protocol.record import Record
from wallet.protocol.refusals import Code, Refused
from wallet.services import catalogue, receipts
from wallet.services.catalogue import EnrolledTill

WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a till hears: `refunded` in the programme's units; `again` when an earlier call did it."""

    id: UUID
    txn: UUID
    refunded: int
    receipt: str
    again: bool


def void(*, redemption: UUID, record_token: str, now: datetime) -> GivenBack:
    """Take a whole redemption back. Raises Refused: already_voided, refund_window_closed, …"""
    return _give_back(Refund.Kind.VOID, redemption, record_token, now)


def refund(*, redemption: UUID, record_token: str, now: datetime) -> GivenBack:
    """Give back a part of a redemption. Raises Refused: refund_exceeds, refund_window_closed, …"""
    return _give_back(Refund.Kind.REFUND, redemption, record_token, now)


@transaction.atomic
def _give_back(kind: Refund.Kind, redemption: UUID, token: str, now: datetime) -> GivenBack:
    asked, till = _signed(token, kind, redemption)
    locked = Redemption.objects.select_for_update(of=("self",)).select_related("voucher", "programme")
    paid = locked.filter(pk=redemption, merchant=till.shop.id).first()
    if paid is None:
        raise Refused(Code.UNKNOWN_REDEMPTION)
    sha256 = hashlib.sha256(token.encode("ascii")).digest()
    number = _number(paid, till, asked)
    known = Refund.objects.filter(pk=number).first()
    if known is not None:
        if bytes(known.record_sha256) != sha256:
            raise Refused(Code.IDEMPOTENCY_MISMATCH)
        return _answer(known, paid, till, again=True)
    _judge(kind, paid, asked, till, now)
    new = _write(kind, paid, asked, token, till, now)
    return _answer(new, paid, till, again=False)


def take_back(paid: Redemption, asked: Record, token: str, till: EnrolledTill, now: datetime) -> None:
    """All that is left of a payment, whose row the caller holds, for a sale that the till took back offline.

    Raises Refused when nothing is left, or nobody can get it any more.
    """
    left = paid.approved - paid.refunded
    if left < 1:
        raise Refused(Code.ALREADY_VOIDED)
    whole = left == paid.approved and _may_void(paid, till, now)
    kind = Refund.Kind.VOID if whole else Refund.Kind.REFUND
    # One void may take back two payments of a sale: what was approved online, and its rest.
    txn = str(uuid5(UUID(asked.txn), str(paid.pk)))
    _write(kind, paid, replace(asked, amt=left, txn=txn), token, till, now)


def _write(
    kind: Refund.Kind, paid: Redemption, asked: Record, token: str, till: EnrolledTill, now: datetime
) -> Refund:
    number = _number(paid, till, asked)
    guaranteed = _guaranteed(paid, asked.amt)
    return Refund.objects.create(
        id=number,
        muni_id=paid.muni_id,
        redemption=paid,
        kind=kind,
        txn=UUID(asked.txn),
        amount=asked.amt,
        till_id=till.id,
        credit=_credit(kind, paid, now),
        guaranteed=guaranteed,
        guaranteed_as=uuid5(number, "guarantee") if guaranteed else None,
        at=now,
        record=token,
        record_sha256=hashlib.sha256(token.encode("ascii")).digest(),
        receipt_kid=custody().receipt_key.kid,
    )


def _signed(token: str, kind: Refund.Kind, redemption: UUID) -> tuple[Record, EnrolledTill]:
    known = catalogue.fresh(settings.MUNICIPALITY)
    asked = record.check(token, known.key_of, settings.ISSUER)
    till = known.tills[asked.till]
    if not till.active:
        raise Refused(Code.TILL_SUSPENDED)
    if asked.mode != kind.value or asked.ref != str(redemption):
        raise Refused(Code.MALFORMED_RECORD)
    return asked, till


def _number(paid: Redemption, till: EnrolledTill, asked: Record) -> UUID:
    return uuid5(NAMESPACE_URL, f"meedoen:refund:{paid.muni_id}:{till.shop.number}:{asked.txn}")


def _judge(kind: Refund.Kind, paid: Redemption, asked: Record, till: EnrolledTill, now: datetime) -> None:
    programme = paid.programme
    if paid.voided_at is not None:
        raise Refused(Code.ALREADY_VOIDED)
    if asked.prg != programme.number:
        raise Refused(Code.WRONG_PROGRAMME)
    if asked.cur != programme.currency or asked.amt < 1:
        raise Refused(Code.AMOUNT_INVALID)
    if asked.amt > paid.approved - paid.refunded:
        raise Refused(Code.REFUND_EXCEEDS, left=paid.approved - paid.refunded)
    if now - paid.at > WINDOW or (kind == Refund.Kind.VOID and not _may_void(paid, till, now)):
        raise Refused(Code.REFUND_WINDOW_CLOSED)
    if kind == Refund.Kind.VOID and asked.amt != paid.approved:
        raise Refused(Code.AMOUNT_INVALID)


def _may_void(paid: Redemption, till: EnrolledTill, now: datetime) -> bool:
    same_day = timezone.localdate(paid.at) == timezone.localdate(now)
    return paid.till_id == till.id and same_day and not books.sealed([paid.pk])


def _credit(kind: Refund.Kind, paid: Redemption, now: datetime) -> int:
    """The account that gets it. Raises Refused when all of the payment is over and done with."""
    programme = paid.programme
    over = books.is_over(programme.ends, programme.grace_days, now)
    if not over and paid.voucher and books.is_open(paid.voucher.pot):
        return paid.voucher.pot
    if kind == Refund.Kind.VOID or not books.is_open(programme.fund):
        raise Refused(Code.REFUND_WINDOW_CLOSED)
    return programme.fund


def _guaranteed(paid: Redemption, amount: int) -> int:
    """Cents of `amount` units that go back to the guarantee."""
    if paid.mode != Redemption.Mode.OFFLINE:
        return 0
    return min(amount * paid.unit_cents, books.guaranteed("redemption", str(paid.pk)))


def _answer(given: Refund, paid: Redemption, till: EnrolledTill, *, again: bool) -> GivenBack:
    programme = paid.programme
    signed = receipts.of(
        given,
        aud=receipt.for_merchant(till.shop.number),
        res=str(given.kind),
        amt=given.amount,
        cur=programme.currency,
        prg=programme.number,
    )
    return GivenBack(given.pk, given.txn, given.amount, signed, again)
