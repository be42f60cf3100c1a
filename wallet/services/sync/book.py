"""Writing what was decided: payments, cases and the records themselves, each in one statement a piece."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from ledger import api as books
from wallet.custody import custody
from wallet.models import Case, Redemption, Till, TillRecord
from wallet.protocol.presentation import STEP_SECONDS
from wallet.protocol.record import read_kept
from wallet.services.sync import rows
from wallet.services.sync.chain import FORK
from wallet.services.sync.known import Known, rest_of
from wallet.services.sync.lines import Line
from wallet.services.sync.verdict import LEAKED, Outcome, Payment, Verdict

SUSPENDED = "till_suspended"
SHARED = (FORK, SUSPENDED)  # one case for all of a till's records, not one for each
DECIDED = ("outcome", "code", "case", "redemption", "approved", "record", "pass_jti", "decided_at")
logger = logging.getLogger(__name__)


@dataclass
class Book:
    """What a piece adds. Rows are made while records are judged, and written together."""

    till: Till
    known: Known
    now: datetime
    payments: list[Redemption] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    records: list[TillRecord] = field(default_factory=list)
    decided: list[TillRecord] = field(default_factory=list)
    shared: Case | None = None

    def enter(self, line: Line, verdict: Verdict, *, fork: bool = False) -> TillRecord:
        """Make the rows of a verdict."""
        paid = self._pay(line, verdict.payment) if verdict.payment else None
        case = self._case(line, verdict, paid) if verdict.case else None
        row = line.kept or self._record(line, fork=fork)
        row.outcome, row.code, row.case = verdict.outcome, verdict.code, case
        row.redemption = paid or verdict.sale
        row.approved = self.known.paid_of(line.txn) if line.is_sale else 0
        row.record = "" if paid else line.token
        row.pass_jti = line.pass_jti if paid and paid.issued_pass_id is None else None
        row.decided_at = None if verdict.outcome == Outcome.HELD else self.now
        (self.decided if line.kept else self.records).append(row)
        return row

    def write(self) -> None:
        """Write everything: payments first, for cases and records name them."""
        if any(row.guaranteed for row in self.payments):
            books.open_account(muni=self.known.muni, code=books.Code.GUARANTEE)  # the trigger posts from it
        rows.add(self.payments)
        rows.add(self.cases)
        rows.add(self.records)
        if self.decided:
            TillRecord.objects.bulk_update(self.decided, DECIDED)
        if self.shared:
            self.shared.save()

    def _record(self, line: Line, *, fork: bool) -> TillRecord:
        said = line.record
        return TillRecord(
            muni_id=self.known.muni,
            till_id=self.till.pk,
            chain=self.till.chain,
            seq=said.seq,
            fork=fork,
            jti=line.jti,
            txn=line.txn,
            mode=said.mode,
            ref=UUID(said.ref) if said.ref else None,
            prg=said.prg,
            amount=said.amt,
            cur=said.cur,
            iat=line.iat,
            received_at=line.received,
            sha256=line.sha256,
        )

    def _pay(self, line: Line, payment: Payment) -> Redemption:
        row = redemption(line, payment, self.known, self.till, self.now)
        self.payments.append(row)
        self.known.paid(row, line.pass_jti)
        if payment.owner:
            self.known.left[payment.owner.pot] -= payment.pot * row.unit_cents
        return row

    def _case(self, line: Line, verdict: Verdict, paid: Redemption | None) -> Case:
        scheme = self.known.scheme(line.record.prg)
        cents = verdict.refused * (scheme.unit_cents if scheme else 1)
        if verdict.case in SHARED:
            shared = self._shared_case(verdict.case)
            shared.refused, shared.cents = shared.refused + verdict.refused, shared.cents + cents
            return shared
        case = Case(
            muni_id=self.known.muni,
            till=self.till,
            code=verdict.case,
            programme_id=scheme.id if scheme else None,
            voucher_id=owner.voucher if (owner := self.known.passes.get(line.pass_jti or "")) else None,
            refused=verdict.refused,
            cents=cents,
            guaranteed=paid.guaranteed if paid else 0,
            opened_at=self.now,
            **_proofs(line, verdict.first),
        )
        if verdict.case == LEAKED:
            logger.error("a pass verifies that was never issued: is the issuer's key known? case %s", case.pk)
        self.cases.append(case)
        return case

    def _shared_case(self, code: str) -> Case:
        if self.shared is None:
            there = Case.objects.filter(till=self.till, state=Case.State.OPEN, code__in=SHARED)
            self.shared = there.first() or Case.objects.create(
                muni_id=self.known.muni, till=self.till, code=code, opened_at=self.now
            )
        return self.shared


def redemption(
    line: Line, payment: Payment, known: Known, till: Till, now: datetime, txn: UUID | None = None
) -> Redemption:
    """The row of a payment: the pot's units, and the guarantee's cents."""
    scheme = known.scheme(line.record.prg)
    if scheme is None:
        raise ValueError("a payment is of a programme")
    txn = txn or (rest_of(line.txn) if payment.rest else line.txn)
    number = known.redemption_id(txn)
    guaranteed = (payment.approved - payment.pot) * scheme.unit_cents
    return Redemption(
        id=number,
        muni_id=known.muni,
        merchant_id=known.shop.id,
        till_id=till.pk,
        txn=txn,
        issued_pass_id=payment.jti,
        once=payment.card is None,
        card=payment.card,
        voucher_id=payment.owner.voucher if payment.owner else None,
        helper_id=payment.owner.helper if payment.owner else None,
        programme_id=scheme.id,
        guaranteed=guaranteed,
        guaranteed_as=uuid5(number, "guarantee") if guaranteed and payment.pot else None,
        asked=line.record.amt,
        approved=payment.approved,
        unit_cents=scheme.unit_cents,
        mode=Redemption.Mode.OFFLINE,
        chain=line.kept.chain if line.kept else till.chain,
        seq=line.record.seq,
        step=line.presented.proof.step if line.presented else 0,
        at=now,
        taken_at=line.iat,
        record=line.token,
        record_sha256=line.sha256,
        receipt_kid=custody().receipt_key.kid,
    )


def _proofs(line: Line, first: Redemption | None) -> dict[str, object]:
    """Both proofs of a pass that was spent before, and when the phone made them."""
    if first is None:
        return {}
    if line.presented is None:
        return {"first": first}
    before = read_kept(first.record).pres or ""
    return {
        "first": first,
        "first_proof": before.partition("~")[2] or before,
        "first_proof_at": _made(first.step),
        "proof": line.presented.text.partition("~")[2],
        "proof_at": _made(line.presented.proof.step),
    }


def _made(step: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=step * STEP_SECONDS)
