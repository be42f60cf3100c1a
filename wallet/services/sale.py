"""A sale: a till's signed record, what this process knows about it, and the answer that its till hears.

The receipt is a function of the redemption's row, so the same question always gets the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings

from wallet.custody import custody
from wallet.models import Redemption
from wallet.protocol import receipt
from wallet.protocol.receipt import Receipt
from wallet.protocol.record import Record
from wallet.protocol.refusals import Code, Refused
from wallet.services.catalogue import Catalogue, EnrolledTill, Scheme


@dataclass(frozen=True, slots=True)
class Answer:
    """What a till hears. Amounts in the programme's units, times in epoch seconds.

    `again` is true when this sale was approved by an earlier call.
    """

    id: UUID
    txn: UUID
    result: str
    approved: int
    rest: int
    cur: str
    receipt: str
    server_time: int
    again: bool


class BehindError(Exception):
    """The catalogue of this process is not the database's."""


@dataclass(frozen=True)
class Sale:
    """A record that its till signed, and what this process knows about the two."""

    token: str
    record: Record
    till: EnrolledTill
    known: Catalogue
    now: datetime

    @cached_property
    def txn(self) -> UUID:
        return UUID(self.record.txn)

    @cached_property
    def id(self) -> UUID:
        """The redemption's number."""
        return number_of(self.known.muni, self.till.shop.number, self.txn)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.token.encode("ascii")).digest()


def number_of(muni: int, shop: int, txn: UUID) -> UUID:
    """A redemption's number, and its transfer's: one sale of one shop (its public number) has one."""
    return uuid5(NAMESPACE_URL, f"meedoen:redemption:{muni}:{shop}:{txn}")


def answer_again(sale: Sale) -> Answer | None:
    """The answer to the same sale, given before; None when there is none. Raises Refused for another sale."""
    known = Redemption.objects.filter(merchant=sale.till.shop.id, txn=sale.txn)
    stored = known.select_related("programme").first()
    if stored is None:
        return None
    if bytes(stored.record_sha256) != sale.sha256:
        raise Refused(Code.IDEMPOTENCY_MISMATCH)
    scheme = sale.known.schemes[stored.programme.number]
    at = int(stored.at.timestamp())
    return answer(sale, stored.approved, stored.asked, at, stored.receipt_kid, scheme, again=True)


def answer(
    sale: Sale, approved: int, asked: int, at: int, kid: str, scheme: Scheme, *, again: bool
) -> Answer:
    """Sign the receipt of what was approved at `at` (epoch seconds), with the key that is called `kid`."""
    result = "approved" if approved == asked else "partial"
    new = Receipt(
        iss=settings.ISSUER,
        aud=receipt.for_merchant(sale.till.shop.number),
        iat=at,
        jti=str(sale.id),
        txn=sale.record.txn,
        res=result,
        amt=approved,
        cur=scheme.rules.cur,
        prg=scheme.number,
    )
    signed = receipt.write(new, custody().receipt_signer(kid))
    return Answer(sale.id, sale.txn, result, approved, asked - approved, new.cur, signed, at, again)
