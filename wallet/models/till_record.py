"""What a till did without the server, as it came in: the evidence, and what was made of it."""

from django.db import models
from django.db.models import Q

from wallet.models.case import Case
from wallet.models.merchant import Till
from wallet.models.municipality import Municipality
from wallet.models.redemption import Redemption


class TillRecord(models.Model):
    """One record of an upload. What it says never changes; what is held is decided later, once.

    A sale that was approved online has its record in its redemption, and no row here.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted"  # a pot paid it
        ACCEPTED_PROGRAMME = "accepted_programme"  # the guarantee paid it, or a part
        DUPLICATE = "duplicate_record"  # the sale was paid already
        REJECTED = "rejected"  # the shop bears it
        HELD = "held"  # not decided yet
        NOTED = "noted"  # kept for the chain only

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT, db_index=False)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="records", db_index=False)
    chain = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    fork = models.BooleanField(default=False, help_text="Another record has its place or its jti")
    jti = models.UUIDField()
    txn = models.UUIDField()
    mode = models.CharField(max_length=6)
    ref = models.UUIDField(null=True, help_text="What a void or refund names")
    prg = models.PositiveIntegerField()
    amount = models.PositiveIntegerField(help_text="In the programme's units")
    cur = models.CharField(max_length=3)
    iat = models.DateTimeField(help_text="When, by the till's clock")
    received_at = models.DateTimeField()
    record = models.TextField(help_text="The signed record; empty when its redemption keeps it")
    sha256 = models.BinaryField(max_length=32)
    outcome = models.CharField(max_length=18, choices=Outcome)
    code = models.CharField(max_length=30, blank=True)
    approved = models.PositiveIntegerField(default=0, help_text="Paid of this sale, in units")
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, null=True, related_name="till_records", db_constraint=False
    )
    pass_jti = models.CharField(
        max_length=16, null=True, help_text="The pass that was spent, when the redemption names none"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="records")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["till", "chain", "seq"], condition=Q(fork=False), name="till_record_seq_once"
            ),
            models.UniqueConstraint(
                fields=["till", "jti"], condition=Q(fork=False), name="till_record_jti_once"
            ),
            models.UniqueConstraint(
                fields=["till", "sha256"], condition=Q(fork=True), name="till_record_fork_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome="held", decided_at__isnull=True)
                | (~Q(outcome="held") & Q(decided_at__isnull=False)),
                name="till_record_held_or_decided",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["accepted", "accepted_programme", "duplicate_record"])
                | Q(redemption__isnull=False, approved__gte=1),
                name="till_record_accepted_is_paid",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="rejected") | Q(redemption__isnull=True, case__isnull=False),
                name="till_record_rejected_has_case",
            ),
        ]
        indexes = [
            models.Index(fields=["till"], condition=Q(outcome="held"), name="till_record_held"),
            models.Index(fields=["ref"], condition=Q(ref__isnull=False), name="till_record_ref"),
            models.Index(fields=["pass_jti"], condition=Q(pass_jti__isnull=False), name="till_record_pass"),
        ]
