"""The bank's guards, and the movements with which a person clears what fitted nothing."""

from django.db import migrations

from ledger.migrations import _guards_bank

# kind: (debit, credit), …
RULES = {
    2: [(2400, 1300)],  # unidentified money was the city's own
    14: [(2300, 1900)],  # what left the bank unexplained was a payment of ours
    15: [(2400, 2210)],  # unidentified money was a payment that came back
    16: [(2400, 1000), (1000, 1900), (5100, 1900), (2400, 5100)],  # sent back, taken back, written off, kept
}


def _seed(apps, schema_editor):
    rule = apps.get_model("ledger", "PostingRule")
    rule.objects.bulk_create(
        rule(kind=kind, debit=debit, credit=credit)
        for kind, pairs in RULES.items()
        for debit, credit in pairs
    )


def _run(statements_of):
    def run(apps, schema_editor):
        for statement in statements_of(schema_editor.connection):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_bank")]
    operations = [
        migrations.RunPython(_seed, migrations.RunPython.noop),
        migrations.RunPython(_run(_guards_bank.on), _run(_guards_bank.off)),
    ]
