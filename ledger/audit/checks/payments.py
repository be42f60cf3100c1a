"""Looks at each payment: its commitment, its papers, its refunds, and the keys that signed its pass."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ledger.audit import anew, chart, es256, papers, sums
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.checks import cards, offline
from ledger.audit.tables import Tables, Values, leaf_of, local_day, moment, named, number
from ledger.log import entry, receipt


# --- A4 -----------------------------------------------------------------------------------------------------
def opened(case: Case) -> Iterator[str | Note]:
    """Every commitment is that of its transfer, made anew with the keys; not of those who were forgotten."""
    books, total, closed = case.tables(), 0, 0
    gone: set[Any] = set()
    for done in anew.make(books, case.keys or b""):
        total, closed = total + done.n, closed + done.closed
        gone |= done.gone
        case.progress("commitments", total, 0)
        for no, seq in done.wrong:
            yield f"Transfer {seq} of batch {no} is not what was sealed: its commitment differs."
    forgotten = next(books.rows("SELECT count(*) FROM ledger_erasure"))[0]
    if len(gone) > forgotten:
        yield f"The keys of {len(gone)} people or shops are gone, and {forgotten} were forgotten."
    yield Note(f"{total - closed} of {total} commitments were made anew; {closed} cannot be opened any more.")


def settled(case: Case) -> Iterator[str | Note]:
    """What a leaf commits to for its shops is what the batch made due to them, made anew with the keys."""
    books, closed = case.tables(), 0
    made, leaves = anew.settled(books, case.keys or b""), sums.leaves(books)
    for batch in sums.batches(books):
        lines, leaf = made.get(f"{batch.muni}:{batch.no}", []), leaves.get(batch.id)
        known = [line for line in lines if line is not None]
        closed += len(lines) - len(known)
        found = receipt.Commitments.of(known)
        told = leaf and (leaf.merchant_root, leaf.merchant_commitments)
        if len(known) == len(lines) and told != (found.root().hex(), found.addendum_hash()):
            yield f"Batch {batch.no}: its leaf commits to pay shops something else than the books."
    if closed:
        yield Note(f"What {closed} times was due to a shop cannot be opened any more.")


_ERASED = "SELECT muni, at FROM ledger_erasure"
_TOLD = "SELECT leaf FROM ledger_log_entry WHERE source LIKE 'erasure:%'"
TOLD_DAYS = 8  # after a month; a log that is closed waits for the next one


def forgotten(case: Case) -> Iterator[str]:
    """As many people were forgotten in each past month as the log told: nobody adds to a month later."""
    books = case.tables()
    counted = Counter((muni, _month(at)) for muni, at in books.rows(_ERASED))
    leaves = (leaf_of(raw) for (raw,) in books.rows(_TOLD))
    told = {(leaf.muni, leaf.month): leaf.n for leaf in leaves if isinstance(leaf, entry.Erasure)}
    past = {key for key in counted if key[1] < _month(case.now - timedelta(days=TOLD_DAYS))}
    for muni, month in sorted(past | told.keys()):
        n, said = counted[muni, month], told.get((muni, month), 0)
        if n != said:
            yield f"In {month} {n} people were forgotten in municipality {muni}; the log says {said}."


def _month(at: Any) -> str:
    return f"{local_day(at):%Y-%m}"


# --- A17 ----------------------------------------------------------------------------------------------------
_PAYMENT = {
    "id": "r.id",
    "till": "r.till_id",
    "chain": "r.chain",
    "seq": "r.seq",
    "step": "r.step",
    "asked": "r.asked",
    "approved": "r.approved",
    "unit": "r.unit_cents",
    "once": "r.once",
    "txn": "r.txn",
    "record": "r.record",
    "sha256": "r.record_sha256",
    "jti": "r.issued_pass_id",
    "voucher": "r.voucher_id",
    "mode": "r.mode",
    "guaranteed": "r.guaranteed",
    "part": "r.guaranteed_as",
    "at": "r.at",
    "merchant": "m.number",
    "payable": "m.payable",
    "jwk": "k.jwk",
    "till_chain": "k.chain",
    "nonce": "k.enrol_nonce",
    "token": "p.token",
    "pass_voucher": "p.voucher_id",
    "issued_at": "p.issued_at",
    "pot": "v.pot",
    "programme": "g.number",
    "amount": "t.amount",
    "debit": "t.debit_id",
    "credit": "t.credit_id",
    "payload": "t.payload_sha256",
    **cards.COLUMNS,
    "kind": "t.kind",
    "code": "o.code",
    "part_amount": "u.amount",
    "part_credit": "u.credit_id",
    "part_code": "e.code",
    "decided": "w.decided_by_id",
    "held_for": "(SELECT min(h.code) FROM wallet_tillrecord n JOIN wallet_case h ON h.id = n.case_id"
    " WHERE n.redemption_id = r.id)",
}
_PAYMENTS = """
  FROM wallet_redemption r
  LEFT JOIN wallet_merchant m ON m.id = r.merchant_id
  LEFT JOIN wallet_till k ON k.id = r.till_id
  LEFT JOIN wallet_issuedpass p ON p.jti = r.issued_pass_id
  LEFT JOIN wallet_card c ON c.id = r.card
  LEFT JOIN wallet_voucher v ON v.id = r.voucher_id
  LEFT JOIN wallet_programme g ON g.id = r.programme_id
  LEFT JOIN ledger_transfer t ON t.id = r.id
  LEFT JOIN ledger_account o ON o.id = t.debit_id
  LEFT JOIN ledger_transfer u ON u.id = r.guaranteed_as
  LEFT JOIN ledger_account e ON e.id = u.debit_id
  LEFT JOIN wallet_case w ON w.payment_id = r.id
 ORDER BY r.till_id, r.chain, r.seq
