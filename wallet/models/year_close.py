"""The end of a programme's year: what is left of its budget goes back. One person asks, another decides."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.municipality import Municipality
from wallet.models.programme import Programme
from wallet.models.staff import Staff


class YearClose(models.Model):
    """A programme's fund is closed for good, once two people agree."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        BOOKED = "booked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="closings")
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="closings_asked")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, related_name="closings_decided"
    )
    decided_at = models.DateTimeField(null=True)
    returned = models.BigIntegerField(null=True, help_text="Cents that went back")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="booked") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("made_by"))),
                name="year_close_two_people",
            ),
            models.UniqueConstraint(
                fields=["programme"], condition=~Q(status="refused"), name="year_close_once"
            ),
        ]
