"""Signed cards, for shops without a connection, and what a programme allows them (nothing, at first).

The column is added by hand: on SQLite a new table in the old one's place would break triggers that name it.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

_SMALL = "CHECK (card_ofl >= 0 AND (card_ofl <= 1 OR (kind = 'money' AND card_ofl <= 500)))"
_COLUMN = "ALTER TABLE wallet_programme ADD COLUMN card_ofl smallint NOT NULL DEFAULT 0"
ADD = f"{_COLUMN} CONSTRAINT programme_card_ofl_small {_SMALL}"
REMOVE = "ALTER TABLE wallet_programme DROP COLUMN card_ofl"


class Migration(migrations.Migration):
    dependencies = [("wallet", "0015_series")]
    operations = [
        migrations.RunSQL(
            ADD,
            REMOVE,
            state_operations=[
                migrations.AddField(
                    "programme",
                    "card_ofl",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="What a signed card may pay at a till in a day without a connection, in units",
                    ),
                ),
                migrations.AddConstraint(
                    "programme",
                    models.CheckConstraint(
                        condition=Q(card_ofl__lte=1) | Q(kind="money", card_ofl__lte=500),
                        name="programme_card_ofl_small",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignedCard",
            fields=[
                (
                    "jti",
                    models.CharField(
                        help_text="12 random bytes, base64url",
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "holder_key",
                    models.CharField(
                        help_text="Thumbprint of cnf.jwk, of which nobody has the private half",
                        max_length=43,
                        unique=True,
                    ),
                ),
                ("token", models.TextField(help_text="The signed pass")),
                ("list_number", models.PositiveIntegerField()),
                ("list_index", models.PositiveIntegerField()),
                (
                    "ofl",
                    models.PositiveSmallIntegerField(
                        help_text="What it may pay at a till in a day, in units"
                    ),
                ),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "revoked_at",
                    models.DateTimeField(
                        help_text="When its key was stolen; else it ends with its card", null=True
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signed", to="wallet.card"
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_cards",
                        to="wallet.voucher",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("muni", "list_number", "list_index"), name="signed_card_status_slot_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(ofl__gte=1, ofl__lte=500), name="signed_card_pays_a_little"
                    ),
                ]
            },
        ),
    ]