"""
_UNPAID = f"""
SELECT t.seq FROM ledger_transfer t LEFT JOIN wallet_redemption r ON r.id = t.id
 WHERE t.kind = {chart.REDEEM} AND r.id IS NULL ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
# A payment that was made offline may have parts, of a pot and of the guarantee: together what was asked.
_UNASKED = f"""
SELECT t.seq FROM ledger_transfer t
  LEFT JOIN wallet_redemption r ON t.ref_type = 'redemption' AND {{named}}
  LEFT JOIN wallet_merchant m ON m.id = r.merchant_id
 WHERE t.kind = {chart.OFFLINE}
   AND (r.id IS NULL OR r.mode <> 'off' OR m.payable <> t.credit_id
        OR coalesce((SELECT o.amount FROM ledger_transfer o WHERE o.kind = {chart.REDEEM} AND o.id = r.id), 0)
         + (SELECT sum(o.amount) FROM ledger_transfer o
             WHERE o.kind = {chart.OFFLINE} AND o.ref_id = t.ref_id)
         > CAST(r.asked AS bigint) * r.unit_cents)
 ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
_NAMED = {"sqlite": "r.id = replace(t.ref_id, '-', '')", "postgresql": "r.id::text = t.ref_id"}
_TWICE = """
SELECT issued_pass_id, count(*) FROM wallet_redemption WHERE once AND issued_pass_id IS NOT NULL
 GROUP BY issued_pass_id HAVING count(*) > 1
