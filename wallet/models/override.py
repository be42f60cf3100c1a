"""Letting something pass that the rules would stop: one person asks, another decides."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.municipality import Municipality
from wallet.models.staff import Staff


class OverrideRequest(models.Model):
    """`what` should pass (payout/7, bank-line/12) because of `code`. Approved, it is in the public log."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        BOOKED = "booked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    what = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="overrides_asked")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, related_name="overrides_decided"
    )
    decided_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="booked") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="override_request_two_people",
            ),
            models.UniqueConstraint(
                fields=["muni", "what"], condition=~Q(status="refused"), name="override_request_once"
            ),
        ]
