"""On PostgreSQL the demands of all kinds become one trigger (_guards_kinds says why)."""

from django.db import migrations

from ledger.migrations import _guards_kinds


def _run(apps, schema_editor):
    for statement in _guards_kinds.as_one(schema_editor.connection):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_bank_words")]
    operations = [migrations.RunPython(_run, migrations.RunPython.noop)]