"""
SLOW_SAMPLE = 100


def evidence(case: Case) -> Iterator[str | Note]:
    """Each payment has its signatures, a pass or card that was issued, and its place in the till's chain."""
    books, issuer = case.tables(), case.issuer or {}
    for (seq,) in books.rows(_UNPAID):
        yield f"Transfer {seq} pays a shop, and no pass was shown for it."
    for (seq,) in books.rows(_UNASKED.format(named=_NAMED[books.engine])):
        yield f"Transfer {seq} pays a shop for an offline payment that is not there, or that asked for less."
    for jti, n in books.rows(_TWICE):
        yield f"Pass {jti} paid {n} times, and is good for once."
    for card, n in books.rows(cards.TWICE):
        yield f"Coupon {number(card)} paid {n} times, and is good for once."
    yield from cards.above(books)
    total = next(books.rows("SELECT count(*) FROM wallet_redemption"))[0]
    chains, picked, old = _Chains(_given_back(books)), [], 0
    draw = random.SystemRandom()
    for paid in named(books, _PAYMENT, _PAYMENTS):
        where = f"Payment {number(paid['id'])}"
        try:
            signatures = _papers(books, paid, issuer)
        except (es256.PaperError, KeyError, TypeError, ValueError) as error:
            yield f"{where}: {_reason(error)}."
            continue
        yield from (f"{where}: {fault}." for fault in chains.add(paid))
        old += paid["chain"] != paid["till_chain"]
        if total <= case.sample or draw.random() * total < case.sample:
            picked += [(where, signature) for signature in signatures]
    yield from _verified(picked)
    yield Note(f"The papers of {total} payments were read.")
    if old:
        yield Note(f"{old} records were signed with a key that their till had before; it is not kept.")


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, es256.PaperError) else "its papers are not whole"


def _papers(books: Tables, paid: dict[str, Any], issuer: papers.Issuer) -> list[papers.Signature]:
    """What has to be verified of a payment that fits. Raises PaperError."""
    if hashlib.sha256(paid["record"].encode()).digest() != bytes(paid["sha256"]):
        raise es256.PaperError("the record is another than its hash says")
    offline.booked(paid)
    if paid["kind"] != (chart.OFFLINE if paid["mode"] == "off" else chart.REDEEM):
        raise es256.PaperError("the books call it a payment of another kind")
    till_key = _json(paid["jwk"]) if paid["chain"] == paid["till_chain"] else None
    if paid["mode"] == "off" and cards.is_signed(paid["record"]):
        return cards.read_signed(books, paid, till_key, issuer)
    if paid["card"] is not None:
        return cards.read(paid, till_key)
    _pass_of(books, paid)
    payment = papers.Payment(
        till=str(number(paid["till"])),
        till_key=till_key,
        merchant=paid["merchant"],
        txn=str(number(paid["txn"])),
        jti=paid["jti"],
        once=bool(paid["once"]),
        programme=paid["programme"],
        mode=paid["mode"],
        decided=paid["decided"] is not None,
        asked=paid["asked"],
        approved=paid["approved"],
        seq=paid["seq"],
        step=paid["step"],
        record=paid["record"],
        pass_token=paid["token"],
    )
    return papers.read(payment, issuer)


def _pass_of(books: Tables, paid: dict[str, Any]) -> None:
    """Raise PaperError unless the pass was issued for the voucher that paid, before it paid."""
    owner = paid["pass_voucher"]
    if paid["mode"] == "off" and paid["jti"] is None and paid["voucher"] is not None:
        owner = offline.owner(books, paid)
    if paid["voucher"] is None and paid["mode"] == "off":
        return  # nobody's pot paid
    if owner is None or owner != paid["voucher"]:
        raise es256.PaperError("the pass was never issued for this voucher")
    if paid["issued_at"] and moment(paid["at"]) < moment(paid["issued_at"]):
        raise es256.PaperError("the pass was issued after it paid")


def _verified(picked: list[tuple[str, papers.Signature]]) -> Iterator[str | Note]:
    """Verify signatures: with the fast library all, and some of them with the other one as well."""
    fast = es256.fast()
    slow = random.SystemRandom().sample(range(len(picked)), min(SLOW_SAMPLE, len(picked)))
    both = set(slow) if fast else set(range(len(picked)))
    for at, (where, one) in enumerate(picked):
        holds = fast(one.public, one.message, one.signature) if fast else True
        again = es256.slow(one.public, one.message, one.signature) if at in both else holds
        if holds != again:
            yield f"{where}: two libraries disagree about the signature of {one.whose}."
        elif not holds or not again:
            yield f"{where}: {one.whose} did not sign it."
    yield Note(f"{len(picked)} signatures were verified, {len(both)} of them with a second library.")


