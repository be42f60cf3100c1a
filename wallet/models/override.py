"""Letting something pass that the rules would stop: one person asks, another decides."""

from django.db import models
from django.db.models import Q

from wallet.models.decision import Decision, two_people


class OverrideRequest(Decision):
    """`what` should pass (payout/7, bank-line/12) because of `code`. Approved, it is in the public log."""

    what = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [
            two_people("override_request_two_people"),
            models.UniqueConstraint(
                fields=["muni", "what"], condition=~Q(status="refused"), name="override_request_once"
            ),
        ]
