"""A holder's phone or a helper's, the codes that let it in and block it, and the passes it was given."""

import uuid

from django.db import models
from django.db.models import Q

from wallet.models.helper import Helper
from wallet.models.holder import Holder, Voucher
from wallet.models.municipality import Municipality


class Device(models.Model):
    """A phone, known by the key that it made itself. `helper` is who pays with it, if not the holder."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="devices")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="devices")
    thumbprint = models.CharField(max_length=43, unique=True, help_text="RFC 7638, base64url")
    jwk = models.JSONField()
    enrolled_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class ActivationCode(models.Model):
    """A code of ten base32 characters, on paper to the holder or the helper. Only its HMAC is kept."""

    digest = models.BinaryField(
        max_length=32, unique=True, help_text="HMAC-SHA-256 under the server's pepper"
    )
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="codes")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="codes")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    again_at = models.DateTimeField(
        null=True, help_text="When it let a second phone in, shortly after the first"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="codes")


class BlockCode(models.Model):
    """The code on the same paper that blocks the phone. A newer letter ends it, or its use; no day does."""

    digest = models.BinaryField(
        max_length=32, unique=True, help_text="HMAC-SHA-256 under the server's pepper"
    )
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="block_codes")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="block_codes")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="Since when a newer letter is in its place")
    used_at = models.DateTimeField(null=True)


class IssuedPass(models.Model):
    """What the issuer remembers of a pass: a token whose jti is not here buys nothing online."""

    jti = models.CharField(primary_key=True, max_length=16, help_text="12 random bytes, base64url")
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="passes")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="passes")
    holder_key = models.CharField(
        max_length=43, unique=True, help_text="Thumbprint of cnf.jwk: never used twice"
    )
    token = models.TextField(help_text="The signed pass: a short QR names only its jti")
    list_number = models.PositiveIntegerField()
    list_index = models.PositiveIntegerField()
    ofl = models.PositiveIntegerField(help_text="Offline limit in units")
    once = models.BooleanField(default=True, help_text="False for the reserve pass only")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    online_only_at = models.DateTimeField(
        null=True, help_text="Since when the balance no longer covers its offline limit"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["muni", "list_number", "list_index"], name="pass_status_slot_once"
            ),
            models.CheckConstraint(condition=Q(once=True) | Q(ofl=0), name="reserve_pass_is_online_only"),
        ]
        indexes = [models.Index(fields=["voucher", "expires_at"])]
