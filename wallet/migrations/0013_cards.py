"""Printed cards and coupons, and that a coupon pays once."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wallet", "0012_status_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="Card",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(choices=[("card", "Card"), ("coupon", "Coupon")], max_length=6)),
                (
                    "secret_sha256",
                    models.BinaryField(
                        help_text="Of the 16 bytes in its QR code", max_length=32, unique=True
                    ),
                ),
                (
                    "pin",
                    models.CharField(
                        blank=True, help_text="Argon2 of the PIN under the server's pepper", max_length=128
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Wrong PINs since the last right one"
                    ),
                ),
                (
                    "cap_cents",
                    models.PositiveIntegerField(
                        help_text="Card: the most that it may pay in a day", null=True
                    ),
                ),
                (
                    "most",
                    models.PositiveIntegerField(
                        help_text="Coupon: the most that it may pay, in units", null=True
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("card__isnull", False)), fields=["card", "at"], name="redemption_by_card"
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.UniqueConstraint(
                condition=models.Q(("card__isnull", False), ("once", True)),
                fields=("card",),
                name="redemption_coupon_once",
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="holder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cards", to="wallet.holder"
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="muni",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
        ),
        migrations.AddField(
            model_name="card",
            name="voucher",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="coupons",
                to="wallet.voucher",
            ),
        ),
        migrations.AddIndex(
            model_name="card",
            index=models.Index(fields=["voucher", "revoked_at"], name="wallet_card_voucher_ab40c2_idx"),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cap_cents__gte", 1),
                        ("kind", "card"),
                        ("most__isnull", True),
                        ("voucher__isnull", True),
                        models.Q(("pin", ""), _negated=True),
                    ),
                    models.Q(
                        ("cap_cents__isnull", True),
                        ("kind", "coupon"),
                        ("most__gte", 1),
                        ("pin", ""),
                        ("voucher__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="card_or_coupon",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(("tries__lte", 5)), name="card_tries_at_most"
            ),
        ),
    ]
