"""Letters that the desk still has to print. The codes in them are made when they are printed, not before."""

from django.db import models
from django.db.models import Q

from wallet.models.helper import Helper
from wallet.models.holder import Holder
from wallet.models.municipality import Municipality
from wallet.models.staff import Staff


class LetterOrder(models.Model):
    """A letter with new codes that somebody needs: the holder, or the helper when there is one."""

    class Why(models.TextChoices):
        LOST = "lost"  # a phone was lost or stolen
        HELPER = "helper"  # a new helper

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="letter_orders")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="letter_orders")
    why = models.CharField(max_length=10, choices=Why)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, related_name="+", help_text="Nobody: with a block code"
    )
    done_at = models.DateTimeField(null=True, help_text="Printed, or not needed any more")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder"],
                condition=Q(done_at__isnull=True, helper__isnull=True),
                name="letter_order_open_once",
            ),
            models.UniqueConstraint(
                fields=["helper"], condition=Q(done_at__isnull=True), name="letter_order_helper_open_once"
            ),
        ]
