"""Top-ups: a grant batch is one decision, by one caseworker, over one programme, for one or many holders."""

import uuid

from django.db import models
from django.db.models import F, Q

from wallet.models.holder import Voucher
from wallet.models.municipality import Municipality
from wallet.models.programme import Programme
from wallet.models.staff import Staff


class GrantBatch(models.Model):
    """Top-ups decided together. Above the municipality's limit another person approves."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # for a second pair of eyes
        BOOKING = "booking"  # approved; lines are being posted
        BOOKED = "booked"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT)
    lines_count = models.PositiveIntegerField()
    total_cents = models.PositiveBigIntegerField()
    decision_ref = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="grants_made")
    approved_by = models.ForeignKey(
        Staff, on_delete=models.PROTECT, null=True, related_name="grants_approved"
    )
    four_eyes = models.BooleanField()
    status = models.CharField(max_length=10, choices=Status)
    file_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("made_by")),
                name="grant_no_self_approval",
            ),
            models.CheckConstraint(
                condition=Q(four_eyes=False)
                | ~Q(status__in=["booking", "booked"])
                | Q(approved_by__isnull=False),
                name="grant_four_eyes_before_booking",
            ),
            models.UniqueConstraint(
                fields=["programme", "file_sha256"],
                condition=~Q(status="refused") & ~Q(file_sha256=""),
                name="grant_file_once_per_programme",
            ),
        ]


class GrantLine(models.Model):
    """One holder's share of a grant batch."""

    batch = models.ForeignKey(GrantBatch, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField(help_text="Row number in the file, 1 for a single top-up")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="grants")
    amount = models.PositiveIntegerField(help_text="In the programme's units")
    undone_at = models.DateTimeField(null=True)
    taken_back = models.PositiveIntegerField(null=True, help_text="Units that undoing it took back")
    missed_at = models.DateTimeField(
        null=True, help_text="When its voucher turned out to be closed: all of it went back to the fund"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "voucher"], name="grant_line_voucher_once"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="grant_line_amount_positive"),
        ]
