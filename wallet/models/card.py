"""Printed cards and coupons: the paper equal of a phone, for who has none."""

import uuid

from django.db import models
from django.db.models import Q

from wallet.models.helper import Helper
from wallet.models.holder import Holder, Voucher
from wallet.models.municipality import Municipality

TRIES = 5


class Card(models.Model):
    """What is printed on paper: a card with a PIN for all vouchers of a holder, or a coupon for one of them.

    The 16 bytes in its QR code are kept by nobody; their hash finds it again.
    """

    class Kind(models.TextChoices):
        CARD = "card"
        COUPON = "coupon"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="cards")
    helper = models.ForeignKey(
        Helper,
        on_delete=models.PROTECT,
        null=True,
        related_name="cards",
        help_text="Who pays with it, if not the holder",
    )
    kind = models.CharField(max_length=6, choices=Kind)
    secret_sha256 = models.BinaryField(max_length=32, unique=True, help_text="Of the 16 bytes in its QR code")
    pin = models.CharField(
        max_length=128, blank=True, help_text="Argon2 of the PIN under the server's pepper"
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong PINs since the last right one")
    cap_cents = models.PositiveIntegerField(null=True, help_text="Card: the most that it may pay in a day")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, null=True, related_name="coupons")
    most = models.PositiveIntegerField(null=True, help_text="Coupon: the most that it may pay, in units")
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    Q(kind="card", voucher__isnull=True, most__isnull=True, cap_cents__gte=1) & ~Q(pin="")
                )
                | Q(kind="coupon", voucher__isnull=False, most__gte=1, cap_cents__isnull=True, pin=""),
                name="card_or_coupon",
            ),
            models.CheckConstraint(condition=Q(tries__lte=TRIES), name="card_tries_at_most"),
        ]
        indexes = [models.Index(fields=["voucher", "revoked_at"])]

    @property
    def locked(self) -> bool:
        """Whether too many wrong PINs were typed."""
        return self.tries >= TRIES


class SignedCard(models.Model):
    """The code on a card for a shop without a connection: a pass of its own for one voucher.

    It ends with its card, or when the key that signed it was stolen.
    """

    jti = models.CharField(primary_key=True, max_length=16, help_text="12 random bytes, base64url")
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="signed")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="signed_cards")
    holder_key = models.CharField(
        max_length=43, unique=True, help_text="Thumbprint of cnf.jwk, of which nobody has the private half"
    )
    token = models.TextField(help_text="The signed pass")
    list_number = models.PositiveIntegerField()
    list_index = models.PositiveIntegerField()
    ofl = models.PositiveSmallIntegerField(help_text="What it may pay at a till in a day, in units")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(
        null=True, help_text="When its key was stolen; else it ends with its card"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["muni", "list_number", "list_index"], name="signed_card_status_slot_once"
            ),
            models.CheckConstraint(condition=Q(ofl__gte=1, ofl__lte=500), name="signed_card_pays_a_little"),
        ]
