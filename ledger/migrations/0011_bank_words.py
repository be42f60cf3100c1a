"""What reading a file of the bank did is not kept: nobody read it, and its lines say it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_kinds")]
    operations = [
        migrations.RemoveField("BankFile", "summary"),
        migrations.AlterField(
            "BankClearing",
            "transfer",
            models.UUIDField(help_text="The posting that it caused, or the first of them", unique=True),
        ),
    ]
