"""What a phone is told: the vouchers that it reaches, what happened on them, and the passes taken back.

A helper's phone is told the holder's first name, what it may still spend itself, and its own payments alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from ledger import api as books
from ledger.api import Kind, Line
from wallet.models import Device, Holder, Municipality, Redemption, Refund, Voucher
from wallet.protocol import receipt
from wallet.services import catalogue, helpers, issue, reach, receipts

ACTIVITY_AT_MOST = 50
MOVEMENTS_AT_MOST = 200  # looked at, for some are not told
KINDS = {
    Kind.GRANT: "top_up",
    Kind.CORRECT: "correction",
    Kind.REDEEM: "redemption",
    Kind.OFFLINE: "redemption",
    Kind.VOID: "void",
    Kind.REFUND: "refund",
}


def state_of(device: Device, now: datetime) -> dict[str, Any]:
    """The state of a phone, as spec 04 shapes it. Amounts in units, times in epoch seconds."""
    reach.end_beyond(device, now)
    vouchers = list(reach.of(device, now).select_related("programme", "holder"))
    vouchers.sort(
        key=lambda one: (one.holder_id != device.holder_id, one.holder.birth_date, one.programme.number)
    )
    ended = Q(revoked_at__isnull=False) | Q(online_only_at__isnull=False)
    revoked = device.passes.filter(ended, expires_at__gt=now)
    return {
        "server_time": int(now.timestamp()),
        "holder": _holder(device.holder, device),
        "municipality": municipality(Municipality.objects.get(pk=device.muni_id)),
        "log": {"url": books.log_url(), "policy_url": books.policy_url()},
        "vouchers": _vouchers(vouchers, device, now),
        "activity": _activity(vouchers, device),
        "revoked": list(revoked.values_list("jti", flat=True)),
        "helpers": []
        if device.helper
        else [helpers.told(one) for one in helpers.of_holder(device.holder, now)],
        "helping": _helping(device),
    }


def _holder(holder: Holder, device: Device) -> dict[str, str]:
    if device.helper_id:
        return {"name": reach.first_name(holder.name), "number": ""}
    return {"name": holder.name, "number": holder.number}


def _helping(device: Device) -> dict[str, Any] | None:
    """Whom this phone helps, and until when."""
    if device.helper is None:
        return None
    return {"name": reach.first_name(device.holder.name), "until": int(device.helper.until.timestamp())}


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


def _vouchers(vouchers: Sequence[Voucher], device: Device, now: datetime) -> list[dict[str, Any]]:
    cents = books.balances([voucher.pot for voucher in vouchers])
    passes = issue.spendable(device.passes.filter(once=True), now).order_by()
    living = dict(passes.values_list("voucher").annotate(Count("pk")))
    left = helpers.left(device.helper, now) if device.helper else None
    names, told = reach.names(vouchers), []
    for voucher in vouchers:
        balance = cents[voucher.pot] if left is None else min(cents[voucher.pot], left)
        whose = {"name": names[voucher.holder_id], "relation": reach.relation(voucher, device)}
        more = {"live_passes": living.get(voucher.pk, 0), "whose": whose}
        told.append(_voucher(voucher, device, balance) | more)
    return told


def _voucher(voucher: Voucher, device: Device, cents: int) -> dict[str, Any]:
    programme, most = voucher.programme, voucher.programme.max_redemption
    starts, ends = catalogue.period(programme)
    if device.helper:
        most = min(most, device.helper.per_purchase // programme.unit_cents)
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
        "max_redemption": most,
        "bound_above": programme.bound_above,
        "valid_from": starts,
        "valid_until": ends,
        "suspended": voucher.suspended_at is not None,
    }


def _activity(vouchers: Sequence[Voucher], device: Device) -> list[dict[str, Any]]:
    """The last movements of all vouchers, newest first; a helper's phone has its own payments only."""
    by_pot = {voucher.pot: voucher for voucher in vouchers}
    found = books.movements(list(by_pot), MOVEMENTS_AT_MOST)
    lines = [(line, by_pot[pot]) for pot, line in found if line.kind in KINDS]
    ids = [line.id for line, _ in lines]
    paid, given, logged = _by_id(Redemption, ids), _by_id(Refund, ids), books.logged(ids)
    if device.helper_id:
        own = {row.pk for row in paid.values() if row.helper_id == device.helper_id}
        own |= {row.pk for row in given.values() if row.redemption.helper_id == device.helper_id}
        lines = [(line, voucher) for line, voucher in lines if line.id in own]
    lines.sort(key=lambda pair: pair[0].effective_at, reverse=True)
    return [_movement(line, voucher, paid, given, logged) for line, voucher in lines[:ACTIVITY_AT_MOST]]


def _by_id(model: type[Any], ids: Iterable[UUID]) -> dict[UUID, Any]:
    told = ["merchant", "helper"] if model is Redemption else ["redemption__merchant", "redemption__helper"]
    return {row.pk: row for row in model.objects.filter(pk__in=list(ids)).select_related(*told)}


def _movement(
    line: Line,
    voucher: Voucher,
    paid: dict[UUID, Redemption],
    given: dict[UUID, Refund],
    logged: set[UUID],
) -> dict[str, Any]:
    programme = voucher.programme
    redemption, refund = paid.get(line.id), given.get(line.id)
    sale = redemption or (refund.redemption if refund else None)
    signed = None
    if redemption:
        # Of an offline payment the pot may have paid a part; the guarantee's is no business of the holder.
        own = redemption.approved - redemption.guaranteed // redemption.unit_cents
        signed = _receipt(redemption, voucher, "approved" if own == redemption.asked else "partial", own)
    elif refund:
        signed = _receipt(refund, voucher, str(refund.kind), refund.amount)
    return {
        "id": str(line.id),
        "kind": KINDS[line.kind],
        "voucher": str(voucher.pk),
        "amount": abs(line.amount) // programme.unit_cents * (-1 if line.amount < 0 else 1),
        "prg": programme.number,
        "programme": programme.name,
        "merchant": sale.merchant.name if sale else None,
        "by": sale.helper.name if sale and sale.helper else None,
        "at": int(line.effective_at.timestamp()),
        "receipt": signed,
        "logged": line.id in logged,
    }


def _receipt(row: Redemption | Refund, voucher: Voucher, result: str, amount: int) -> str:
    """The phone's own copy."""
    programme = voucher.programme
    return receipts.of(
        row, aud=receipt.WALLET, res=result, amt=amount, cur=programme.currency, prg=programme.number
    )
