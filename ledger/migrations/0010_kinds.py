"""What each kind of transfer demands, the end of a fund, and a count of erased subjects."""

from django.db import migrations, models

from ledger.migrations import _guards_kinds


def _run(statements_of):
    def run(apps, schema_editor):
        for statement in statements_of(schema_editor.connection):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bank_guards")]
    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("muni", models.SmallIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(_run(_guards_kinds.on), _run(_guards_kinds.off)),
    ]
