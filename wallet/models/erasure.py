"""A request to erase a holder: one person writes it down, another approves, the worker does it."""

from django.db import models
from django.db.models import Q

from wallet.models.decision import Decision, two_people
from wallet.models.holder import Holder


class ErasureRequest(Decision):
    """Booked means approved: the holder is erased as soon as it can be (`Holder.erased_at`)."""

    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="erasures")
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [
            two_people("erasure_request_two_people"),
            models.UniqueConstraint(
                fields=["holder"], condition=~Q(status="refused"), name="erasure_request_once"
            ),
        ]
