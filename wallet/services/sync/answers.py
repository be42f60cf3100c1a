"""What a till hears of each record. A receipt is a function of its row, so it has the same bytes again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from wallet.models import Case, Redemption, Till, TillRecord
from wallet.protocol import receipt
from wallet.services import receipts
from wallet.services.catalogue import Catalogue, Shop
from wallet.services.sync.verdict import Outcome

SHOWN = timedelta(days=30)  # after a case was closed


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one record; `approved` in the programme's units, of the whole sale."""

    seq: int
    outcome: str
    code: str = ""
    id: str = ""
    approved: int | None = None
    receipt: str = ""


def of_record(row: TillRecord, known: Catalogue, shop: Shop) -> Result:
    """The answer to a record of an upload."""
    paid = row.redemption
    if paid is None:
        return Result(row.seq, str(row.outcome), row.code)
    return Result(row.seq, str(row.outcome), row.code, str(paid.pk), row.approved, signed(paid, known, shop))


def of_sale(sale: Redemption, known: Catalogue, shop: Shop) -> Result:
    """The answer to a record that was approved online, should it be uploaded as well."""
    paid = signed(sale, known, shop)
    return Result(sale.seq, Outcome.DUPLICATE.value, "", str(sale.pk), sale.approved, paid)


def cases_of(till: Till, now: datetime) -> list[dict[str, Any]]:
    """This till's sales that were refused or are held: open ones, and those closed in the last 30 days.

    A sale of nothing as well: what the desk sees of it, the shop sees. Amounts in the programme's units,
    times in epoch seconds.
    """
    shown = Q(case__isnull=True) | Q(case__state=Case.State.OPEN) | Q(case__decided_at__gt=now - SHOWN)
    missed = Q(outcome__in=(Outcome.HELD, Outcome.REJECTED)) | Q(case__refused__gt=0)
    unpaid = Q(approved__lt=F("amount")) | Q(amount=0)
    rows = TillRecord.objects.filter(missed, shown, unpaid, till=till)
    own = rows.exclude(outcome=Outcome.NOTED).select_related("case").order_by("iat", "seq")
    return [_case(row) for row in own]


def _case(row: TillRecord) -> dict[str, Any]:
    return {
        "id": str(row.jti),
        "txn": str(row.txn),
        "seq": row.seq,
        "code": row.code,
        "amount": row.amount - row.approved,
        "cur": row.cur,
        "prg": row.prg,
        "at": int(row.iat.timestamp()),
        "state": row.case.state if row.case else Case.State.OPEN.value,
    }


def signed(paid: Redemption, known: Catalogue, shop: Shop) -> str:
    """The shop's copy of the receipt."""
    scheme = known.by_id[paid.programme_id]
    return receipts.of(
        paid,
        aud=receipt.for_merchant(shop.number),
        res="approved" if paid.approved == paid.asked else "partial",
        amt=paid.approved,
        cur=scheme.rules.cur,
        prg=scheme.number,
    )
