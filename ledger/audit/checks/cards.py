"""The papers of a payment by a printed card or coupon: the till's record, and a card that could pay it.

1. With a connection no pass and no phone sign anything. The record names the 16 bytes of the card; the books
   keep their hash.
2. Without one the record holds a signed card (VPC2, 127 bytes): its number and the issuer's signature are
   those of the pass that was made with the card. Each payment is at most its limit, and a pot pays no more of
   it in a day.
"""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.audit import es256, papers
from ledger.audit.tables import Tables, local_day, moment, named, number

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


_SIGNED = {
    "token": "s.token",
    "card": "s.card_id",
    "voucher": "s.voucher_id",
    "ofl": "s.ofl",
    "revoked": "s.revoked_at",
    "ended": "c.revoked_at",
    "on_hold": "v.suspended_at",
    "closed": "a.closed_at",
    "pot": "v.pot",
}
_BY_NUMBER = """
  FROM wallet_signedcard s
  JOIN wallet_card c ON c.id = s.card_id
  JOIN wallet_voucher v ON v.id = s.voucher_id
  JOIN ledger_account a ON a.id = v.pot
 WHERE s.jti = '{}'
"""
_OFFLINE = """
SELECT r.id, r.card, r.voucher_id, r.taken_at, (r.approved - r.refunded) * r.unit_cents - r.guaranteed,
       s.ofl * r.unit_cents
  FROM wallet_redemption r JOIN wallet_signedcard s ON s.card_id = r.card AND s.voucher_id = r.voucher_id
 WHERE r.mode = 'off'
"""
SIGNED_BYTES = 127


def above(books: Tables) -> Iterator[str]:
    """Cards of which a pot paid more in one day than it may without a connection."""
    paid: Counter[tuple[Any, ...]] = Counter()
    for _id, card, voucher, at, cents, most in books.rows(_OFFLINE):
        paid[card, voucher, local_day(at), most] += max(cents, 0)
    for (card, _voucher, day, most), cents in paid.items():
        if cents > most:
            yield f"Card {number(card)} paid {cents} cents on {day} without a connection, and may {most}."


def is_signed(record: str) -> bool:
    """Does a till's record hold a signed card? Raises PaperError."""
    return str(es256.read(record).claims.get("card", "")).startswith("VPC2:")


def _symbol(record: str) -> bytes:
    data = papers.base45(str(es256.read(record).claims["card"])[5:])
    if len(data) != SIGNED_BYTES:
        raise es256.PaperError("the signed card has another length than one has")
    return data


def _made(books: Tables, data: bytes) -> dict[str, Any] | None:
    """The signed card by its number, whose letters are base64url."""
    return next(named(books, _SIGNED, _BY_NUMBER.format(es256.b64(data[4:16]))), None)


def read_signed(
    books: Tables, paid: dict[str, Any], till_key: Any, issuer: papers.Issuer
) -> list[papers.Signature]:
    """The till's and the issuer's signatures, when everything else fits. Raises PaperError."""
    claims, by_till = papers.record(paid["record"], till_key, ("off",))
    told = (claims.get("iss"), claims.get("amt"), claims.get("seq"))
    if told != (f"till:{number(paid['till'])}", paid["asked"], paid["seq"]):
        raise es256.PaperError("the till's record says something else than the books")
    if str(number(paid["txn"])) not in papers.numbers(claims, paid["mode"]):
        raise es256.PaperError("the till's record is of another sale")
    if paid["decided"] is not None:
        return by_till
    data = _symbol(paid["record"])
    made = _made(books, data)
    if made is None:
        if paid["voucher"] is not None or paid["held_for"] != "issuer_key_leaked":
            raise es256.PaperError("the card was never made")
        return by_till
    token = es256.read(made["token"])
    key = issuer.get(str(token.header.get("kid")))
    if key is None or key.use != "card" or token.signature != data[-64:]:
        raise es256.PaperError("the card is not as the issuer signed it")
    if (token.claims.get("prg"), token.claims.get("ofl")) != (paid["programme"], made["ofl"]):
        raise es256.PaperError("the card is for another programme or amount")
    if made["card"] != paid["card"] or paid["voucher"] not in (None, made["voucher"]):
        raise es256.PaperError("the card is another holder's or for another voucher")
    if paid["approved"] > made["ofl"]:
        raise es256.PaperError("the card may pay less without a connection")
    return [*by_till, papers.Signature("the issuer", key.public, token.signed, token.signature)]


def needless(books: Tables, paid: Mapping[str, Any], held: str) -> str | None:
    """Why the guarantee should not have paid for a signed card, or not as much; None when it had to.

    `held` asks what a pot held before a transfer.
    """
    made = _made(books, _symbol(paid["record"]))
    if made is None or made["on_hold"] is not None or made["closed"] is not None:
        return None
    ends = [moment(end) for end in (made["revoked"], made["ended"]) if end is not None]
    if any(end <= moment(paid["taken_at"]) for end in ends):
        return None
    rows = [row for row in books.rows(_TAKEN) if row[1] == made["card"]]
    day = local_day(paid["taken_at"])
    if any(number(row[0]) != number(paid["id"]) and local_day(row[2]) == day for row in rows):
        return None
    left = next(books.rows(held, *[made["pot"]] * 3, paid["first"]))[0]
    own = paid["approved"] * paid["unit"] - paid["guaranteed"] if paid["part"] else 0
    return "the guarantee paid what the pot could" if left - own >= paid["unit"] else None


_TAKEN = "SELECT id, card, taken_at FROM wallet_redemption WHERE mode = 'off' AND card IS NOT NULL"


def read(paid: dict[str, Any], till_key: Any) -> list[papers.Signature]:
    """The till's signature, when everything else fits. Raises PaperError."""
    claims, by_till = papers.record(paid["record"], till_key, ("on",))
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
