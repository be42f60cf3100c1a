"""Proofs that a payment is in the public log: for the phone of who paid, and for the shop that was paid.
For a shop also what a batch pays it.

A proof opens one transfer and no other: its salt is made for it alone (spec 07 §6). It tells a shop nothing
that the shop did not know when it made the sale.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q

from ledger import api as books
from wallet.models import Device, Redemption, Refund, Till
from wallet.protocol.refusals import Code, Refused
from wallet.services import reach

MOST = 500  # payments of a till that are asked about at once


def proof_of(device: Device, payment: UUID, now: datetime) -> dict[str, Any]:
    """What a phone checks by itself: the payment's line, its salt, and the way up to a witnessed checkpoint.

    `payment` is the id of a redemption or refund that this phone is told of. Raises Refused:
    unknown_redemption, or not_logged_yet with `next_at`, the time of the next batch (epoch seconds).
    """
    mine = Q(helper=device.helper_id) if device.helper_id else Q(voucher__in=reach.of(device, now))
    return _proof(payment, mine, now)


def proof_for_shop(till: Till, payment: UUID, now: datetime) -> dict[str, Any]:
    """The same for the shop of a till: any redemption or refund of its own. Raises as `proof_of` does."""
    return _proof(payment, Q(merchant=till.branch.merchant_id), now)


def settled_for_shop(till: Till, batch: int) -> dict[str, Any]:
    """The same for what batch number `batch` pays the shop of a till, all branches and tills together.

    Raises Refused: unknown_redemption when it pays it nothing, or not_logged_yet as `proof_of` does.
    """
    shop = till.branch.merchant
    party = books.merchant_party(shop.muni_id, str(shop.number))
    return _told(lambda: books.merchant_proof(shop.muni_id, batch, party))


def logged_for_shop(till: Till, payments: Iterable[UUID]) -> list[UUID]:
    """Those of these redemptions (at most MOST) that are the shop's own and can be proved."""
    own = Redemption.objects.filter(pk__in=list(payments)[:MOST], merchant=till.branch.merchant_id)
    return sorted(books.logged(own.values_list("pk", flat=True)))


def next_at(now: datetime) -> datetime:
    """When the payments of today can be expected in the log."""
    return books.next_seal_at(now)


def _proof(payment: UUID, own: Q, now: datetime) -> dict[str, Any]:
    """The proof of a payment among those that are one's `own`."""
    redemptions = Redemption.objects.filter(own)
    mine = redemptions.filter(pk=payment).exists()
    if not mine and not Refund.objects.filter(pk=payment, redemption__in=redemptions).exists():
        raise Refused(Code.UNKNOWN_REDEMPTION)
    return _told(lambda: books.proof(payment))


def _told(prove: Callable[[], books.Proof]) -> dict[str, Any]:
    """A proof as it is sent, or why there is none."""
    try:
        return asdict(prove())
    except (books.Erased, ObjectDoesNotExist) as gone:
        raise Refused(Code.UNKNOWN_REDEMPTION) from gone
    except books.NotLogged as waiting:
        raise Refused(Code.NOT_LOGGED_YET, next_at=int(waiting.next_at.timestamp())) from waiting
