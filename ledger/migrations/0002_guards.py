"""The database's own guards: it refuses what docs/spec/06-books.md says it refuses, on both engines."""

from django.db import migrations

from ledger.migrations import _guards_postgresql, _guards_sqlite


def _run(statements_of):
    def run(apps, schema_editor):
        for statement in statements_of[schema_editor.connection.vendor](schema_editor.connection):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return run


ON = {"postgresql": _guards_postgresql.on, "sqlite": _guards_sqlite.on}
OFF = {"postgresql": _guards_postgresql.off, "sqlite": _guards_sqlite.off}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(_run(ON), _run(OFF))]
