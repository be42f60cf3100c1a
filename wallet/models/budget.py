"""Budgets: a decision adds to a programme's fund, made by one person and approved by another."""

from django.db import models
from django.db.models import Q

from wallet.models.decision import Decision, two_people
from wallet.models.programme import Programme


class BudgetDecision(Decision):
    """`amount` cents for a programme, by decision `decision_ref`. In the books once it is booked."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="budgets")
    amount = models.PositiveBigIntegerField(help_text="Cents")
    decision_ref = models.CharField(max_length=80)

    class Meta:
        constraints = [
            two_people("budget_two_people"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="budget_amount_positive"),
            models.UniqueConstraint(
                fields=["programme", "decision_ref"],
                condition=~Q(status="refused"),
                name="budget_decision_once_per_programme",
            ),
        ]
