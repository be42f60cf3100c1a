"""What a batch pays each merchant: a commitment in public, a receipt for the shop, the lines for an auditor.

1. The salt is made from the merchant's key and the id of its SETTLE transfer, so the shop's receipt opens
   its own line and no other.
2. With AUDITOR_KEY set (an X25519 public key, hex) the lines are published encrypted to its owner (RFC 9180).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from ledger.commitments import Opening
from ledger.log import canonical, note, receipt

INFO = b"vpl/merchant-lines/1\0"


@dataclass(frozen=True)
class Line:
    """A merchant (the party of its accounts) and what a batch pays it, in cents."""

    party: UUID
    amount: int


def transfer_id(muni: int, no: int, party: UUID) -> UUID:
    """Id of the SETTLE transfer of a merchant in a batch."""
    return uuid5(NAMESPACE_URL, f"meedoen:settle:{muni}:{no}:{party}")


def opening(muni: int, no: int, line: Line, key: bytes) -> Opening:
    """The public text of a merchant's line and its salt; `key` is the merchant's (32 bytes)."""
    salt = receipt.salt(key, transfer_id(muni, no, line.party))
    hidden = receipt.merchant_commitment(str(line.party), salt)
    return Opening(receipt.Settled(muni, no, line.amount, hidden).canonical(), salt)


def commit(muni: int, no: int, lines: Sequence[Line], keys: Mapping[UUID, bytes]) -> receipt.Commitments:
    """The commitments to the lines of a batch, in order."""
    return receipt.Commitments.of([opening(muni, no, line, keys[line.party]).commitment() for line in lines])


def for_auditor(muni: int, no: int, lines: Sequence[Line]) -> bytes | None:
    """The lines, encrypted to the auditor; None when there is no auditor's key."""
    if not settings.AUDITOR_KEY:
        return None
    rows = sorted((str(line.party), line.amount) for line in lines)
    said = {
        "v": canonical.VERSION,
        "t": "merchant_lines",
        "muni": muni,
        "batch": no,
        "lines": [{"merchant": party, "amount": amount} for party, amount in rows],
    }
    return note.encrypt_to(settings.AUDITOR_KEY, canonical.encode(said), INFO)
