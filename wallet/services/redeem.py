"""Redeeming a pass online: the heart. The rules, in order:

1. The record is signed by a till that is switched on, as is its merchant. When it leaves the programme to us
   (a short symbol does not tell it), it is the pass's; all rules hold for that one.
2. What needs no database is judged first: two signatures, then `decide` on dates, shop, programme and amount.
3. One statement does the rest: it demands that this very pass was issued, that nothing was taken back, that
   the catalogue is the one that was judged by, and that the pot holds enough; it writes the redemption. The
   database's own trigger posts the transfer, and makes passes whose offline limits the balance no longer
   covers good online only. The pot is locked while it looks: two payments never both see the same euro.
4. When it wrote nothing, `_explain` says why: the same sale asked again gets its answer again; another sale
   under that number is `idempotency_mismatch`; else `decide` is asked once more, knowing everything.
5. A refusal leaves no trace.

A printed card takes another way (`cardsale`). Spec 03 and 05.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from ledger import api as books
from wallet.custody import custody
from wallet.models import IssuedPass, Municipality, Redemption
from wallet.protocol import presentation, qr, record
from wallet.protocol.presentation import Presentation
from wallet.protocol.record import Record
from wallet.protocol.redemption import ONLINE, Attempt, Facts, attempt, decide
from wallet.protocol.refusals import Code, Refusal, Refused
from wallet.protocol.signing import Jwk, sha256
from wallet.protocol.strict import compact
from wallet.services import cardsale, catalogue, helpers, pins, reach
from wallet.services.catalogue import Catalogue, Scheme
from wallet.services.sale import Answer, BehindError, Sale, answer, answer_again


def redeem(record_token: str, now: datetime, key: str | None = None, pin: str | None = None) -> Answer:
    """Redeem what a till's record asks; `key`, if given, is the Idempotency-Key and must be the record's txn.

    `pin` is what was typed for a printed card. Raises Refused with a code of spec 05; then nothing was
    written, but for a wrong PIN's count.
    """
    muni = settings.MUNICIPALITY
    known = catalogue.current(muni)
    try:
        return _redeem(record_token, key, known, now, pin)
    except (Refused, BehindError) as error:
        newer = catalogue.fresh(muni)
        if newer is known or (isinstance(error, Refused) and error.code in pins.SPENT_A_TRY):
            raise
        return _redeem(record_token, key, newer, now, pin)


def _redeem(token: str, key: str | None, known: Catalogue, now: datetime, pin: str | None) -> Answer:
    asked = record.check(token, known.key_of, settings.ISSUER)
    if key not in (None, asked.txn):
        raise Refused(Code.IDEMPOTENCY_MISMATCH)
    till = known.tills[asked.till]
    if not till.active:
        raise Refused(Code.TILL_SUSPENDED)
    sale = Sale(token, asked, till, known, now)
    if asked.card is not None:
        return cardsale.pay(sale, asked.card, pin)
    try:
        presented, scheme = _judge(sale)
    except Refused:
        # A retry may come when its QR is long stale: what was approved stays approved.
        known_already = answer_again(sale)
        if known_already is None:
            raise
        return known_already
    kid = custody().receipt_key.kid  # asked once: row and receipt must name the same key
    approved = _write(sale, presented, scheme, kid)
    if approved is None:
        return _explain(sale, presented, scheme)
    return answer(sale, approved, asked.amt, int(now.timestamp()), kid, scheme, again=False)


# --- before the statement -----------------------------------------------------------------------------------
def _judge(sale: Sale) -> tuple[Presentation, Scheme]:
    """Check what needs no database. Raises Refused."""
    asked = sale.record
    if asked.mode != ONLINE or asked.pres is None:
        raise Refused(Code.MALFORMED_RECORD)
    presented = presentation.check(_canonical(asked.pres), custody().ring)
    scheme = sale.known.schemes.get(_programme(asked, presented))
    if scheme is None:
        raise Refused(Code.WRONG_PROGRAMME)
    facts = sale.known.facts(sale.till.shop, scheme)
    refusal = decide(_attempt(sale, presented), facts, int(sale.now.timestamp()))
    if isinstance(refusal, Refusal):
        raise Refused.because(refusal)
    return presented, scheme


def _canonical(pres: str) -> str:
    """The `<pass>~<kb-jwt>` of a record; a short symbol (VP2) names a pass that we have to look up."""
    if not qr.is_short(pres):
        return pres
    short = qr.decode_short(pres)
    token = IssuedPass.objects.filter(pk=short.jti).values_list("token", flat=True).first()
    if token is None:
        raise Refused(Code.UNKNOWN_PASS)
    return short.rebuild(token)


def _attempt(sale: Sale, presented: Presentation) -> Attempt:
    asked = sale.record
    prg = _programme(asked, presented)
    return attempt(presented, mode=ONLINE, amt=asked.amt, cur=asked.cur, prg=prg, part=asked.part)


def _programme(asked: Record, presented: Presentation) -> int:
    """The number of the programme that the till names, or else of the pass."""
    return asked.prg or presented.pass_.prg


# --- the statement ------------------------------------------------------------------------------------------
_SQL = """
WITH pot AS (
  SELECT p.jti, p.once, p.voucher_id, d.helper_id,
         CASE WHEN d.helper_id IS NULL THEN a.balance ELSE {helped} END / %(unit)s AS units
    FROM wallet_issuedpass p
    JOIN wallet_device d ON d.id = p.device_id
    JOIN wallet_voucher v ON v.id = p.voucher_id
    JOIN ledger_account a ON a.id = v.pot
    JOIN wallet_municipality m ON m.number = p.muni_id
   WHERE p.jti = %(jti)s AND p.holder_key = %(holder)s AND p.muni_id = %(muni)s
     AND p.revoked_at IS NULL AND d.revoked_at IS NULL AND v.suspended_at IS NULL
     AND v.programme_id = %(programme)s AND m.catalogue_version = %(version)s
  {lock})
