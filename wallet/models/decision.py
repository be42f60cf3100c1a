"""What one person asks for and another decides about."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, F, Q

from wallet.models.municipality import Municipality
from wallet.models.staff import Staff


class Decision(models.Model):
    """Asked by one person, approved by another; refused by another, or withdrawn by whoever asked."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # for a second pair of eyes
        BOOKED = "booked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        abstract = True


def two_people(name: str) -> CheckConstraint:
    """What is booked was decided by somebody else than who asked."""
    other = Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))
    return CheckConstraint(condition=~Q(status="booked") | other, name=name)