class _Chains:
    """The chain of each till: what follows another record directly names its hash."""

    def __init__(self, given_back: dict[tuple[str, int], str]) -> None:
        self._given_back = given_back
        self._last: tuple[Any, int, set[str]] = (None, 0, set())

    def add(self, paid: dict[str, Any]) -> Iterator[str]:
        """Take in a payment, in the order of tills, chains and places."""
        till, seq = (str(number(paid["till"])), paid["chain"]), paid["seq"]
        current = paid["chain"] == paid["till_chain"]
        before = self._last[2] if self._last[:2] == (till, seq - 1) else set()
        if current and (back := self._given_back.get((till[0], seq - 1))):
            before = before | {back}
        if seq == 1 and current:
            before = {es256.sha256(f"vp-till:{till[0]}:{paid['nonce']}")}
        # Where a person looked at two records in one place, the chain is known to be broken.
        looked = paid["held_for"] == "chain_fork"
        if before and not looked and es256.read(paid["record"]).claims.get("prev") not in before:
            yield "the till's chain is broken just before it"
        here = self._last[2] if self._last[:2] == (till, seq) else set()
        self._last = (till, seq, here | {es256.sha256(paid["record"])})


_REFUND_RECORDS = """
SELECT f.till_id, f.record FROM wallet_refund f JOIN wallet_till k ON k.id = f.till_id
 WHERE f.at >= k.enrolled_at
"""


def _given_back(books: Tables) -> dict[tuple[str, int], str]:
    """Hash of each void's and refund's record, by till and place in the till's present chain."""
    found = {}
    for till, text in books.rows(_REFUND_RECORDS):
        try:
            found[str(number(till)), es256.read(text).claims["seq"]] = es256.sha256(text)
        except (es256.PaperError, KeyError):
            continue  # A18 names it
    return found


# --- A18 ----------------------------------------------------------------------------------------------------
_REVERSED = f"""
SELECT r.seq, CASE
         WHEN o.id IS NULL OR o.kind NOT IN ({chart.REDEEM}, {chart.OFFLINE})
              THEN 'gives back what was never paid'
         WHEN o.credit_id <> r.debit_id THEN 'gives back at another shop than was paid'
         WHEN r.kind = {chart.VOID} AND (o.amount <> r.amount OR o.debit_id <> r.credit_id)
              THEN 'voids a part of a payment, or to somebody else' END
  FROM ledger_transfer r LEFT JOIN ledger_transfer o ON o.id = r.reverses
 WHERE r.kind IN ({chart.VOID}, {chart.REFUND})
   AND (o.id IS NULL OR o.kind NOT IN ({chart.REDEEM}, {chart.OFFLINE}) OR o.credit_id <> r.debit_id
        OR (r.kind = {chart.VOID} AND (o.amount <> r.amount OR o.debit_id <> r.credit_id)))
 ORDER BY r.seq
"""  # noqa: S608 - numbers of our own
_TOO_MUCH = """
SELECT o.seq, o.amount, s.amount FROM ledger_transfer o
  JOIN (SELECT reverses, sum(amount) AS amount FROM ledger_transfer WHERE reverses IS NOT NULL
         GROUP BY reverses) s ON s.reverses = o.id
 WHERE s.amount > o.amount ORDER BY o.seq
"""
# What the guarantee had paid goes back to it in a transfer of its own.
_REFUNDS = f"""
SELECT t.seq FROM ledger_transfer t
  LEFT JOIN wallet_refund f ON f.id = t.id
  LEFT JOIN wallet_redemption r ON r.id = f.redemption_id
  LEFT JOIN wallet_refund g ON g.guaranteed_as = t.id
  LEFT JOIN wallet_redemption s ON s.id = g.redemption_id
  LEFT JOIN ledger_account a ON a.id = t.credit_id
 WHERE t.kind IN ({chart.VOID}, {chart.REFUND})
   AND NOT coalesce(r.id = t.reverses AND t.amount = f.amount * r.unit_cents - f.guaranteed
                    AND t.credit_id = f.credit, false)
   AND NOT coalesce(coalesce(s.guaranteed_as, s.id) = t.reverses AND t.amount = g.guaranteed
                    AND a.code = {chart.GUARANTEE}, false)
 ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
_COUNTED = """
SELECT r.id, r.refunded, coalesce(s.amount, 0) FROM wallet_redemption r
  LEFT JOIN (SELECT redemption_id, sum(amount) AS amount FROM wallet_refund GROUP BY redemption_id) s
    ON s.redemption_id = r.id
 WHERE r.refunded <> coalesce(s.amount, 0)
