"""The proof of cover, for the phone of a holder: where its money stands under the root of the day."""

from datetime import datetime, timedelta
from typing import Any

from ledger import api as books
from wallet.models import Device
from wallet.protocol.refusals import Code, Refused

LATER = timedelta(days=1)


def cover_of(device: Device, now: datetime) -> dict[str, Any]:
    """What a phone checks by itself (spec 11): each pot's parts, the way to the root, and what moved since.

    Raises Refused: not_logged_yet with `next_at` (epoch seconds), while no proof is co-signed; and
    unknown_voucher on a helper's phone, for the whole of a pot is the holder's to see.
    """
    if device.helper_id:
        raise Refused(Code.UNKNOWN_VOUCHER)
    vouchers = {voucher.pot: voucher for voucher in device.holder.vouchers.all()}
    try:
        found = books.cover_of(device.muni_id, list(vouchers), now)
    except books.NotLogged as waiting:
        raise Refused(Code.NOT_LOGGED_YET, next_at=int(waiting.next_at.timestamp())) from waiting
    except books.Erased as gone:
        raise Refused(Code.NOT_LOGGED_YET, next_at=int((now + LATER).timestamp())) from gone
    return {
        "party": str(device.holder_id),
        "tlog_proof": found.tlog_proof,
        "pots": [_pot(pot, str(vouchers[pot.account].pk)) for pot in found.pots],
    }


def _pot(pot: books.PotProof, voucher: str) -> dict[str, Any]:
    return {
        "voucher": voucher,
        "balance": pot.balance,
        "parts": [{"amount": part.amount, "salt": part.salt, "path": list(part.path)} for part in pot.parts],
        "since": [{"id": str(moved.id), "amount": moved.amount} for moved in pot.since],
    }
