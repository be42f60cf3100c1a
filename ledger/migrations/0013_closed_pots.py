"""What a top-up has for a pot that was closed meanwhile goes back to its fund (the rule "swept")."""

from django.db import migrations

from ledger.migrations import _guards_kinds


def _run(apps, schema_editor):
    for statement in _guards_kinds.anew(schema_editor.connection, "swept"):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0012_kinds_in_one")]
    operations = [migrations.RunPython(_run, migrations.RunPython.noop)]