"""


def given_back(case: Case) -> Iterator[str]:
    """Each void and refund gives back a payment of the same shop, and never more than was paid."""
    books = case.tables()
    for seq, fault in books.rows(_REVERSED):
        yield f"Transfer {seq} {fault}."
    for seq, paid, back in books.rows(_TOO_MUCH):
        yield f"Of transfer {seq} ({paid} cents) {back} cents were given back."


_RECORDS = """
SELECT f.id, f.record, f.record_sha256, f.kind, f.amount, f.redemption_id, f.till_id, k.jwk, k.enrolled_at,
       f.at, t.payload_sha256, r.record, r.mode
  FROM wallet_refund f LEFT JOIN wallet_till k ON k.id = f.till_id
  LEFT JOIN wallet_redemption r ON r.id = f.redemption_id
  LEFT JOIN ledger_transfer t
    ON t.id = CASE WHEN f.guaranteed = f.amount * r.unit_cents THEN f.guaranteed_as ELSE f.id END
"""


def asked_back(case: Case) -> Iterator[str | Note]:
    """Each void and refund was asked for by a till, in a record that it signed."""
    books, picked = case.tables(), []
    for (seq,) in books.rows(_REFUNDS):
        yield f"Transfer {seq} gives money back, and no till asked for that."
    for id_, refunded, came in books.rows(_COUNTED):
        yield f"Payment {number(id_)} says that {refunded} came back; its refunds come to {came}."
    for row in books.rows(_RECORDS):
        where = f"Refund {number(row[0])}"
        try:
            signatures = _refund_record(row)
        except (es256.PaperError, KeyError, TypeError, ValueError) as error:
            yield f"{where}: {_reason(error)}."
            continue
        picked += [(where, one) for one in signatures]
    yield from _verified(picked[: case.sample])


def _refund_record(row: Values) -> list[papers.Signature]:
    """The signature under a refund's record; none when the till had another key then. Raises PaperError."""
    _, text, sha256, kind, amount, redemption, till, jwk, enrolled_at, at, payload, sale, mode = row
    digest = hashlib.sha256(text.encode()).digest()
    if digest != bytes(sha256) or digest != bytes(payload):
        raise es256.PaperError("its record is another than its hash says")
    key = _json(jwk) if moment(at) >= moment(enrolled_at) else None
    claims, signatures = papers.record(text, key, (kind, "void"))
    # A till that took a sale back without a connection names its record, and not the payment.
    taken_back = mode == "off" and claims["ref"] == es256.read(sale).claims.get("jti")
    asked = amount if taken_back and amount <= claims["amt"] else claims["amt"]
    named = claims["ref"] if taken_back else str(number(redemption))
    told = (claims["iss"], claims["amt"], claims["ref"])
    if told != (f"till:{number(till)}", claims["amt"] if asked == amount else amount, named):
        raise es256.PaperError("its record says something else than the books")
    return signatures


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


