"""What a person has to look at, and how it ends. The rules, in order:

1. A case is closed once, by a person, with a reason. Which ends there are depends on what was found.
2. `pay` pays the shop what it misses: the pot, when only the till's times or data were wrong and the pass was
   good; the guarantee otherwise. Above the municipality's limit another person has to say the same.
3. `judge` decides what was held by the rules, but for what it was held for. What the shop still misses then
   is a case of its own.
4. `leave` leaves it with the shop, `seen` changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Case, Municipality, Redemption, Staff, TillRecord
from wallet.protocol.refusals import Code
from wallet.services import catalogue, trail
from wallet.services.refused import Refused
from wallet.services.sync import chain, judge, known, lines
from wallet.services.sync.book import SUSPENDED, Book, redemption
from wallet.services.sync.known import Known
from wallet.services.sync.lines import Line
from wallet.services.sync.upload import again_if_disturbed, locked_till
from wallet.services.sync.verdict import LEAKED, Outcome, Payment, Verdict
from wallet.services.trail import Verb

Choice = Case.Choice
HELD = (Code.TIME_IMPLAUSIBLE, chain.FORK, SUSPENDED)
HOLDS = frozenset({Code.TIME_IMPLAUSIBLE})
TIMES = frozenset({Code.TIME_IMPLAUSIBLE, Code.LATE_RECORD, Code.BUNDLE_EXPIRED, Code.LIST_STALE})


def listed(muni: Municipality, state: str = "") -> QuerySet[Case]:
    """The cases of a municipality (in one state), newest first."""
    rows = Case.objects.filter(muni=muni, **({"state": state} if state else {}))
    return rows.select_related("till__branch__merchant", "programme", "first__merchant")


def count_open(muni: Municipality, staff: Staff) -> int:
    """How many wait for this person: not those where they asked already and another has to decide."""
    return Case.objects.filter(muni=muni, state=Case.State.OPEN).exclude(asked_by=staff).count()


def leaked(muni: Municipality) -> bool:
    """Was a pass shown that verifies and was never issued, and did nobody look yet?"""
    return Case.objects.filter(muni=muni, state=Case.State.OPEN, code=LEAKED).exists()


def choices(case: Case) -> list[str]:
    """How this case can end, the likeliest first."""
    if case.code in HELD:
        return [Choice.JUDGE, Choice.LEAVE]
    if case.refused:
        return [Choice.LEAVE, Choice.PAY] if case.programme_id else [Choice.LEAVE]
    return [Choice.SEEN]


def close(*, case: Case, choice: str, reason: str, staff: Staff, now: datetime) -> Case:
    """Close a case, or ask another person to (it is still open then). Raises Refused."""
    return again_if_disturbed(lambda: _close(case.pk, choice, reason, staff, now))


def _close(pk: UUID, choice: str, reason: str, staff: Staff, now: datetime) -> Case:
    case = _locked(pk, choice)
    if choice == Choice.PAY and case.cents > case.muni.four_eyes_above:
        case.four_eyes = True
        if case.asked_by_id in (None, staff.pk):
            return _ask(case, reason, staff, now)
    if choice == Choice.PAY:
        case.payment = _pay(case, now)
    elif case.code in HELD:
        _decide_held(case, now, leave=choice == Choice.LEAVE)
    case.four_eyes = case.four_eyes and choice == Choice.PAY
    case.state = Case.State.PAID if choice == Choice.PAY else Case.State.CLOSED
    case.choice, case.reason, case.decided_by, case.decided_at = choice, reason, staff, now
    case.save()
    trail.record(staff=staff, verb=Verb.CASE_CLOSED, subject=case, reason=reason, now=now)
    return case


def _locked(pk: UUID, choice: str) -> Case:
    """The case, held together with its till. Raises Refused when it cannot end like this."""
    locked_till(Case.objects.values_list("till", flat=True).get(pk=pk))
    case = Case.objects.select_for_update(of=("self",)).select_related("muni", "till").get(pk=pk)
    if case.state != Case.State.OPEN:
        raise Refused(_("Somebody already closed this. Open the page again to see how."))
    if choice not in choices(case):
        raise Refused(_("This case cannot end like that."))
    return case


def _ask(case: Case, reason: str, staff: Staff, now: datetime) -> Case:
    if case.asked_by_id is None:
        case.choice, case.reason, case.asked_by, case.asked_at = Choice.PAY, reason, staff, now
        case.save()
        trail.record(staff=staff, verb=Verb.CASE_ASKED, subject=case, reason=reason, now=now)
    return case


# --- paying after all ---------------------------------------------------------------------------------------
def _pay(case: Case, now: datetime) -> Redemption:
    row = case.records.get()
    line = lines.again(row)
    found = known.gather(catalogue.fresh(case.muni_id), case.till_id, [line])
    payment = _shares(line, found, case.refused)
    txn = uuid5(line.jti, "after all") if line.txn in found.sales else line.txn
    books.open_account(muni=case.muni_id, code=books.Code.GUARANTEE)
    paid = redemption(line, payment, found, case.till, now, txn)
    paid.save(force_insert=True)
    return paid


def _shares(line: Line, found: Known, refused: int) -> Payment:
    verdict = judge.judge(line, found, None, TIMES)
    if verdict.outcome == Outcome.NOTED:
        raise Refused(_("The till took this sale back itself. There is nothing to pay."))
    if verdict.payment and verdict.payment.approved == refused:
        return verdict.payment
    return Payment(refused, 0)


# --- what was held ------------------------------------------------------------------------------------------
def _decide_held(case: Case, now: datetime, *, leave: bool) -> None:
    rows = case.records.filter(outcome=TillRecord.Outcome.HELD).order_by("chain", "seq")
    read = [lines.again(row) for row in rows]
    book = Book(case.till, known.gather(catalogue.fresh(case.muni_id), case.till_id, read), now)
    for line in read:
        code = line.kept.code if line.kept else case.code
        verdict = Verdict(Outcome.REJECTED, code) if leave else judge.judge(line, book.known, None, HOLDS)
        row = book.enter(line, verdict)
        row.case = row.case or case
    book.write()


# --- what waited for a record that never came ---------------------------------------------------------------
def judge_overdue(muni: int, now: datetime) -> int:
    """Judge the sales that waited seven days for a record before them; how many there were."""
    waits = TillRecord.objects.filter(muni=muni, outcome=Outcome.HELD, code=chain.GAP)
    over = waits.filter(received_at__lt=now - judge.CUT_OFF)
    tills = over.values_list("till", flat=True).distinct()
    return sum(again_if_disturbed(lambda at=till: _overdue(muni, at, now)) for till in tills)  # type: ignore[misc]


def _overdue(muni: int, till_id: UUID, now: datetime) -> int:
    till = locked_till(till_id)
    waits = TillRecord.objects.filter(till=till, outcome=Outcome.HELD, code=chain.GAP)
    over = list(waits.filter(received_at__lt=now - judge.CUT_OFF).order_by("chain", "seq"))
    last = max((row.seq for row in over if row.chain == till.chain), default=0)
    till.acked_seq = max(till.acked_seq, last)
    till.acked_seq = chain.Chain(till).reach([])
    till.save(update_fields=["acked_seq"])
    read = [lines.again(row) for row in over]
    read += [line for line in chain.waiting(till, till.acked_seq) if line.kept not in over]
    book = Book(till, known.gather(catalogue.fresh(muni), till.pk, read), now)
    case = Case(muni_id=muni, till=till, code=chain.GAP, opened_at=now)
    book.cases.append(case)
    for line in read:
        row = book.enter(line, judge.judge(line, book.known, None))
        row.case = row.case or case
    book.write()
    return len(read)


def own(muni: Municipality, case_id: UUID) -> Case | None:
    """A case of this municipality."""
    return listed(muni).filter(pk=case_id).select_related("asked_by", "decided_by", "payment").first()
