"""Programmes of a series, and the most that one voucher of a programme can be given.

The database itself keeps `per_person`: the lines of a voucher that were not refused, less what was taken
back, never add up to more. On PostgreSQL the voucher is held still while they are added up, so that two
top-ups at one moment see each other.
"""

from django.db import migrations, models

_GIVEN = """
SELECT sum(l.amount - coalesce(l.taken_back, 0)) FROM wallet_grantline l
  JOIN wallet_grantbatch b ON b.id = l.batch_id
 WHERE l.voucher_id = NEW.voucher_id AND b.status <> 'refused'"""
_MOST = """
SELECT p.per_person FROM wallet_voucher v JOIN wallet_programme p ON p.id = v.programme_id
 WHERE v.id = NEW.voucher_id"""
_CHANGES = ("INSERT", "UPDATE OF amount, voucher_id, taken_back")

POSTGRESQL = [
    f"""
CREATE FUNCTION wallet_grant_per_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most integer := ({_MOST});
BEGIN
  IF most IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM wallet_voucher WHERE id = NEW.voucher_id FOR NO KEY UPDATE;
  IF ({_GIVEN}) > most THEN
    RAISE EXCEPTION 'grant_per_person: this voucher can be given no more' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$""",
    f"""
CREATE TRIGGER wallet_grant_per_person AFTER {" OR ".join(_CHANGES)} ON wallet_grantline
  FOR EACH ROW EXECUTE FUNCTION wallet_grant_per_person()""",
]
SQLITE = [
    f"""
CREATE TRIGGER wallet_grant_per_person_{change[:6].lower()} AFTER {change} ON wallet_grantline
  WHEN ({_GIVEN}) > ({_MOST}) BEGIN
  SELECT RAISE(ABORT, 'grant_per_person: this voucher can be given no more');
END"""
    for change in _CHANGES
]
UNDO = {
    "postgresql": [
        "DROP TRIGGER wallet_grant_per_person ON wallet_grantline",
        "DROP FUNCTION wallet_grant_per_person()",
    ],
    "sqlite": [f"DROP TRIGGER wallet_grant_per_person_{change[:6].lower()}" for change in _CHANGES],
}


def _run(statements):
    def run(apps, schema_editor):
        with schema_editor.connection.cursor() as cursor:
            for statement in statements[schema_editor.connection.vendor]:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("wallet", "0014_people")]
    operations = [
        migrations.AddField(
            model_name="programme",
            name="series",
            field=models.CharField(
                help_text="Dated windows of one offer are programmes of one series", max_length=80, null=True
            ),
        ),
        migrations.AddField(
            model_name="programme",
            name="series_en",
            field=models.CharField(max_length=80, null=True),
        ),
        migrations.AddField(
            model_name="programme",
            name="per_person",
            field=models.PositiveIntegerField(
                help_text="Most that one voucher can be given in all, in units; the database keeps it",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="grantline",
            name="taken_back",
            field=models.PositiveIntegerField(help_text="Units that undoing it took back", null=True),
        ),
        migrations.RunPython(_run({"postgresql": POSTGRESQL, "sqlite": SQLITE}), _run(UNDO)),
    ]
