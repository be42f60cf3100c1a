"""A redemption may come late, from a till that had no connection; a card may pay; the guarantee may pay a part.

1. A payment online posts REDEEM (5), one made offline posts OFFLINE (7), from the pot, under its own id.
2. What the guarantee paid is posted under `guaranteed_as`, or under the payment's own id when it paid all.
"""

import importlib

from django.db import migrations, models
from django.db.models import F, Q, deletion

_COLUMNS = "id, muni, kind, debit_id, credit_id, amount, ref_type, ref_id, actor, reason, effective_at, payload_sha256"


def _dashed(column):
    """SQLite keeps a UUID as 32 hex digits; the books write it as people do."""
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    return " || '-' || ".join(f"substr({column}, {start}, {length})" for start, length in parts)


def _posting(redemption, till, wide, pot):
    """The pot's part, then the guarantee's; each is left out when it is nothing."""
    rest = f"'redemption', {redemption}, 'till:' || {till}, '', NEW.at, NEW.record_sha256"
    whole = f"NEW.approved{wide} * NEW.unit_cents"
    return f"""
  INSERT INTO ledger_transfer ({_COLUMNS})
  SELECT NEW.id, NEW.muni_id, CASE NEW.mode WHEN 'on' THEN 5 ELSE 7 END, {pot}, m.payable,
    {whole} - NEW.guaranteed, {rest}
    FROM wallet_merchant m WHERE m.id = NEW.merchant_id AND {whole} > NEW.guaranteed;"""


def _guarantee(redemption, till):
    return f"""INSERT INTO ledger_transfer ({_COLUMNS})
  SELECT coalesce(NEW.guaranteed_as, NEW.id), NEW.muni_id, 7, g.id, m.payable, NEW.guaranteed,
    'redemption', {redemption}, 'till:' || {till}, '', NEW.at, NEW.record_sha256
    FROM wallet_merchant m, ledger_account g
   WHERE m.id = NEW.merchant_id AND g.muni = NEW.muni_id AND g.code = 5000 AND NEW.guaranteed > 0;"""


_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION wallet_redemption_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  pot_id bigint;
  spent_limit integer;
BEGIN
  SELECT v.pot, p.ofl INTO pot_id, spent_limit
    FROM wallet_voucher v LEFT JOIN wallet_issuedpass p ON p.jti = NEW.issued_pass_id
   WHERE v.id = NEW.voucher_id;{_posting("NEW.id::text", "NEW.till_id", "::bigint", "pot_id")}
  IF NEW.guaranteed > 0 THEN
    {_guarantee("NEW.id::text", "NEW.till_id")}
  END IF;
  IF NEW.approved > coalesce(spent_limit, 0) AND NEW.voucher_id IS NOT NULL THEN
    UPDATE wallet_issuedpass SET online_only_at = NEW.at WHERE jti IN (
      SELECT jti FROM (
        SELECT p.jti, p.ofl, sum(p.ofl) OVER (ORDER BY p.ofl, p.jti) AS promised
          FROM wallet_issuedpass p
         WHERE p.voucher_id = NEW.voucher_id AND p.revoked_at IS NULL AND p.online_only_at IS NULL
           AND p.expires_at > NEW.at AND p.ofl > 0
           AND NOT EXISTS (SELECT 1 FROM wallet_redemption r WHERE r.issued_pass_id = p.jti AND r.once)
      ) living
       WHERE promised > (SELECT balance FROM ledger_account WHERE id = pot_id) / NEW.unit_cents);
  END IF;
  RETURN NULL;
