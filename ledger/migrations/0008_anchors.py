"""Anchors, and their guards: a row is never changed, deleted or replaced."""

import django.db.models.deletion
from django.db import migrations, models

POSTGRESQL = [
    "CREATE TRIGGER ledger_anchor_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_anchor"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
]
SQLITE = [
    f"CREATE TRIGGER ledger_anchor_{name} BEFORE {event} ON ledger_anchor {when}"
    f" BEGIN SELECT RAISE(ABORT, 'ledger: {event} of ledger_anchor is refused'); END"
    for name, event, when in (
        ("no_update", "UPDATE", ""),
        ("no_delete", "DELETE", ""),
        (
            "replaced",
            "INSERT",
            "WHEN EXISTS (SELECT 1 FROM ledger_anchor WHERE id = NEW.id"
            " OR (log_id = NEW.log_id AND kind = NEW.kind AND size = NEW.size))",
        ),
    )
]


def _on(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def _off(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER ledger_anchor_stays ON ledger_anchor")
        return
    for name in ("no_update", "no_delete", "replaced"):
        schema_editor.execute(f"DROP TRIGGER ledger_anchor_{name}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_cover")]
    operations = [
        migrations.CreateModel(
            name="Anchor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("kind", models.CharField(help_text="rfc3161 or evm", max_length=20)),
                ("token", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                (
                    "log",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="anchors",
                        to="ledger.log",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("log", "kind", "size"), name="anchor_once")],
            },
        ),
        migrations.RunPython(_on, _off),
    ]