# --- A20 ----------------------------------------------------------------------------------------------------
SKEW = 60  # seconds


def key_leaves(case: Case) -> Iterator[str | Nothing]:
    """Each key is added before it goes; once it was stolen it says since when, and never comes back."""
    states: dict[str, str] = {}
    if not case.view().of(entry.Key):
        yield Nothing("the log names no keys")
    for index, leaf in case.view().of(entry.Key).items():
        before = states.get(leaf.thumbprint)
        if leaf.exp and leaf.exp < leaf.nbf:
            yield f"Leaf {index}: the key ends before it begins."
        if leaf.action == "compromised" and not 0 < leaf.exp <= case.now.timestamp() + SKEW:
            yield f"Leaf {index}: a key was stolen, and the leaf does not say since when."
        if leaf.action == "add" and before == "compromised":
            yield f"Leaf {index} brings back a key that was stolen."
        if leaf.action == "retire" and before == "compromised":
            yield f"Leaf {index} retires a key that was stolen: it stays stolen."
        states[leaf.thumbprint] = "compromised" if before == "compromised" else leaf.action


Span = tuple[int, int]
"""From and until, in epoch seconds; until 0 is for ever."""

_KEYS_ELSEWHERE = """
SELECT e.leaf FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id
 WHERE e.source LIKE 'key:%' AND l.origin <> ? ORDER BY e.id
"""
_HEADS = {
    "sqlite": "substr(token, 1, instr(token, '.') - 1)",
    "postgresql": "split_part(token, '.', 1)",
}


_BY_USE = {"pass": ("passes", "wallet_issuedpass"), "card": ("signed cards", "wallet_signedcard")}


def keys_used(case: Case) -> Iterator[str]:
    """Every pass and signed card was signed with a key for it that a log names, in its time."""
    books, log = case.tables(), case.view()
    others = (leaf_of(raw) for (raw,) in books.rows(_KEYS_ELSEWHERE, log.head.origin))
    leaves = [leaf for leaf in (*others, *log.leaves.values()) if isinstance(leaf, entry.Key)]
    head = _HEADS[books.engine]
    for use, (what, table) in _BY_USE.items():
        keys = {kid: key for kid, key in (case.issuer or {}).items() if key.use == use}
        spans = _spans(leaf for leaf in leaves if leaf.use == use)
        sql = f"SELECT {head}, count(*), min(issued_at), max(issued_at) FROM {table} GROUP BY {head}"  # noqa: S608
        for header, n, first, last in books.rows(sql):
            try:
                kid = json.loads(es256.unb64(header))["kid"]
            except (ValueError, KeyError, TypeError, es256.PaperError):
                yield f"{n} {what} have no header that can be read."
                continue
            used = (max(moment(first), case.times_from or moment(first)), moment(last))
            if fault := _key_fault(keys.get(kid), spans, used):
                yield f"{n} {what} are signed with key {kid}, {fault}."


def _spans(leaves: Iterable[entry.Key]) -> dict[str, Span]:
    """The time of each key (by thumbprint): as it came, and until the first end that a leaf gives it."""
    spans: dict[str, Span] = {}
    for leaf in leaves:
        start, end = spans.get(leaf.thumbprint, (leaf.nbf, 0))
        spans[leaf.thumbprint] = (start, min(filter(None, (end, leaf.exp)), default=0))
    return spans


def _key_fault(
    key: papers.IssuerKey | None, spans: Mapping[str, Span], used: tuple[datetime, datetime]
) -> str:
    """What is wrong with the key of what was issued from and until `used`; "" when nothing is."""
    if key is None:
        return "which is not among the issuer's public keys for them"
    if spans and key.thumbprint not in spans:
        return "which the log does not name"
    start, end = spans.get(key.thumbprint, (key.nbf, key.exp))
    outside = used[0].timestamp() < start or (end and used[1].timestamp() > end)
    return "and not all of them in its time" if outside else ""
