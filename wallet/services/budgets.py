"""Budgets: one person writes down what a decision gives, another looks and books it. The rules, in order:

1. A decision adds to one programme once, by its number.
2. Nobody approves their own; the database says so too. Whoever made it can withdraw it.
3. Booking is the ledger's ALLOCATE, under the decision's own number: twice is once.
"""

from datetime import datetime
from uuid import UUID

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
    known = BudgetDecision.objects.filter(pk=budget_id, made_by=staff).first() if budget_id else None
    if known:
        return known
    if amount < 1:
        raise Refused(_("Write a budget above € 0,00."), "amount")
    budget = BudgetDecision(
        muni=programme.muni,
        programme=programme,
        amount=amount,
        decision_ref=decision_ref,
        made_by=staff,
        made_at=now,
    )
    if budget_id:
        budget.pk = budget_id
    try:
        with transaction.atomic():
            budget.save(force_insert=True)
    except IntegrityError as error:
        words = _("This decision was used for this programme already. Look it up, or write another number.")
        raise Refused(words, "decision_ref") from error
    trail.record(staff=staff, verb=Verb.BUDGET_PROPOSED, subject=budget, reason=decision_ref, now=now)
    return budget


@transaction.atomic
def approve(*, budget: BudgetDecision, staff: Staff, now: datetime) -> None:
    """Another person agrees: the budget is in the books. Raises Refused."""
    decisions.approve(budget, staff, now)
    books.allocate(
        muni=budget.muni_id,
        fund=budget.programme.number,
        amount=budget.amount,
        decision_ref=budget.decision_ref,
        actor=staff.actor,
        now=now,
    )
    trail.record(staff=staff, verb=Verb.BUDGET_APPROVED, subject=budget, now=now)


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
