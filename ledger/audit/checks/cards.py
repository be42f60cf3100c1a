"""The papers of a payment by a printed card or coupon: the till's record, and a card that could pay it.

No pass and no phone sign anything. The record names the 16 bytes of the card; the books keep their hash.
"""

import base64
import binascii
import hashlib
from typing import Any

from ledger.audit import es256, papers
from ledger.audit.tables import moment, number

COLUMNS = {
    "card": "r.card",
    "holder": "v.holder_id",
    "card_kind": "c.kind",
    "card_secret": "c.secret_sha256",
    "card_holder": "c.holder_id",
    "card_voucher": "c.voucher_id",
    "card_most": "c.most",
    "card_made": "c.made_at",
    "card_ended": "c.revoked_at",
}
TWICE = """
SELECT card, count(*) FROM wallet_redemption WHERE once AND card IS NOT NULL GROUP BY card HAVING count(*) > 1
"""


def read(paid: dict[str, Any], till_key: Any) -> list[papers.Signature]:
    """The till's signature, when everything else fits. Raises PaperError."""
    claims, by_till = papers.record(paid["record"], till_key, ("on", "off"))
    told = (claims.get("iss"), claims.get("txn"), claims.get("amt"), claims.get("seq"))
    if told != (f"till:{number(paid['till'])}", str(number(paid["txn"])), paid["asked"], paid["seq"]):
        raise es256.PaperError("the till's record says something else than the books")
    if paid["card_secret"] is None or _digest(str(claims.get("card", ""))) != bytes(paid["card_secret"]):
        raise es256.PaperError("the card was never made")
    if paid["card_holder"] != paid["holder"] or paid["card_voucher"] not in (None, paid["voucher"]):
        raise es256.PaperError("the card is another holder's or for another voucher")
    once = paid["card_kind"] == "coupon"
    if once != bool(paid["once"]) or (once and paid["approved"] > paid["card_most"]):
        raise es256.PaperError("the coupon is good for once, and for less")
    ended = paid["card_ended"]
    if moment(paid["at"]) < moment(paid["card_made"]) or (ended and moment(paid["at"]) > moment(ended)):
        raise es256.PaperError("the card was not there when it paid")
    return by_till


def _digest(text: str) -> bytes:
    """SHA-256 of the 16 bytes in a VPC1 text. Raises PaperError."""
    body = text.removeprefix("VPC1:")
    try:
        secret = base64.b32decode(body + "=" * (-len(body) % 8))[:16]
    except (ValueError, binascii.Error) as error:
        raise es256.PaperError("the record names no card") from error
    return hashlib.sha256(secret).digest()
