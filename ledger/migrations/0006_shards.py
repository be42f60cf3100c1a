"""Logs can be closed and go on in another; a leaf may name bytes that are kept beside it."""

import django.db.models.deletion
from django.db import migrations, models

from ledger.migrations import _guards_shards


def _run(statements_of):
    def run(apps, schema_editor):
        for statement in statements_of(schema_editor.connection):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return migrations.RunPython(run)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bank_guards")]
    operations = [
        _run(_guards_shards.before),
        migrations.RemoveConstraint(model_name="log", name="log_once_a_year"),
        migrations.AddField(model_name="log", name="part", field=models.SmallIntegerField(default=1)),
        migrations.AddField(
            model_name="log",
            name="quantum_vkey",
            field=models.TextField(default="", help_text="Its ML-DSA-44 key, when it has one"),
        ),
        migrations.AlterField(
            model_name="log",
            name="vkey",
            field=models.TextField(help_text="The log's Ed25519 key as a note verifier line"),
        ),
        migrations.AlterField(
            model_name="log",
            name="closed",
            field=models.BooleanField(default=False, help_text="It takes no leaves any more"),
        ),
        migrations.AddConstraint(
            model_name="log",
            constraint=models.UniqueConstraint(fields=("muni", "year", "part"), name="log_once_a_part"),
        ),
        migrations.AddConstraint(
            model_name="log",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed", False)), fields=("muni",), name="log_open_once"
            ),
        ),
        migrations.AddField(
            model_name="logentry",
            name="copy_of",
            field=models.ForeignKey(
                help_text="The same leaf in a log that was given up before witnesses saw it there",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="copies",
                to="ledger.logentry",
            ),
        ),
        migrations.CreateModel(
            name="Addendum",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(help_text="Hex", max_length=64)),
                ("data", models.BinaryField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addenda",
                        to="ledger.logentry",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("entry", "sha256"), name="addendum_once")],
            },
        ),
        _run(_guards_shards.on),
    ]
