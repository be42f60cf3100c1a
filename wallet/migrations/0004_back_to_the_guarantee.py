"""A refund first gives back what the guarantee paid; a holder can be erased.

The trigger posts both parts: the guarantee's under the id that the refund names, the rest under its own.
Without the guarantee's payment the first part has no account to go to, and the database refuses it all.
"""

from django.db import migrations, models
from django.db.models import Q

_COLUMNS = (
    "id, muni, kind, debit_id, credit_id, amount, ref_type, ref_id, reverses, actor, reason, effective_at,"
    " payload_sha256"
)


def _dashed(column):
    """SQLite keeps a UUID as 32 hex digits; the books write it as people do."""
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    return " || '-' || ".join(f"substr({column}, {start}, {length})" for start, length in parts)


def _posting(redemption, till, wide):
    paid = f"""FROM ledger_transfer g JOIN ledger_account a ON a.id = g.debit_id
     WHERE g.kind = 7 AND g.ref_type = 'redemption' AND g.ref_id = {redemption} AND a.code = 5000"""
    common = f"'redemption', {redemption}"
    rest = f"'till:' || {till}, '', NEW.at, NEW.record_sha256"
    source = "FROM wallet_redemption r JOIN wallet_merchant m ON m.id = r.merchant_id"
    return f"""
  INSERT INTO ledger_transfer ({_COLUMNS})
  SELECT NEW.guaranteed_as, NEW.muni_id, 9, m.payable, (SELECT g.debit_id {paid}), NEW.guaranteed,
    {common}, (SELECT g.id {paid}), {rest}
    {source} WHERE r.id = NEW.redemption_id AND NEW.guaranteed > 0;
  INSERT INTO ledger_transfer ({_COLUMNS})
  SELECT NEW.id, NEW.muni_id, CASE NEW.kind WHEN 'void' THEN 8 ELSE 9 END, m.payable, NEW.credit,
    NEW.amount{wide} * r.unit_cents - NEW.guaranteed, {common}, r.id, {rest}
    {source} WHERE r.id = NEW.redemption_id AND NEW.amount{wide} * r.unit_cents > NEW.guaranteed;
  UPDATE wallet_redemption SET refunded = refunded + NEW.amount,
    voided_at = CASE NEW.kind WHEN 'void' THEN NEW.at ELSE voided_at END WHERE id = NEW.redemption_id;"""


def _on(vendor):
    if vendor == "postgresql":
        body = _posting("r.id::text", "NEW.till_id", "::bigint")
        return [
            "CREATE OR REPLACE FUNCTION wallet_refund_post() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN{body}\n  RETURN NULL;\nEND $$"
        ]
    body = _posting(_dashed("r.id"), _dashed("NEW.till_id"), "")
    return [
        "DROP TRIGGER IF EXISTS wallet_refund_post",
        f"CREATE TRIGGER wallet_refund_post AFTER INSERT ON wallet_refund BEGIN{body}\nEND",
    ]


def _run(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in _on(schema_editor.connection.vendor):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("wallet", "0003_trail"), ("ledger", "0010_kinds")]
    operations = [
        migrations.AddField(
            "holder",
            "erased_at",
            models.DateTimeField(help_text="Since when nobody can tell who this was", null=True),
        ),
        migrations.AddField(
            "refund",
            "guaranteed",
            models.BigIntegerField(
                default=0, help_text="Cents of it that go back to the guarantee, which had paid them"
            ),
        ),
        migrations.AddField(
            "refund", "guaranteed_as", models.UUIDField(help_text="The id of that part's transfer", null=True)
        ),
        migrations.AddConstraint(
            "refund",
            models.CheckConstraint(
                condition=Q(guaranteed=0, guaranteed_as__isnull=True)
                | Q(guaranteed__gte=1, guaranteed_as__isnull=False),
                name="refund_guaranteed_whole",
            ),
        ),
        migrations.RunPython(_run, migrations.RunPython.noop),
    ]
