"""Something about a till's records that a person has to look at."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.holder import Voucher
from wallet.models.merchant import Till
from wallet.models.municipality import Municipality
from wallet.models.programme import Programme
from wallet.models.redemption import Redemption
from wallet.models.staff import Staff


class Case(models.Model):
    """What was found, who bears it, and how a person closed it.

    1. `refused` units are missed by the shop (or held) until it is closed; `guaranteed` cents were paid.
    2. A pass that was spent twice: `first` is the payment before, and both proofs of the phone are kept.
    3. To pay the shop more than the municipality's limit takes two people.
    """

    class State(models.TextChoices):
        OPEN = "open"
        PAID = "paid"  # the shop was paid after all
        CLOSED = "closed"

    class Choice(models.TextChoices):
        PAY = "pay"
        LEAVE = "leave"  # with the shop
        JUDGE = "judge"  # what was held, by the rules
        SEEN = "seen"  # nothing to do

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="cases")
    code = models.CharField(max_length=30, help_text="The refusal's code, or what was found")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, null=True, related_name="cases")
    refused = models.PositiveBigIntegerField(default=0, help_text="Units that the shop does not have")
    cents = models.PositiveBigIntegerField(default=0, help_text="The same in cents")
    guaranteed = models.PositiveBigIntegerField(default=0, help_text="Cents that the guarantee paid")
    first = models.ForeignKey(Redemption, on_delete=models.PROTECT, null=True, related_name="+")
    payment = models.ForeignKey(
        Redemption,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="What the shop was paid after all",
    )
    proof = models.TextField(blank=True, help_text="The phone's proof (kb+jwt)")
    proof_at = models.DateTimeField(null=True)
    first_proof = models.TextField(blank=True, help_text="The proof of the payment before, or its VP2 text")
    first_proof_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    choice = models.CharField(max_length=5, choices=Choice, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    four_eyes = models.BooleanField(default=False)
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_by__isnull=False) & ~Q(choice="")),
                name="case_closed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(four_eyes=False)
                | Q(state="open")
                | (Q(asked_by__isnull=False) & ~Q(asked_by=F("decided_by"))),
                name="case_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["muni", "state", "-opened_at"]),
            models.Index(fields=["voucher", "opened_at"], name="case_of_voucher"),
        ]
