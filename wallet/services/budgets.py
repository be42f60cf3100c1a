"""Budgets: one person writes down what a decision gives, another looks and books it. The rules, in order:

1. A decision adds to one programme once, by its number, as long as that programme is not closed.
2. Nobody approves their own; the database says so too. Whoever made it can withdraw it.
3. Booking is the ledger's ALLOCATE, under the decision's own number: twice is once.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import BudgetDecision, Municipality, Programme, Staff
from wallet.services import decisions, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


@transaction.atomic
def propose(
    *,
    programme: Programme,
    amount: int,
    decision_ref: str,
    staff: Staff,
    now: datetime,
    budget_id: UUID | None = None,
) -> BudgetDecision:
    """Write down that a decision gives a programme `amount` cents; it waits for another person.

    Raises Refused. With a `budget_id` that is known already, answers what was made of it.
    """
    said = {"programme": programme, "amount": amount, "decision_ref": decision_ref, "made_by": staff}
    known = _made_before(budget_id, said)
    if known:
        return known
    if amount < 1:
        raise Refused(_("Write a budget above € 0,00."), "amount")
    if not books.is_open(programme.fund):
        raise Refused(_("This programme is closed. Its budget takes nothing more."))
    budget = _written_down(BudgetDecision(id=budget_id or uuid4(), muni=programme.muni, made_at=now, **said))
    trail.record(staff=staff, verb=Verb.BUDGET_PROPOSED, subject=budget, reason=decision_ref, now=now)
    return budget


def _made_before(budget_id: UUID | None, said: dict[str, Any]) -> BudgetDecision | None:
    """The decision that this very form made already. Raises Refused when it made another one."""
    known = BudgetDecision.objects.filter(pk=budget_id).first() if budget_id else None
    if known and any(getattr(known, name) != value for name, value in said.items()):
        raise Refused(_("This form was used already. Open the programme's page again to start a new one."))
    return known


def _written_down(budget: BudgetDecision) -> BudgetDecision:
    """The row of a new decision. Raises Refused when its number was used."""
    try:
        with transaction.atomic():
            budget.save(force_insert=True)
    except IntegrityError as error:
        words = _("This decision was used for this programme already. Look it up, or write another number.")
        raise Refused(words, "decision_ref") from error
    return budget


@transaction.atomic
def approve(*, budget: BudgetDecision, staff: Staff, now: datetime) -> None:
    """Another person agrees: the budget is in the books. Raises Refused."""
    decisions.approve(budget, staff, now)
    _book(budget, staff, now)
    trail.record(staff=staff, verb=Verb.BUDGET_APPROVED, subject=budget, now=now)


def _book(budget: BudgetDecision, staff: Staff, now: datetime) -> None:
    """Raises Refused unless the books took it now."""
    try:
        added = books.allocate(
            muni=budget.muni_id,
            fund=budget.programme.number,
            amount=budget.amount,
            decision_ref=budget.decision_ref,
            actor=staff.actor,
            now=now,
        )
    except books.PostingRefused as error:
        raise Refused(_("This programme is closed. Its budget takes nothing more.")) from error
    except books.PostingConflict as error:
        raise Refused(_("The books have this decision with another amount. Nothing was added.")) from error
    if not added:
        raise Refused(_("The books have this decision already. Nothing was added."))


@transaction.atomic
def refuse(*, budget: BudgetDecision, staff: Staff, reason: str, now: datetime) -> None:
    """Another person says no, or whoever made it withdraws it. Raises Refused."""
    decisions.refuse(budget, staff, now)
    trail.record(staff=staff, verb=Verb.BUDGET_REFUSED, subject=budget, reason=reason, now=now)


def waiting(muni: Municipality) -> QuerySet[BudgetDecision]:
    """Decisions that wait for a second person, the oldest first."""
    rows = BudgetDecision.objects.filter(muni=muni, status=BudgetDecision.Status.WAITING)
    return rows.select_related("programme", "made_by").order_by("made_at")


def history(programme: Programme) -> QuerySet[BudgetDecision]:
    """Every decision about a programme's budget, newest first."""
    return programme.budgets.select_related("made_by", "decided_by").order_by("-made_at")
