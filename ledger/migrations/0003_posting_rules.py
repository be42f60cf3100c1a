"""Every movement that the books allow (docs/spec/06-books.md). Written down for good: add, never change."""

from django.db import migrations

# kind: (debit, credit), …
RULES = {
    1: [(1300, 2000)],
    2: [(1000, 1300)],
    3: [(2000, 2050), (2050, 2100)],
    4: [(2000, 2100), (2100, 2000)],
    5: [(2100, 2200)],
    6: [(2100, 2150), (2150, 2100)],
    7: [(2100, 2200), (2150, 2200), (5000, 2200)],
    8: [(2200, 2100)],
    9: [(2200, 2100), (2200, 2000), (2200, 5000)],
    10: [(2100, 2050), (2050, 2000)],
    11: [(2200, 2210)],
    12: [(2210, 2300)],
    13: [(2300, 2210)],
    14: [(2300, 1000)],
    15: [(1000, 2210)],
    16: [(1900, 1000), (1000, 2400)],
    17: [(2000, 5000)],
    18: [(2000, 1300)],
}


def seed(apps, schema_editor):
    rule = apps.get_model("ledger", "PostingRule")
    rule.objects.bulk_create(
        rule(kind=kind, debit=debit, credit=credit)
        for kind, pairs in RULES.items()
        for debit, credit in pairs
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