END $$"""

_POT = "(SELECT v.pot FROM wallet_voucher v WHERE v.id = NEW.voucher_id)"
_SQLITE = f"""
CREATE TRIGGER wallet_redemption_post AFTER INSERT ON wallet_redemption BEGIN
{_posting(_dashed("NEW.id"), _dashed("NEW.till_id"), "", _POT)}
  {_guarantee(_dashed("NEW.id"), _dashed("NEW.till_id"))}
  UPDATE wallet_issuedpass SET online_only_at = NEW.at WHERE jti IN (
    SELECT jti FROM (
      SELECT p.jti, sum(p.ofl) OVER (ORDER BY p.ofl, p.jti) AS promised
        FROM wallet_issuedpass p
       WHERE NEW.approved > coalesce((SELECT ofl FROM wallet_issuedpass WHERE jti = NEW.issued_pass_id), 0)
         AND p.voucher_id = NEW.voucher_id AND p.revoked_at IS NULL AND p.online_only_at IS NULL
         AND p.expires_at > NEW.at AND p.ofl > 0
         AND NOT EXISTS (SELECT 1 FROM wallet_redemption r WHERE r.issued_pass_id = p.jti AND r.once)
    ) living
     WHERE promised > (SELECT a.balance FROM ledger_account a WHERE a.id = {_POT}) / NEW.unit_cents);
END"""


_refund_post = importlib.import_module("wallet.migrations.0005_back_to_the_guarantee")._on("sqlite")


def _run(vendor, statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == vendor:
            with schema_editor.connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    return migrations.RunPython(run, migrations.RunPython.noop)


# SQLite rebuilds a table to change it, which its triggers and those that name it do not survive.
_ASIDE = [f"DROP TRIGGER IF EXISTS {name}" for name in ("wallet_refund_post", "wallet_redemption_post")]
_PROGRAMMES = (
    "UPDATE wallet_redemption SET programme_id ="
    " (SELECT v.programme_id FROM wallet_voucher v WHERE v.id = wallet_redemption.voucher_id)"
)
_LEAN = {
    "on_delete": deletion.PROTECT,
    "db_constraint": False,
    "db_index": False,
    "related_name": "redemptions",
}


class Migration(migrations.Migration):
    dependencies = [("wallet", "0009_fund_names")]
    operations = [
        _run("sqlite", _ASIDE),
        migrations.AddField(
            "redemption", "programme", models.ForeignKey(to="wallet.programme", null=True, **_LEAN)
        ),
        migrations.RunSQL(_PROGRAMMES, migrations.RunSQL.noop),
        migrations.AlterField("redemption", "programme", models.ForeignKey(to="wallet.programme", **_LEAN)),
        migrations.AlterField(
            "redemption", "issued_pass", models.ForeignKey(to="wallet.issuedpass", null=True, **_LEAN)
        ),
        migrations.AlterField(
            "redemption", "voucher", models.ForeignKey(to="wallet.voucher", null=True, **_LEAN)
        ),
        migrations.AddField(
            "redemption", "card", models.UUIDField(null=True, help_text="The printed card that paid")
        ),
        migrations.AddField(
            "redemption",
            "taken_at",
            models.DateTimeField(null=True, help_text="When a till accepted it without a connection"),
        ),
        migrations.AddField(
            "redemption",
            "guaranteed",
            models.BigIntegerField(default=0, help_text="Cents of it that the guarantee paid"),
        ),
        migrations.AddField(
            "redemption",
            "guaranteed_as",
            models.UUIDField(null=True, help_text="The id of that part's transfer, when a pot paid the rest"),
        ),
        migrations.AddConstraint(
            "redemption",
            models.CheckConstraint(
                condition=Q(guaranteed=0, guaranteed_as__isnull=True, voucher__isnull=False)
                | Q(
                    Q(mode="off", guaranteed__gte=1)
                    & (
                        Q(guaranteed_as__isnull=True, guaranteed=F("approved") * F("unit_cents"))
                        | Q(
                            guaranteed_as__isnull=False,
                            voucher__isnull=False,
                            guaranteed__lt=F("approved") * F("unit_cents"),
                        )
                    )
                ),
                name="redemption_guaranteed_whole",
            ),
        ),
        _run("postgresql", [_POSTGRESQL]),
        _run("sqlite", [_SQLITE, *_refund_post]),
    ]
