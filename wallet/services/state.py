"""What a phone is told about its holder: the vouchers, what happened on them, and the passes taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from ledger import api as books
from ledger.api import Kind, Line
from wallet.custody import custody
from wallet.models import Device, Municipality, Redemption, Refund, Voucher
from wallet.protocol import receipt
from wallet.protocol.receipt import Receipt
from wallet.services import catalogue, issue

ACTIVITY_AT_MOST = 50
KINDS = {
    Kind.GRANT: "top_up",
    Kind.CORRECT: "correction",
    Kind.REDEEM: "redemption",
    Kind.VOID: "void",
    Kind.REFUND: "refund",
}


def state_of(device: Device, now: datetime) -> dict[str, Any]:
    """The state of a phone, as spec 04 shapes it. Amounts in units, times in epoch seconds."""
    holder = device.holder
    vouchers = list(holder.vouchers.select_related("programme").order_by("programme__number"))
    cents = books.balances([voucher.pot for voucher in vouchers])
    ended = Q(revoked_at__isnull=False) | Q(online_only_at__isnull=False)
    revoked = device.passes.filter(ended, expires_at__gt=now)
    return {
        "server_time": int(now.timestamp()),
        "holder": {"name": holder.name, "number": holder.number},
        "municipality": municipality(Municipality.objects.get(pk=device.muni_id)),
        "log": {"url": books.log_url(), "policy_url": books.policy_url()},
        "vouchers": [_voucher(voucher, cents[voucher.pot], device, now) for voucher in vouchers],
        "activity": _activity(vouchers),
        "revoked": list(revoked.values_list("jti", flat=True)),
    }


def municipality(known: Municipality) -> dict[str, str]:
    """Whom to call."""
    return {"name": known.name, "phone": known.phone, "hours": known.hours}


def config(now: datetime) -> dict[str, Any]:
    """What anyone may know before signing in."""
    return {
        "municipality": municipality(Municipality.objects.get(pk=settings.MUNICIPALITY)),
        "issuer": settings.ISSUER,
        "log_url": books.log_url(),
        "policy_url": books.policy_url(),
        "server_time": int(now.timestamp()),
    }


def _voucher(voucher: Voucher, cents: int, device: Device, now: datetime) -> dict[str, Any]:
    programme = voucher.programme
    starts, ends = catalogue.period(programme)
    return {
        "id": str(voucher.pk),
        "prg": programme.number,
        "programme": programme.name,
        "name": programme.name,
        "series": programme.series,
        "series_en": programme.series_en,
        "name_en": programme.name_en,
        "icon": programme.icon,
        "kind": programme.kind,
        "currency": programme.currency,
        "unit_cents": programme.unit_cents,
        "balance": cents // programme.unit_cents,
        "max_redemption": programme.max_redemption,
        "bound_above": programme.bound_above,
        "valid_from": starts,
        "valid_until": ends,
        "suspended": voucher.suspended_at is not None,
        "live_passes": issue.living(voucher, now).filter(device=device, once=True).count(),
    }


def _activity(vouchers: Sequence[Voucher]) -> list[dict[str, Any]]:
    """The last movements of all vouchers, newest first."""
    lines = [
        (line, voucher)
        for voucher in vouchers
        for line in books.statement(voucher.pot, ACTIVITY_AT_MOST)
        if line.kind in KINDS
    ]
    lines = sorted(lines, key=lambda pair: pair[0].effective_at, reverse=True)[:ACTIVITY_AT_MOST]
    ids = [line.id for line, _ in lines]
    paid, given, logged = _by_id(Redemption, ids), _by_id(Refund, ids), books.logged(ids)
    return [_movement(line, voucher, paid, given, logged) for line, voucher in lines]


def _by_id(model: type[Any], ids: Iterable[UUID]) -> dict[UUID, Any]:
    merchant = "merchant" if model is Redemption else "redemption__merchant"
    return {row.pk: row for row in model.objects.filter(pk__in=list(ids)).select_related(merchant)}


def _movement(
    line: Line,
    voucher: Voucher,
    paid: dict[UUID, Redemption],
    given: dict[UUID, Refund],
    logged: set[UUID],
) -> dict[str, Any]:
    programme = voucher.programme
    redemption, refund = paid.get(line.id), given.get(line.id)
    merchant = redemption.merchant if redemption else refund.redemption.merchant if refund else None
    signed = None
    if redemption:
        result = "approved" if redemption.approved == redemption.asked else "partial"
        signed = _receipt(redemption, voucher, result, redemption.approved)
    elif refund:
        signed = _receipt(refund, voucher, str(refund.kind), refund.amount)
    return {
        "id": str(line.id),
        "kind": KINDS[line.kind],
        "amount": abs(line.amount) // programme.unit_cents * (-1 if line.amount < 0 else 1),
        "prg": programme.number,
        "programme": programme.name,
        "merchant": merchant.name if merchant else None,
        "at": int(line.effective_at.timestamp()),
        "receipt": signed,
        "logged": line.id in logged,
    }


def _receipt(row: Redemption | Refund, voucher: Voucher, result: str, amount: int) -> str:
    """The phone's own copy."""
    new = Receipt(
        iss=settings.ISSUER,
        aud=receipt.WALLET,
        iat=int(row.at.timestamp()),
        jti=str(row.pk),
        txn=str(row.txn),
        res=result,
        amt=amount,
        cur=voucher.programme.currency,
        prg=voucher.programme.number,
    )
    return receipt.write(new, custody().receipt_signer(row.receipt_kid))
