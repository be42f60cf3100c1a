"""Who helps a holder with paying: a mandate with limits. It is never changed, only ended."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.holder import Holder
from wallet.models.municipality import Municipality
from wallet.models.staff import Staff


class Helper(models.Model):
    """A neighbour or caseworker who may pay from a holder's vouchers. A ticket counts for its price."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="helpers")
    name = models.CharField(max_length=100)
    programmes = models.JSONField(default=list, help_text="Numbers of programmes; empty means all")
    per_purchase = models.PositiveBigIntegerField(help_text="Most that one purchase may take, in cents")
    per_month = models.PositiveBigIntegerField(help_text="Most in a calendar month, in cents")
    until = models.DateTimeField(help_text="Not included")
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(per_purchase__gte=1, per_purchase__lte=F("per_month"), until__gt=F("made_at")),
                name="helper_limits_fit",
            )
        ]
