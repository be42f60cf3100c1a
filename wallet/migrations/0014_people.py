"""Helpers, codes that block a phone, and letters to send.

What a helper may still spend is asked by the one statement of a payment, only when the phone is a helper's. On
PostgreSQL a function does it, for it has to hold the helper's row first and look at what was paid afterwards:
two payments at once never both see the same room. SQLite has one writer, and asks in the statement itself.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_LEFT = """
CREATE FUNCTION wallet_helper_left(who uuid, asked bigint, at timestamptz, month timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  mandate wallet_helper%ROWTYPE;
BEGIN
  SELECT * INTO mandate FROM wallet_helper WHERE id = who FOR NO KEY UPDATE;
  IF mandate.revoked_at IS NOT NULL OR mandate.until <= at OR asked > mandate.per_purchase THEN
    RETURN 0;
  END IF;
  RETURN greatest(0, mandate.per_month - (
    SELECT coalesce(sum((r.approved - r.refunded)::bigint * r.unit_cents), 0)
      FROM wallet_redemption r WHERE r.helper_id = who AND r.at >= month));
END $$"""


def _postgresql(statement):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("wallet", "0013_cards"),
    ]

    operations = [
        migrations.AddField(
            model_name="activationcode",
            name="again_at",
            field=models.DateTimeField(
                help_text="When it let a second phone in, shortly after the first", null=True
            ),
        ),
        migrations.CreateModel(
            name="Helper",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "programmes",
                    models.JSONField(default=list, help_text="Numbers of programmes; empty means all"),
                ),
                (
                    "per_purchase",
                    models.PositiveBigIntegerField(help_text="Most that one purchase may take, in cents"),
                ),
                ("per_month", models.PositiveBigIntegerField(help_text="Most in a calendar month, in cents")),
                ("until", models.DateTimeField(help_text="Not included")),
                ("made_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=200)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="helpers",
                        to="wallet.holder",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BlockCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.BinaryField(
                        help_text="HMAC-SHA-256 under the server's pepper", max_length=32, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField()),
                (
                    "ended_at",
                    models.DateTimeField(help_text="Since when a newer letter is in its place", null=True),
                ),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="block_codes",
                        to="wallet.holder",
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="block_codes",
                        to="wallet.helper",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="activationcode",
            name="helper",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="codes",
                to="wallet.helper",
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="helper",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="devices",
                to="wallet.helper",
            ),
        ),
        migrations.AddField(
            model_name="redemption",
            name="helper",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="redemptions",
                to="wallet.helper",
            ),
        ),
        migrations.CreateModel(
            name="LetterOrder",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(choices=[("lost", "Lost"), ("helper", "Helper")], max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(help_text="Printed, or not needed any more", null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        help_text="Nobody: with a block code",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter_orders",
                        to="wallet.helper",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter_orders",
                        to="wallet.holder",
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="helper",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("per_purchase__gte", 1),
                    ("per_purchase__lte", models.F("per_month")),
                    ("until__gt", models.F("made_at")),
                ),
                name="helper_limits_fit",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterorder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True), ("helper__isnull", True)),
                fields=("holder",),
                name="letter_order_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterorder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True)),
                fields=("helper",),
                name="letter_order_helper_open_once",
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="helper",
            field=models.ForeignKey(
                help_text="Who pays with it, if not the holder",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="wallet.helper",
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                fields=["helper", "at"],
                condition=models.Q(("helper__isnull", False)),
                name="redemption_by_helper",
            ),
        ),
        migrations.RunPython(
            _postgresql(_LEFT),
            _postgresql("DROP FUNCTION wallet_helper_left(uuid, bigint, timestamptz, timestamptz)"),
        ),
    ]
