"""What was published last of each status list outlives a restart, and its age can be seen."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallet", "0011_till_records")]
    operations = [
        migrations.CreateModel(
            name="StatusListToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="The week of its passes")),
                ("token", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "published_at",
                    models.DateTimeField(
                        help_text="When the rounds made it last; null: only a request ever did", null=True
                    ),
                ),
                (
                    "muni",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="wallet.municipality"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("muni", "number"), name="status_list_once")],
            },
        ),
    ]
