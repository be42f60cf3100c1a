"""What stands in public for a payment: a commitment that only its holder's receipt opens (spec 07-log).

1. Its salt comes from the key of the pot's party; a payment that no pot paid uses the merchant's.
2. The merchant is committed to in the same way, with the merchant's key.
3. Keys of parties are made when a batch first needs them, and never written down whole (see custody).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from ledger import custody
from ledger.log import receipt
from ledger.models import Account, Code, Kind, SubjectKey, Transfer

CHUNK = 1000  # parties a statement
NAMES = {Kind.REDEEM: "redeem", Kind.OFFLINE: "redeem", Kind.VOID: "void", Kind.REFUND: "refund"}


class Erased(Exception):  # noqa: N818 - it says what happened
    """The party's key is gone: its receipts cannot be opened any more."""


@dataclass(frozen=True)
class Opening:
    """A payment's public text and the salt that hides it (32 bytes)."""

    canonical: str
    salt: bytes

    def commitment(self) -> bytes:
        """What stands in the log (32 bytes)."""
        return receipt.commitment(self.canonical, self.salt)


def parties(debit: Account, credit: Account) -> tuple[UUID, UUID]:
    """Who holds the receipt of a payment, and who was paid."""
    merchant, other = (debit, credit) if debit.code == Code.MERCHANT_OPEN else (credit, debit)
    if merchant.party is None:
        raise ValueError(f"Account {merchant.id} has no party.")
    return other.party or merchant.party, merchant.party


def opening(transfer: Transfer, batch_no: int, keys: dict[UUID, bytes]) -> Opening:
    """The text and salt of a payment in batch `batch_no`; `keys` holds its parties' keys. Raises Erased."""
    holder, merchant = parties(transfer.debit, transfer.credit)
    if holder not in keys or merchant not in keys:
        raise Erased(f"Transfer {transfer.id} cannot be opened any more.")
    text = receipt.Transfer(
        muni=transfer.muni,
        batch=batch_no,
        fund=str(transfer.debit.fund or transfer.credit.fund or 0),
        kind=NAMES[Kind(transfer.kind)],
        amount=transfer.amount,
        date=timezone.localdate(transfer.effective_at).isoformat(),
        merchant=receipt.merchant_commitment(str(merchant), receipt.salt(keys[merchant], transfer.id)),
    )
    return Opening(text.canonical(), receipt.salt(keys[holder], transfer.id))


def keys_of(wanted: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keys (32 bytes) of those parties that have one."""
    parties_, seeds = list(wanted), {}
    for start in range(0, len(parties_), CHUNK):
        rows = SubjectKey.objects.filter(party__in=parties_[start : start + CHUNK])
        seeds.update({party: bytes(seed) for party, seed in rows.values_list("party", "seed")})
    return custody.party_keys(seeds)


def make_keys(muni: int, wanted: Iterable[UUID]) -> dict[UUID, bytes]:
    """The keys of all `wanted` parties; new ones are made. Call it inside the seal's lock."""
    parties_ = set(wanted)
    known = keys_of(parties_)
    seeds = {party: secrets.token_bytes(32) for party in parties_ - known.keys()}
    SubjectKey.objects.bulk_create(
        [SubjectKey(party=party, muni=muni, seed=seed) for party, seed in seeds.items()], batch_size=CHUNK
    )
    return known | custody.party_keys(seeds)
