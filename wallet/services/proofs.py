"""The proof that a payment is in the public log, for the phone of the person who paid."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger import api as books
from wallet.models import Device, Redemption, Refund
from wallet.protocol.refusals import Code, Refused


def proof_of(device: Device, payment: UUID, now: datetime) -> dict[str, Any]:
    """What a phone checks by itself: the payment's line, its salt, and the way up to a witnessed checkpoint.

    `payment` is the id of a redemption or refund of this holder. Raises Refused: unknown_redemption, or
    not_logged_yet with `next_at`, the time of the next batch (epoch seconds).
    """
    mine = Redemption.objects.filter(pk=payment, voucher__holder=device.holder_id).exists()
    back = Refund.objects.filter(pk=payment, redemption__voucher__holder=device.holder_id).exists()
    if not mine and not back:
        raise Refused(Code.UNKNOWN_REDEMPTION)
    try:
        return asdict(books.proof(payment))
    except books.Erased as gone:
        raise Refused(Code.UNKNOWN_REDEMPTION) from gone
    except books.NotLogged as waiting:
        raise Refused(Code.NOT_LOGGED_YET, next_at=int(waiting.next_at.timestamp())) from waiting
