"""A redemption, and what takes it back. The database itself posts the transfer of the same id."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from wallet.models.device import IssuedPass
from wallet.models.helper import Helper
from wallet.models.holder import Voucher
from wallet.models.merchant import Merchant, Till
from wallet.models.municipality import Municipality
from wallet.models.programme import Programme

LEAN: dict[str, Any] = {"db_constraint": False, "db_index": False}


class Redemption(models.Model):
    """A payment with a pass or a card. Amounts are in the programme's units; `guaranteed` is in cents.

    1. Without a pass: a card paid, or the pass was never issued, or this was its second spending.
    2. Without a voucher nobody's pot paid: all of it is the guarantee's.
    """

    class Mode(models.TextChoices):
        ONLINE = "on"
        OFFLINE = "off"

    id = models.UUIDField(
        primary_key=True, help_text="uuid5 of municipality, merchant and txn; also the transfer's id"
    )
    # No foreign keys in the database and no indexes of their own: the statement that writes the row reads it
    # from those very tables, a busy shop's row is not locked at each payment, and the indexes below serve.
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT, **LEAN)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="redemptions", **LEAN)
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="redemptions", **LEAN)
    txn = models.UUIDField(help_text="The shop's id of the sale")
    issued_pass = models.ForeignKey(
        IssuedPass, on_delete=models.PROTECT, related_name="redemptions", null=True, **LEAN
    )
    once = models.BooleanField()
    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, related_name="redemptions", null=True, **LEAN
    )
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="redemptions", **LEAN)
    card = models.UUIDField(null=True, help_text="The printed card that paid")
    helper = models.ForeignKey(
        Helper, on_delete=models.PROTECT, related_name="redemptions", null=True, **LEAN
    )
    asked = models.IntegerField()
    approved = models.IntegerField()
    refunded = models.IntegerField(default=0)
    unit_cents = models.IntegerField()
    mode = models.CharField(max_length=3, choices=Mode)
    chain = models.IntegerField(help_text="The till's chain of records, one an enrolment")
    seq = models.BigIntegerField(help_text="Place in that chain")
    step = models.BigIntegerField(help_text="The half minute that the phone's proof names")
    at = models.DateTimeField(help_text="When the server approved it")
    taken_at = models.DateTimeField(null=True, help_text="When a till accepted it without a connection")
    guaranteed = models.BigIntegerField(default=0, help_text="Cents of it that the guarantee paid")
    guaranteed_as = models.UUIDField(
        null=True, help_text="The id of that part's transfer, when a pot paid the rest"
    )
    voided_at = models.DateTimeField(null=True)
    record = models.TextField(help_text="The till's signed record: the evidence")
    record_sha256 = models.BinaryField(max_length=32)
    receipt_kid = models.CharField(max_length=43, help_text="The key that signed the receipt")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "txn"], name="redemption_txn_once"),
            # Of an offline sale two parts may be paid at one place; its record is known once (TillRecord).
            models.UniqueConstraint(
                fields=["till", "chain", "seq"], condition=Q(mode="on"), name="redemption_seq_once"
            ),
            models.UniqueConstraint(
                fields=["issued_pass"], condition=Q(once=True), name="redemption_once_pass_once"
            ),
            # The reserve pass may be spent again, but never twice with one proof.
            models.UniqueConstraint(
                fields=["issued_pass", "step"], condition=Q(once=False), name="redemption_proof_once"
            ),
            models.UniqueConstraint(
                fields=["card"], condition=Q(once=True, card__isnull=False), name="redemption_coupon_once"
            ),
            # One check and not nine: PostgreSQL reads the text of each anew for every payment.
            models.CheckConstraint(
                condition=Q(
                    approved__gte=1,
                    approved__lte=F("asked"),
                    refunded__gte=0,
                    refunded__lte=F("approved"),
                    unit_cents__gte=1,
                    chain__gte=0,
                    seq__gte=0,
                    step__gte=0,
                ),
                name="redemption_numbers_fit",
            ),
            # What the guarantee pays, it pays for a till that had no connection.
            models.CheckConstraint(
                condition=Q(guaranteed=0, guaranteed_as__isnull=True, voucher__isnull=False)
                | Q(
                    Q(mode="off", guaranteed__gte=1)
                    & (
                        Q(guaranteed_as__isnull=True, guaranteed=F("approved") * F("unit_cents"))
                        | Q(
                            guaranteed_as__isnull=False,
                            voucher__isnull=False,
                            guaranteed__lt=F("approved") * F("unit_cents"),
                        )
                    )
                ),
                name="redemption_guaranteed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["voucher", "-at"]),
            models.Index(fields=["card", "at"], condition=Q(card__isnull=False), name="redemption_by_card"),
            # Only helpers' payments are in it: others pay nothing for it.
            models.Index(
                fields=["helper", "at"], condition=Q(helper__isnull=False), name="redemption_by_helper"
            ),
            models.Index(
                fields=["programme", "at"], condition=Q(guaranteed__gt=0), name="redemption_guaranteed"
            ),
        ]


class Refund(models.Model):
    """Money back to the voucher: a void (all, same till and day) or a refund (a part, within 30 days)."""

    class Kind(models.TextChoices):
        VOID = "void"
        REFUND = "refund"

    id = models.UUIDField(
        primary_key=True, help_text="uuid5 of municipality, merchant and txn; also the transfer's id"
    )
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    redemption = models.ForeignKey(Redemption, on_delete=models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=6, choices=Kind)
    txn = models.UUIDField()
    amount = models.PositiveIntegerField(help_text="In the programme's units")
    till = models.ForeignKey(Till, on_delete=models.PROTECT)
    credit = models.BigIntegerField(
        help_text="The account that gets it: the pot, or the fund after the grace"
    )
    guaranteed = models.BigIntegerField(
        default=0, help_text="Cents of it that go back to the guarantee, which had paid them"
    )
    guaranteed_as = models.UUIDField(null=True, help_text="The id of that part's transfer")
    at = models.DateTimeField()
    record = models.TextField()
    record_sha256 = models.BinaryField(max_length=32)
    receipt_kid = models.CharField(max_length=43)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(guaranteed=0, guaranteed_as__isnull=True)
                | Q(guaranteed__gte=1, guaranteed_as__isnull=False),
                name="refund_guaranteed_whole",
            ),
            models.UniqueConstraint(
                fields=["redemption"], condition=Q(kind="void"), name="redemption_voided_once"
            ),
        ]
