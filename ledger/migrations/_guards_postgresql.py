"""PostgreSQL triggers. Functions that write run as their owner, so the web's role needs no right to."""

import re

# Nothing in these is ever changed or deleted.
APPEND_ONLY = (
    "transfer",
    "posting_rule",
    "batch_item",
    "snapshot",
    "log",
    "log_entry",
    "checkpoint",
    "cosignature",
)

GUARDS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE FUNCTION ledger_transfer_apply() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
  debit_guard boolean;
  credit_guard boolean;
  original ledger_transfer;
  given_back bigint;
  moved bigint;
BEGIN
  SELECT d.guard, c.guard INTO debit_guard, credit_guard
    FROM ledger_account d, ledger_account c, ledger_posting_rule r
   WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id
     AND d.muni = NEW.muni AND c.muni = NEW.muni
     AND d.closed_at IS NULL AND c.closed_at IS NULL
     AND r.kind = NEW.kind AND r.debit = d.code AND r.credit = c.code
     AND coalesce(d.fund, c.fund, 0) = coalesce(c.fund, d.fund, 0)
     AND (NEW.kind <> 11 OR d.party = c.party);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'ledger: posting_rule refuses kind % from % to %', NEW.kind, NEW.debit_id, NEW.credit_id
      USING ERRCODE = '23514';
  END IF;
  IF octet_length(NEW.payload_sha256) <> 32 THEN
    RAISE EXCEPTION 'ledger: posting_rule refuses a digest that is not 32 bytes' USING ERRCODE = '23514';
  END IF;
  IF NEW.kind IN (8, 9) THEN
    -- The lock makes two refunds of one payment wait for each other.
    SELECT * INTO original FROM ledger_transfer
     WHERE id = NEW.reverses AND kind IN (5, 7) AND muni = NEW.muni AND credit_id = NEW.debit_id
       FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount), 0) INTO given_back FROM ledger_transfer WHERE reverses = NEW.reverses;
    IF original.id IS NULL OR given_back > original.amount THEN
      RAISE EXCEPTION 'ledger: posting_rule refuses to give back more than was paid' USING ERRCODE = '23514';
    END IF;
  ELSIF NEW.reverses IS NOT NULL THEN
    RAISE EXCEPTION 'ledger: posting_rule lets only kinds 8 and 9 reverse' USING ERRCODE = '23514';
  END IF;
  -- The lower id first, so that no two transfers wait for each other.
  FOREACH moved IN ARRAY ARRAY[least(NEW.debit_id, NEW.credit_id), greatest(NEW.debit_id, NEW.credit_id)] LOOP
    CONTINUE WHEN NOT CASE WHEN moved = NEW.debit_id THEN debit_guard ELSE credit_guard END;
    UPDATE ledger_account SET balance = balance
         + CASE WHEN (id = NEW.credit_id) = (side = 'C') THEN NEW.amount ELSE -NEW.amount END
     WHERE id = moved;
  END LOOP;
  IF NEW.kind <> 11 THEN
    INSERT INTO ledger_outbox (transfer_seq, muni, kind) VALUES (NEW.seq, NEW.muni, NEW.kind);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION ledger_account_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(NEW.balance, 0) <> 0 OR NEW.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'ledger: an account is born open and empty' USING ERRCODE = '23514';
  END IF;
  IF NEW.code NOT IN (1000, 1300, 1900, 2000, 2050, 2100, 2150, 2200, 2210, 2300, 2400, 5000, 5100)
     OR NEW.side NOT IN ('C', 'D')
     OR (NEW.side = 'D') <> (NEW.code IN (1000, 1300, 1900, 5000, 5100))
     OR NEW.guard <> (NEW.code IN (2000, 2050, 2100, 2150, 2210))
     OR NEW.guard <> (NEW.balance IS NOT NULL) THEN
    RAISE EXCEPTION 'ledger: account_is_what_its_code_says' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.muni, NEW.code, NEW.side, NEW.guard, NEW.fund, NEW.party, NEW.grant_batch)
     IS DISTINCT FROM
     (OLD.id, OLD.muni, OLD.code, OLD.side, OLD.guard, OLD.fund, OLD.party, OLD.grant_batch) THEN
    RAISE EXCEPTION 'ledger: what an account is never changes' USING ERRCODE = '42501';
  END IF;
  IF NEW.balance IS DISTINCT FROM OLD.balance
     AND (pg_trigger_depth() < 2 OR OLD.closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'ledger: only a transfer moves a balance' USING ERRCODE = '42501';
  END IF;
  IF NEW.closed_at IS DISTINCT FROM OLD.closed_at
     AND (OLD.closed_at IS NOT NULL OR coalesce(NEW.balance, 0) <> 0) THEN
    RAISE EXCEPTION 'ledger: an account closes once, when it is empty' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION ledger_outbox_drain() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger_batch_item WHERE transfer_seq = OLD.transfer_seq) THEN
    RAISE EXCEPTION 'ledger: a transfer leaves the outbox only into a batch' USING ERRCODE = '42501';
  END IF;
  RETURN OLD;
END $$;

CREATE FUNCTION ledger_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  steps text[] := ARRAY['sealed', 'logged', 'witnessed', 'exported', 'booked'];
BEGIN
  IF to_jsonb(NEW) - 'status' IS DISTINCT FROM to_jsonb(OLD) - 'status'
     OR array_position(steps, NEW.status) < array_position(steps, OLD.status) THEN
    RAISE EXCEPTION 'ledger: a batch only goes forward' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER ledger_transfer_apply AFTER INSERT ON ledger_transfer
  FOR EACH ROW EXECUTE FUNCTION ledger_transfer_apply();
CREATE TRIGGER ledger_account_birth BEFORE INSERT ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_account_birth();
CREATE TRIGGER ledger_account_guard BEFORE UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();
CREATE TRIGGER ledger_account_stays BEFORE DELETE OR TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_outbox_drain BEFORE DELETE ON ledger_outbox
  FOR EACH ROW EXECUTE FUNCTION ledger_outbox_drain();
CREATE TRIGGER ledger_outbox_stays BEFORE UPDATE OR TRUNCATE ON ledger_outbox
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_batch_guard BEFORE UPDATE ON ledger_batch
  FOR EACH ROW EXECUTE FUNCTION ledger_batch_guard();
CREATE TRIGGER ledger_batch_stays BEFORE DELETE OR TRUNCATE ON ledger_batch
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_subject_key_stays BEFORE UPDATE OR TRUNCATE ON ledger_subject_key
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""

STAYS = """
CREATE TRIGGER ledger_{table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_{table}
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""


def schema(connection):
    """The schema of our tables. Functions name it, so that a temporary table cannot pose as one of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return cursor.fetchone()[0]


def on(connection):
    """The statements that set every guard."""
    # One statement each: a prepared statement takes no more.
    guards = re.split(r"^(?=CREATE )", GUARDS.replace("{schema}", schema(connection)), flags=re.MULTILINE)
    # Deferred foreign keys leave events behind that would keep a new trigger out.
    return ["SET CONSTRAINTS ALL IMMEDIATE", *guards[1:], *(STAYS.format(table=t) for t in APPEND_ONLY)]


def off(connection):
    """The statements that drop every function and with it its triggers."""
    names = ("refuse", "transfer_apply", "account_birth", "account_guard", "outbox_drain")
    return [f"DROP FUNCTION ledger_{name}() CASCADE" for name in (*names, "batch_guard")]
