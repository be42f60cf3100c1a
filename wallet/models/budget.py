"""Budgets: a decision adds to a programme's fund, made by one person and approved by another."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.municipality import Municipality
from wallet.models.programme import Programme
from wallet.models.staff import Staff


class BudgetDecision(models.Model):
    """`amount` cents for a programme, by decision `decision_ref`. In the books once it is booked."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # for a second pair of eyes
        BOOKED = "booked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="budgets")
    amount = models.PositiveBigIntegerField(help_text="Cents")
    decision_ref = models.CharField(max_length=80)
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="budgets_made")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="budgets_decided")
    decided_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="booked") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="budget_two_people",
            ),
            models.CheckConstraint(condition=Q(amount__gte=1), name="budget_amount_positive"),
            models.UniqueConstraint(
                fields=["programme", "decision_ref"],
                condition=~Q(status="refused"),
                name="budget_decision_once_per_programme",
            ),
        ]
