"""Shops: the merchant that is paid, its branches, and the tills that scan."""

import uuid

from django.db import models

from wallet.models.municipality import Municipality


class Merchant(models.Model):
    """A shop that takes passes. `number` is what a bound presentation names; its bank is in the books."""

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    number = models.PositiveIntegerField(help_text="uint32, public")
    name = models.CharField(max_length=70)
    category = models.CharField(max_length=30)
    email = models.EmailField()
    payable = models.BigIntegerField(unique=True, help_text="The open account in the ledger")
    suspended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["muni", "number"], name="merchant_number_once")]

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """A merchant's place."""

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="branches")
    name = models.CharField(max_length=70)
    address = models.CharField(max_length=150)

    def __str__(self) -> str:
        return self.name


class Till(models.Model):
    """A branch's device. Before enrolment it has no key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="tills")
    name = models.CharField(max_length=40)
    thumbprint = models.CharField(max_length=43, unique=True, null=True)
    jwk = models.JSONField(null=True)
    enrol_nonce = models.CharField(max_length=22, blank=True, help_text="Starts the till's record chain")
    enrolled_at = models.DateTimeField(null=True)
    chain = models.PositiveIntegerField(default=0, help_text="Counts enrolments: each starts a chain anew")
    acked_seq = models.BigIntegerField(default=0, help_text="Every record of the chain up to here is known")
    suspended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class TillCode(models.Model):
    """A one-time code that lets one till enrol. Only its HMAC is kept."""

    digest = models.BinaryField(
        max_length=32, unique=True, help_text="HMAC-SHA-256 under the server's pepper"
    )
    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="codes")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
