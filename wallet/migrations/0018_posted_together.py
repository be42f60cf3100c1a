"""On PostgreSQL the payments of one statement are posted by one statement (docs/decisions/0028).

The postings are those of 0010_offline, row for row. What a pass may still promise without a connection is
held against the balance when all of the statement's payments have been taken from it. SQLite, which has no
such triggers, keeps its own of 0010.
"""

import importlib

from django.db import migrations

_0010 = importlib.import_module("wallet.migrations.0010_offline")

_REST = "'redemption', n.id::text, 'till:' || n.till_id, '', n.at, n.record_sha256"
_WHOLE = "n.approved::bigint * n.unit_cents"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION wallet_redemption_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  backed boolean;
  beyond boolean;
  one record;
BEGIN
  INSERT INTO ledger_transfer ({_0010._COLUMNS})
  SELECT n.id, n.muni_id, CASE n.mode WHEN 'on' THEN 5 ELSE 7 END, v.pot, m.payable, {_WHOLE} - n.guaranteed,
    {_REST}
    FROM made n
    LEFT JOIN wallet_merchant m ON m.id = n.merchant_id
    LEFT JOIN wallet_voucher v ON v.id = n.voucher_id
   WHERE {_WHOLE} > n.guaranteed;
  SELECT bool_or(n.guaranteed > 0), bool_or(n.voucher_id IS NOT NULL AND n.approved > coalesce(p.ofl, 0))
    INTO backed, beyond
    FROM made n LEFT JOIN wallet_issuedpass p ON p.jti = n.issued_pass_id;
  IF backed THEN
    INSERT INTO ledger_transfer ({_0010._COLUMNS})
    SELECT coalesce(n.guaranteed_as, n.id), n.muni_id, 7, g.id, m.payable, n.guaranteed, {_REST}
      FROM made n
      LEFT JOIN wallet_merchant m ON m.id = n.merchant_id
      LEFT JOIN ledger_account g ON g.muni = n.muni_id AND g.code = 5000
     WHERE n.guaranteed > 0;
  END IF;
  IF beyond THEN
    FOR one IN
      SELECT n.voucher_id, v.pot, n.unit_cents, n.at
        FROM made n JOIN wallet_voucher v ON v.id = n.voucher_id
        LEFT JOIN wallet_issuedpass p ON p.jti = n.issued_pass_id
       WHERE n.approved > coalesce(p.ofl, 0)
       ORDER BY v.pot
    LOOP
      UPDATE wallet_issuedpass SET online_only_at = one.at WHERE jti IN (
        SELECT jti FROM (
          SELECT p.jti, p.ofl, sum(p.ofl) OVER (ORDER BY p.ofl, p.jti) AS promised
            FROM wallet_issuedpass p
           WHERE p.voucher_id = one.voucher_id AND p.revoked_at IS NULL AND p.online_only_at IS NULL
             AND p.expires_at > one.at AND p.ofl > 0
             AND NOT EXISTS (SELECT 1 FROM wallet_redemption r WHERE r.issued_pass_id = p.jti AND r.once)
        ) living
         WHERE promised > (SELECT balance FROM ledger_account WHERE id = one.pot) / one.unit_cents);
    END LOOP;
  END IF;
  RETURN NULL;
END $$"""

_DROP = "DROP TRIGGER wallet_redemption_post ON wallet_redemption"
_TOGETHER = """
CREATE TRIGGER wallet_redemption_post AFTER INSERT ON wallet_redemption REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION wallet_redemption_post()"""
_EACH = """
CREATE TRIGGER wallet_redemption_post AFTER INSERT ON wallet_redemption
  FOR EACH ROW EXECUTE FUNCTION wallet_redemption_post()"""
ON = [_DROP, _FUNCTION, _TOGETHER]
OFF = [_DROP, _0010._POSTGRESQL, _EACH]


def _run(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            with schema_editor.connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("wallet", "0017_guarantee")]
    operations = [migrations.RunPython(_run(ON), _run(OFF))]