INSERT INTO wallet_redemption (id, muni_id, merchant_id, till_id, txn, issued_pass_id, once, voucher_id,
  programme_id, helper_id, guaranteed, asked, approved, refunded, unit_cents, mode, chain, seq, step, at,
  record, record_sha256, receipt_kid)
SELECT %(id)s, %(muni)s, %(merchant)s, %(till)s, %(txn)s, jti, once, voucher_id, %(programme)s,
  helper_id, 0, %(asked)s,
  CASE WHEN units < %(asked)s THEN units ELSE %(asked)s END, 0, %(unit)s, 'on', %(chain)s, %(seq)s, %(step)s,
  %(at)s, %(record)s, %(sha)s, %(receipt)s
  FROM pot WHERE units >= %(least)s
ON CONFLICT DO NOTHING RETURNING approved
"""
_LOCK = {"postgresql": "FOR NO KEY UPDATE OF a", "sqlite": ""}  # SQLite has one writer
# What a helper may still spend of the pot; nobody else's payment asks. The function is in 0014_people.
_HELPED = {
    "postgresql": """least(a.balance,
         wallet_helper_left(d.helper_id, %(asked)s::bigint * %(unit)s, %(at)s, %(month)s))""",
    "sqlite": """min(a.balance, (SELECT CASE
           WHEN h.revoked_at IS NOT NULL OR h.until <= %(at)s OR %(asked)s * %(unit)s > h.per_purchase THEN 0
           ELSE max(0, h.per_month - (SELECT coalesce(sum((r.approved - r.refunded) * r.unit_cents), 0)
             FROM wallet_redemption r WHERE r.helper_id = h.id AND r.at >= %(month)s)) END
           FROM wallet_helper h WHERE h.id = d.helper_id))""",
}
STATEMENT = {
    vendor: _SQL.replace("{lock}", lock).replace("{helped}", _HELPED[vendor])
    for vendor, lock in _LOCK.items()
}


def _write(sale: Sale, presented: Presentation, scheme: Scheme, kid: str) -> int | None:
    """Write the redemption, whose receipt `kid` signs, if all still holds; the approved units, or None."""
    with connection.cursor() as cursor:
        values = _values(cursor.db, sale, presented, scheme, kid)
        cursor.execute(STATEMENT[cursor.db.vendor], values)
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _values(
    database: BaseDatabaseWrapper, sale: Sale, presented: Presentation, scheme: Scheme, kid: str
) -> dict[str, Any]:
    asked, found = sale.record, presented.pass_
    native = database.features.has_native_uuid_field
    moment = database.ops.adapt_datetimefield_value
    return {
        "id": _uuid(sale.id, native),
        "muni": sale.known.muni,
        "merchant": sale.till.shop.id,
        "till": _uuid(sale.till.id, native),
        "txn": _uuid(sale.txn, native),
        "jti": found.jti,
        "holder": _thumbprint(found.holder),
        "programme": scheme.id,
        "version": sale.known.version,
        "unit": scheme.unit_cents,
        "asked": asked.amt,
        "least": 1 if asked.part else asked.amt,
        "chain": sale.till.chain,
        "seq": asked.seq,
        "step": presented.proof.step,
        "at": moment(sale.now),
        "month": moment(helpers.month_start(sale.now)),
        "record": sale.token,
        "sha": sale.sha256,
        "receipt": kid,
    }


def _thumbprint(holder: Jwk) -> str:
    """RFC 7638, of a key whose members were checked to stand in that order."""
    return sha256(compact(holder))


def _uuid(value: UUID, native: bool) -> Any:
    return value if native else value.hex


# --- when it wrote nothing ----------------------------------------------------------------------------------
def _explain(sale: Sale, presented: Presentation, scheme: Scheme) -> Answer:
    """Say why the statement wrote nothing: with the answer given before, or by raising Refused."""
    known = answer_again(sale)
    if known is not None:
        return known
    if Municipality.objects.get(pk=sale.known.muni).catalogue_version != sale.known.version:
        raise BehindError
    refusal = decide(_attempt(sale, presented), _facts(sale, presented, scheme), int(sale.now.timestamp()))
    if isinstance(refusal, Refusal):
        raise Refused.because(refusal)
    if Redemption.objects.filter(till=sale.till.id, chain=sale.till.chain, seq=sale.record.seq).exists():
        raise Refused(Code.CHAIN_FORK)
    raise Refused(Code.TXN_IN_PROGRESS)  # what stood in the way has gone meanwhile


def _facts(sale: Sale, presented: Presentation, scheme: Scheme) -> Facts:
    """Everything that `decide` can know."""
    found = presented.pass_
    rules = sale.known.facts(sale.till.shop, scheme)
    passes = IssuedPass.objects.select_related("device__helper", "voucher")
    issued = passes.filter(jti=found.jti, muni=sale.known.muni, voucher__programme=scheme.id).first()
    if issued is None or issued.holder_key != _thumbprint(found.holder):
        return replace(rules, issued=False)
    spent = issued.redemptions.filter(once=issued.once)
    if not issued.once:  # the reserve pass is spent once for each proof
        spent = spent.filter(step=presented.proof.step)
    cents, ended = books.balances([issued.voucher.pot])[issued.voucher.pot], False
    helper = issued.device.helper
    if helper:
        ended, cents = reach.is_over(helper, sale.now), min(cents, helpers.left(helper, sale.now))
        most = helper.per_purchase // scheme.unit_cents
        rules = replace(rules, ceiling=most if rules.ceiling is None else min(rules.ceiling, most))
    return replace(
        rules,
        issued=True,
        # A pass that was spent is told so, even if its phone was replaced since.
        revoked=bool(issued.revoked_at or issued.device.revoked_at or ended) and not spent.exists(),
        suspended=issued.voucher.suspended_at is not None,
        spent=spent.exists(),
        balance=cents // scheme.unit_cents,
    )
