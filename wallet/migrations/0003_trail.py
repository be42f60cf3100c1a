"""The desk's trail only grows: the database refuses to change or remove a line, whoever asks."""

from django.db import migrations

POSTGRESQL = [
    """CREATE FUNCTION wallet_deskevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'trail_only_grows' USING errcode = '23514'; END $$""",
    """CREATE TRIGGER wallet_deskevent_keep BEFORE UPDATE OR DELETE ON wallet_deskevent
FOR EACH ROW EXECUTE FUNCTION wallet_deskevent_keep()""",
]
SQLITE = [
    """CREATE TRIGGER wallet_deskevent_keep BEFORE UPDATE ON wallet_deskevent
BEGIN SELECT RAISE(ABORT, 'trail_only_grows'); END""",
    """CREATE TRIGGER wallet_deskevent_stay BEFORE DELETE ON wallet_deskevent
BEGIN SELECT RAISE(ABORT, 'trail_only_grows'); END""",
]
ON = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
OFF = {
    "postgresql": ["DROP FUNCTION wallet_deskevent_keep() CASCADE"],
    "sqlite": ["DROP TRIGGER wallet_deskevent_keep", "DROP TRIGGER wallet_deskevent_stay"],
}


def _run(statements):
    def run(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            for statement in statements[schema_editor.connection.vendor]:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("wallet", "0002_postings")]
    operations = [migrations.RunPython(_run(ON), _run(OFF))]
