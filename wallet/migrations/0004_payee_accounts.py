"""A shop's bank account moves to the books, as a proposal: two people still have to agree on it."""

import uuid

from django.db import migrations
from django.utils import timezone


def _propose(apps, schema_editor):
    account = apps.get_model("ledger", "PayeeAccount")
    now = timezone.now()
    account.objects.bulk_create(
        account(
            muni=shop.muni_id,
            payee=uuid.uuid5(uuid.NAMESPACE_URL, f"meedoen:merchant:{shop.muni_id}:{shop.number}"),
            name=shop.account_holder,
            iban=shop.iban,
            name_check="none",
            made_by="migration",
            made_at=now,
        )
        for shop in apps.get_model("wallet", "Merchant").objects.order_by("pk")
    )


class Migration(migrations.Migration):
    dependencies = [("wallet", "0003_trail"), ("ledger", "0005_bank_guards")]
    operations = [
        migrations.RunPython(_propose, migrations.RunPython.noop),
        migrations.RemoveField(model_name="merchant", name="account_holder"),
        migrations.RemoveField(model_name="merchant", name="iban"),
    ]
