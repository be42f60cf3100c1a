"""A sale without a connection that its till took back, and that the server had paid: it is given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wallet.models import Redemption, Till, TillRecord
from wallet.protocol.refusals import Refused
from wallet.services import refund
from wallet.services.catalogue import Catalogue, Shop
from wallet.services.sync.known import rest_of
from wallet.services.sync.lines import VOID, Line

Target = tuple[Redemption, Line]


def targets(till: Till, shop: Shop, new: Sequence[Line]) -> list[Target]:
    """The payments that new voids take back, held until they are. The void names the record of the sale."""
    voids = {UUID(line.record.ref): line for line in new if line.record.mode == VOID and line.record.ref}
    if not voids:
        return []
    sold = TillRecord.objects.filter(till=till, jti__in=voids).values_list("jti", "txn")
    by_txn = {line.txn: voids[line.jti] for line in new if line.jti in voids}
    by_txn |= {txn: voids[jti] for jti, txn in sold}
    txns = by_txn | {rest_of(txn): line for txn, line in by_txn.items()}
    held = Redemption.objects.select_for_update(of=("self",)).select_related("voucher", "programme")
    rows = held.filter(merchant=shop.id, txn__in=txns, voided_at=None).order_by("id")
    return [(row, txns[row.txn]) for row in rows]


def give_back(found: Sequence[Target], catalog: Catalogue, now: datetime) -> None:
    """Take these payments back as far as they can be; what a person gave back already stays so."""
    for paid, line in found:
        till = catalog.tills[line.record.till]
        try:
            refund.take_back(paid, line.record, line.token, till, now)
        except Refused:
            continue
