"""Who pays for what a till sold without a connection. Pure: it asks no database and writes nothing.

The first rule that says something decides (spec 05, section 5):

 1. noted: the till took the sale back before the server knew of it.
 2. time_implausible, held: iat lies more than 5 minutes ahead, before the bundle, or more than a minute
    before the record before it.
 3. late_record: it came more than 7 days later.
 4. duplicate_record: the sale is paid. When it was approved online for less, the rest is judged on.
 5. bundle_expired, list_stale: the till's own data was too old.
 6. What is not right with the presentation, and every rule of `decide` for a till offline. Of an amount that
    is too high the part within the limit is judged on; the shop bears the rest.
 7. already_redeemed: this shop took the pass before, or the list that it had to hold said that it was spent.
 8. pass_revoked: that list said that the pass was withdrawn.
 9. Else the shop is paid. The guarantee pays when another shop took the pass before (`double_spend`), the
    pass was never issued (`issuer_key_leaked`), or it was withdrawn since. Otherwise the pot pays what it
    has, and the guarantee the rest. After 72 hours the guarantee pays for nothing: late_record.
    Of a card: cards.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from wallet.models import Redemption
from wallet.protocol import bundle
from wallet.protocol.redemption import OFFLINE, Approval, Attempt, Facts, attempt, decide
from wallet.protocol.refusals import Code
from wallet.services.catalogue import Scheme
from wallet.services.sync import cards
from wallet.services.sync.known import Known, Pass
from wallet.services.sync.lines import EXTRA, LIST_AGE, Line
from wallet.services.sync.verdict import LEAKED, TWICE, Outcome, Payment, Verdict, held, rejected

AHEAD = timedelta(minutes=5)
BACK = timedelta(seconds=60)
CUT_OFF = timedelta(days=7)
BUNDLE_AGE = timedelta(seconds=bundle.LIFE_SECONDS)
LIMITS = (Code.AMOUNT_OVER_MAX, Code.OVER_OFFLINE_LIMIT)


def judge(line: Line, known: Known, before: datetime | None, waived: frozenset[str] = frozenset()) -> Verdict:
    """Judge a sale. `before` is when the record before it was made; `waived` are codes to overlook."""
    if line.jti in known.voided:
        return Verdict(Outcome.NOTED)
    sale, paid = known.sales.get(line.txn), known.paid_of(line.txn)
    if sale is not None and line.record.amt <= paid:
        return Verdict(Outcome.DUPLICATE, sale=sale)
    code = _own_fault(line, before, waived)
    if code == Code.TIME_IMPLAUSIBLE:
        return held(line, code, paid)
    if sale is not None and (sale.mode == OFFLINE or paid > sale.approved):
        code = Code.IDEMPOTENCY_MISMATCH
    if code is not None:
        return rejected(line, code, paid)
    return _shown(line, known, sale, waived)


def _own_fault(line: Line, before: datetime | None, waived: frozenset[str]) -> Code | None:
    """What is wrong with the record's times, whatever was shown."""
    made, read = line.iat, line.record
    bundle_at, list_at = (datetime.fromtimestamp(at or 0, UTC) for at in (read.bnd, read.stl))
    faults = (
        (Code.TIME_IMPLAUSIBLE, made > line.received + AHEAD or made < bundle_at),
        (Code.TIME_IMPLAUSIBLE, before is not None and made < before - BACK),
        (Code.LATE_RECORD, line.received - made > CUT_OFF),
        (Code.BUNDLE_EXPIRED, made - bundle_at > BUNDLE_AGE + EXTRA),
        (
            Code.LIST_STALE,
            (read.card is None or line.signed is not None) and made - list_at > LIST_AGE + EXTRA,
        ),
    )
    return next((code for code, wrong in faults if wrong and code not in waived), None)


# --- what was shown -----------------------------------------------------------------------------------------
def _shown(line: Line, known: Known, sale: Redemption | None, waived: frozenset[str]) -> Verdict:
    scheme, paid = known.scheme(line.record.prg), sale.approved if sale else 0
    if line.shown is None:
        return rejected(line, line.refused or Code.BAD_PROOF, paid)
    if scheme is None:
        return rejected(line, Code.WRONG_PROGRAMME, paid)
    asked = cards.attempt(line, known) if line.signed else _attempt(line)
    within, code = _within(asked, known.facts(scheme), line.record.iat)
    if code and within <= paid:
        return rejected(line, code, paid)
    who_pays = cards.who_pays if line.signed else _who_pays
    verdict = who_pays(line, known, scheme, within - paid, sale, waived)
    if verdict.payment is None or not code:
        return verdict
    return replace(verdict, code=code, refused=line.record.amt - within, case=verdict.case or code)


def _within(tried: Attempt, facts: Facts, at: int) -> tuple[int, Code | None]:
    """The units that the rules allow of what the till asked, and why they do not allow all of it."""
    code = None
    while not isinstance(answer := decide(tried, facts, at), Approval):
        most = int(answer.facts.get("max", 0))
        if answer.code not in LIMITS or most <= 0:
            return 0, answer.code
        tried, code = replace(tried, amt=most), answer.code  # there are two limits, each lower than before
    return tried.amt, code


def _attempt(line: Line) -> Attempt:
    asked = line.record
    if line.presented is None:
        raise ValueError("nothing was shown")
    return attempt(line.presented, mode=OFFLINE, amt=asked.amt, cur=asked.cur, prg=asked.prg, part=asked.part)


# --- who pays -----------------------------------------------------------------------------------------------
def _who_pays(
    line: Line, known: Known, scheme: Scheme, asked: int, sale: Redemption | None, waived: frozenset[str]
) -> Verdict:
    owner, jti = known.owner(line), line.pass_jti or ""
    paid = sale.approved if sale else 0
    others = [row for row in known.spent[jti] if sale is None or row.txn != sale.txn]
    told = line.told
    if any(row.merchant_id == known.shop.id or row.at <= told for row in others):
        return rejected(line, Code.ALREADY_REDEEMED, paid, others[0])
    if owner and owner.revoked and owner.revoked <= told:
        return rejected(line, Code.PASS_REVOKED, paid)
    late = line.is_late and Code.LATE_RECORD not in waived
    payment = _shares(line, known, scheme, asked, owner, spent=bool(others))
    if payment.pot < asked:
        if late:
            return replace(rejected(line, Code.LATE_RECORD, paid), case=Code.LATE_RECORD if owner else LEAKED)
        if owner and owner.online_only and owner.online_only <= told and not others:
            return rejected(line, Code.OFFLINE_NOT_ALLOWED, paid)
    payment = replace(payment, rest=sale is not None)
    paid_by = Outcome.ACCEPTED if payment.pot == asked else Outcome.ACCEPTED_PROGRAMME
    found = LEAKED if owner is None else TWICE if others else ""
    return Verdict(paid_by, payment=payment, first=others[0] if others else None, case=found)


def _shares(
    line: Line, known: Known, scheme: Scheme, asked: int, owner: Pass | None, *, spent: bool
) -> Payment:
    """The pot pays what it has, while the pass was good and not spent before; the guarantee pays the rest."""
    gone = owner is None or owner.on_hold or (owner.revoked is not None and owner.revoked <= line.iat)
    if owner is None or gone or spent:
        return Payment(asked, 0, owner.jti if owner and not spent else None)
    pot = min(asked, known.left[owner.pot] // scheme.unit_cents)
    free = not known.spent[owner.jti]
    return Payment(asked, pot, owner.jti if free else None, owner if pot else None)
