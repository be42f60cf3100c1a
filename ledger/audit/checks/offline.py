"""Looks at what tills sold without a connection: their records, and what the guarantee paid of it.

The guarantee pays for a reason alone: the pot held less; the pass was withdrawn or on hold, was spent before,
or was never issued; or a person decided so in a case.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.audit import chart, es256
from ledger.audit.case import Case
from ledger.audit.checks import cards
from ledger.audit.es256 import PaperError
from ledger.audit.tables import Tables, named, number

_NO_RECORD = """
SELECT r.id FROM wallet_redemption r
  LEFT JOIN wallet_tillrecord k ON k.till_id = r.till_id AND k.chain = r.chain AND k.seq = r.seq
   AND k.sha256 = r.record_sha256 AND k.mode = 'off'
 WHERE r.mode = 'off' AND k.id IS NULL
"""
_ABOVE = """
SELECT min(r.seq), sum(r.approved), max(r.asked) FROM wallet_redemption r WHERE r.mode = 'off'
 GROUP BY r.till_id, r.chain, r.record_sha256 HAVING sum(r.approved) > max(r.asked)
"""
_GUARANTEED = {
    "id": "r.id",
    "jti": "r.issued_pass_id",
    "part": "r.guaranteed_as",
    "approved": "r.approved",
    "unit": "r.unit_cents",
    "guaranteed": "r.guaranteed",
    "taken_at": "r.taken_at",
    "record": "r.record",
    "decided": "c.decided_by_id",
    "pot": "v.pot",
    "on_hold": "v.suspended_at",
    "withdrawn": "CASE WHEN p.revoked_at <= r.taken_at OR d.revoked_at <= r.taken_at THEN 1 END",
    "closed": "a.closed_at",
    "first": "t.seq",
}
_BY_THE_GUARANTEE = """
  FROM wallet_redemption r
  LEFT JOIN wallet_case c ON c.payment_id = r.id
  LEFT JOIN wallet_issuedpass p ON p.jti = r.issued_pass_id
  LEFT JOIN wallet_device d ON d.id = p.device_id
  LEFT JOIN wallet_voucher v ON v.id = coalesce(r.voucher_id, p.voucher_id)
  LEFT JOIN ledger_account a ON a.id = v.pot
  LEFT JOIN ledger_transfer t ON t.id = r.id
 WHERE r.guaranteed > 0
"""
_HELD = """
SELECT coalesce(sum(CASE WHEN credit_id = ? THEN amount ELSE -amount END), 0) FROM ledger_transfer
 WHERE (credit_id = ? OR debit_id = ?) AND seq < ?
"""
_ISSUED = "SELECT voucher_id FROM wallet_issuedpass WHERE jti = ?"
_OTHERS = """
SELECT count(*) FROM wallet_redemption r LEFT JOIN wallet_tillrecord k ON k.redemption_id = r.id
 WHERE r.id <> ? AND (r.issued_pass_id = ? OR k.pass_jti = ?)
"""


def sold(case: Case) -> Iterator[str]:
    """Each offline payment has a record that came in, and the guarantee paid only what it had to."""
    books = case.tables()
    for (id_,) in books.rows(_NO_RECORD):
        yield f"Payment {number(id_)} was made offline, and no till sent a record of it."
    for seq, paid, asked in books.rows(_ABOVE):
        yield f"Of record {seq} of a till {paid} was paid, and {asked} was asked."
    for paid in named(books, _GUARANTEED, _BY_THE_GUARANTEE):
        if fault := _needless(books, paid):
            yield f"Payment {number(paid['id'])}: {fault}."


def _needless(books: Tables, paid: Mapping[str, Any]) -> str | None:
    """Why the guarantee should not have paid, or not as much; None when it had to."""
    if paid["decided"] is not None or paid["on_hold"] is not None or paid["closed"] is not None:
        return None
    if cards.is_signed(paid["record"]):
        return cards.needless(books, paid, _HELD)
    if paid["jti"] is None:
        return _no_reason(books, paid)
    if paid["withdrawn"] is not None:
        return None
    left = next(books.rows(_HELD, *[paid["pot"]] * 3, paid["first"]))[0]
    own = paid["approved"] * paid["unit"] - paid["guaranteed"] if paid["part"] else 0
    return "the guarantee paid what the pot could" if left - own >= paid["unit"] else None


def _no_reason(books: Tables, paid: Mapping[str, Any]) -> str | None:
    """Without a pass of its own: it was never issued, or something else was paid with it."""
    jti = shown(paid["record"])
    issued = next(books.rows(_ISSUED, jti), None)
    if issued is None or next(books.rows(_OTHERS, _key(books, paid["id"]), jti, jti))[0]:
        return None
    return "the guarantee paid, and nothing was the matter with the pass"


def _key(books: Tables, id_: Any) -> Any:
    return number(id_).hex if books.engine == "sqlite" else number(id_)


def shown(record: str) -> str | None:
    """The number of the pass that a record holds. Raises PaperError."""
    pres = es256.read(record).claims.get("pres")
    return None if pres is None else str(es256.read(str(pres).partition("~")[0]).claims.get("jti"))


# --- what `payments.evidence` asks of a payment that was made offline ---------------------------------------
def booked(paid: Mapping[str, Any]) -> None:
    """Raise PaperError unless the books moved what the payment says: the pot's part and the guarantee's."""
    whole, guaranteed = paid["approved"] * paid["unit"], paid["guaranteed"]
    pot = (whole - guaranteed, paid["pot"], paid["payable"])
    ours = (guaranteed, chart.GUARANTEE, paid["payable"])
    first = (paid["amount"], paid["debit"], paid["credit"])
    of_guarantee = (paid["amount"], paid["code"], paid["credit"])
    part = (paid["part_amount"], paid["part_code"], paid["part_credit"])
    fits = first == pot and (part == ours if guaranteed else paid["part"] is None)
    if guaranteed == whole:
        fits = of_guarantee == ours and paid["part"] is None
    if not fits:
        raise PaperError("the books moved another amount, or between others")
    if bytes(paid["payload"]) != bytes(paid["sha256"]):
        raise PaperError("the books were given another record")


def owner(books: Tables, paid: Mapping[str, Any]) -> Any:
    """The voucher of the pass that was shown, for a payment that does not name the pass."""
    found = next(books.rows(_ISSUED, shown(paid["record"])), None)
    return found[0] if found else None
