"""Proofs of cover, and their guards."""

import django.db.models.deletion
from django.db import migrations, models

from ledger.migrations import _guards_cover


def _run(statements_of):
    def run(apps, schema_editor):
        for statement in statements_of(schema_editor.connection):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_shards"),
    ]

    operations = [
        migrations.CreateModel(
            name="CoverProof",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("muni", models.SmallIntegerField()),
                ("day", models.DateField()),
                ("no", models.SmallIntegerField(help_text="Counted from one each day")),
                ("at", models.DateTimeField()),
                (
                    "horizon",
                    models.BigIntegerField(help_text="The highest `seq` of the transfers that it saw"),
                ),
                ("gap", models.BigIntegerField(help_text="As in the leaf, in cents")),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cover",
                        to="ledger.logentry",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_cover_proof",
            },
        ),
        migrations.CreateModel(
            name="CoverLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("places", models.JSONField(help_text="One for each part, in their order")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cover_lines",
                        to="ledger.account",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="ledger.coverproof",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_cover_line",
            },
        ),
        migrations.CreateModel(
            name="CoverTile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("n", models.IntegerField()),
                ("nodes", models.BinaryField()),
                (
                    "proof",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tiles",
                        to="ledger.coverproof",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_cover_tile",
            },
        ),
        migrations.AddConstraint(
            model_name="coverproof",
            constraint=models.UniqueConstraint(fields=("muni", "day", "no"), name="cover_proof_once"),
        ),
        migrations.AddConstraint(
            model_name="coverline",
            constraint=models.UniqueConstraint(fields=("proof", "account"), name="cover_line_once"),
        ),
        migrations.AddConstraint(
            model_name="covertile",
            constraint=models.UniqueConstraint(fields=("proof", "level", "n"), name="cover_tile_once"),
        ),
        migrations.RunPython(_run(_guards_cover.on), _run(_guards_cover.off)),
    ]
