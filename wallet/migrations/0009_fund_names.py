"""Programmes that were made before the books knew a fund's name and end are named as well."""

from django.db import migrations


def name_funds(apps, schema_editor):
    fund = apps.get_model("ledger", "Fund")
    named = set(fund.objects.values_list("muni", "number"))
    fund.objects.bulk_create(
        fund(
            muni=one.muni_id,
            number=one.number,
            name=one.name,
            name_en=one.name_en,
            from_on=one.starts,
            until_on=one.ends,
            grace_days=one.grace_days,
        )
        for one in apps.get_model("wallet", "Programme").objects.all()
        if (one.muni_id, one.number) not in named
    )


class Migration(migrations.Migration):
    dependencies = [("wallet", "0008_year_close"), ("ledger", "0010_kinds")]
    operations = [migrations.RunPython(name_funds, migrations.RunPython.noop)]
