"""SQLite triggers: the same guards as PostgreSQL's, in its own terms.

1. There is no trigger depth, so a one-row table `ledger_moving` says that a transfer is being applied.
2. `INSERT OR REPLACE` deletes without telling the delete triggers unless the connection asks for recursive
   triggers. Ours do; other clients may not, so an existing key is refused on insert as well.
3. `INSERT OR IGNORE` swallows a failed CHECK, in triggers too, so RAISE refuses overdrafts and amounts.
4. Columns accept any type, so amounts and digests are checked to be what they should be.
"""

APPEND_ONLY = {
    "transfer": ["seq = NEW.seq", "id = NEW.id"],
    "posting_rule": ["id = NEW.id", "kind = NEW.kind AND debit = NEW.debit AND credit = NEW.credit"],
    "batch_item": ["transfer_seq = NEW.transfer_seq", "batch_id = NEW.batch_id AND pos = NEW.pos"],
    "snapshot": ["id = NEW.id", "account_id = NEW.account_id AND batch_id = NEW.batch_id"],
    "log": ["id = NEW.id", "origin = NEW.origin", "muni = NEW.muni AND year = NEW.year"],
    "log_entry": [
        "id = NEW.id",
        "log_id = NEW.log_id AND idx = NEW.idx",
        "log_id = NEW.log_id AND source = NEW.source",
    ],
    "checkpoint": ["id = NEW.id", "log_id = NEW.log_id AND size = NEW.size"],
    "cosignature": ["id = NEW.id", "checkpoint_id = NEW.checkpoint_id AND witness = NEW.witness"],
}
# These change a little (a balance, a status, a row taken out), each in its one way; see below.
UNIQUE = APPEND_ONLY | {
    "account": [
        "id = NEW.id",
        "muni = NEW.muni AND code = NEW.code AND fund IS NEW.fund AND party IS NEW.party"
        " AND grant_batch IS NEW.grant_batch",
    ],
    "batch": ["id = NEW.id", "muni = NEW.muni AND no = NEW.no", "entry_id = NEW.entry_id"],
    "outbox": ["transfer_seq = NEW.transfer_seq"],
    "subject_key": ["party = NEW.party"],
}

MOVED = "CASE WHEN (id = NEW.credit_id) = (side = 'C') THEN NEW.amount ELSE -NEW.amount END"

TRIGGERS = {
    "transfer_rule": """BEFORE INSERT ON ledger_transfer BEGIN
  SELECT RAISE(ABORT, 'ledger: posting_rule refuses this kind between these accounts') WHERE NOT EXISTS (
    SELECT 1 FROM ledger_account d, ledger_account c, ledger_posting_rule r
     WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id
       AND d.muni = NEW.muni AND c.muni = NEW.muni
       AND d.closed_at IS NULL AND c.closed_at IS NULL
       AND r.kind = NEW.kind AND r.debit = d.code AND r.credit = c.code
       AND coalesce(d.fund, c.fund, 0) = coalesce(c.fund, d.fund, 0)
       AND (NEW.kind <> 11 OR d.party = c.party));
  SELECT RAISE(ABORT, 'ledger: transfer_amount_in_range') WHERE typeof(NEW.amount) <> 'integer'
    OR NEW.amount NOT BETWEEN 1 AND 100000000000;
  SELECT RAISE(ABORT, 'ledger: posting_rule refuses a digest that is not 32 bytes')
   WHERE typeof(NEW.payload_sha256) <> 'blob' OR length(NEW.payload_sha256) <> 32;
  SELECT RAISE(ABORT, 'ledger: posting_rule lets only kinds 8 and 9 reverse')
   WHERE NEW.reverses IS NOT NULL AND NEW.kind NOT IN (8, 9);
  SELECT RAISE(ABORT, 'ledger: posting_rule refuses to give back more than was paid')
   WHERE NEW.kind IN (8, 9) AND NEW.amount > coalesce(
    (SELECT amount FROM ledger_transfer WHERE id = NEW.reverses AND kind IN (5, 7) AND muni = NEW.muni
        AND credit_id = NEW.debit_id), 0)
    - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE reverses = NEW.reverses), 0);
END""",
    "transfer_apply": f"""AFTER INSERT ON ledger_transfer BEGIN
  SELECT RAISE(ABORT, 'ledger: account_never_overdrawn') WHERE EXISTS (
    SELECT 1 FROM ledger_account WHERE id IN (NEW.debit_id, NEW.credit_id) AND guard
       AND balance + {MOVED} < 0);
  INSERT INTO ledger_moving (moving) VALUES (1);
  UPDATE ledger_account SET balance = balance + {MOVED} WHERE id IN (NEW.debit_id, NEW.credit_id) AND guard;
  DELETE FROM ledger_moving;
  INSERT INTO ledger_outbox (transfer_seq, muni, kind)
    SELECT NEW.seq, NEW.muni, NEW.kind WHERE NEW.kind <> 11;
END""",
    "account_birth": """BEFORE INSERT ON ledger_account BEGIN
  SELECT RAISE(ABORT, 'ledger: an account is born open and empty')
   WHERE coalesce(NEW.balance, 0) <> 0 OR NEW.closed_at IS NOT NULL;
  SELECT RAISE(ABORT, 'ledger: account_is_what_its_code_says')
   WHERE NEW.code NOT IN (1000, 1300, 1900, 2000, 2050, 2100, 2150, 2200, 2210, 2300, 2400, 5000, 5100)
      OR NEW.side NOT IN ('C', 'D')
      OR (NEW.side = 'D') <> (NEW.code IN (1000, 1300, 1900, 5000, 5100))
      OR NEW.guard <> (NEW.code IN (2000, 2050, 2100, 2150, 2210))
      OR NEW.guard <> (NEW.balance IS NOT NULL);
END""",
    "account_guard": """BEFORE UPDATE ON ledger_account BEGIN
  SELECT RAISE(ABORT, 'ledger: what an account is never changes')
   WHERE NEW.id <> OLD.id OR NEW.muni <> OLD.muni OR NEW.code <> OLD.code OR NEW.side <> OLD.side
      OR NEW.guard <> OLD.guard OR NEW.fund IS NOT OLD.fund OR NEW.party IS NOT OLD.party
      OR NEW.grant_batch IS NOT OLD.grant_batch;
  SELECT RAISE(ABORT, 'ledger: only a transfer moves a balance')
   WHERE NEW.balance IS NOT OLD.balance
     AND (OLD.closed_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM ledger_moving));
  SELECT RAISE(ABORT, 'ledger: an account closes once, when it is empty')
   WHERE NEW.closed_at IS NOT OLD.closed_at
     AND (OLD.closed_at IS NOT NULL OR coalesce(NEW.balance, 0) <> 0);
END""",
    "outbox_drain": """BEFORE DELETE ON ledger_outbox
  WHEN NOT EXISTS (SELECT 1 FROM ledger_batch_item WHERE transfer_seq = OLD.transfer_seq) BEGIN
  SELECT RAISE(ABORT, 'ledger: a transfer leaves the outbox only into a batch');
END""",
    "batch_guard": """BEFORE UPDATE ON ledger_batch
  WHEN NEW.id <> OLD.id OR NEW.muni <> OLD.muni OR NEW.no <> OLD.no OR NEW.entry_id <> OLD.entry_id
    OR NEW.from_at <> OLD.from_at OR NEW.to_at <> OLD.to_at OR NEW.sealed_at <> OLD.sealed_at
    OR NEW.n <> OLD.n OR NEW.totals <> OLD.totals OR NEW.tx_root <> OLD.tx_root
    OR instr('sealed logged witnessed exported booked', NEW.status)
     < instr('sealed logged witnessed exported booked', OLD.status) BEGIN
  SELECT RAISE(ABORT, 'ledger: a batch only goes forward');
END""",
}

NEVER = "SELECT RAISE(ABORT, 'ledger: {what} of ledger_{table} is refused');"


def _refusing(table, what):
    body = NEVER.format(what=what, table=table)
    return f"CREATE TRIGGER ledger_{table}_no_{what} BEFORE {what} ON ledger_{table} BEGIN {body} END"


def _unique(table, keys):
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM ledger_{table} WHERE {key})" for key in keys)
    body = NEVER.format(what="REPLACE", table=table)
    return f"CREATE TRIGGER ledger_{table}_once BEFORE INSERT ON ledger_{table} WHEN {taken} BEGIN {body} END"


def on(connection):
    """The statements that set every guard."""
    return [
        "CREATE TABLE ledger_moving (moving INTEGER NOT NULL) STRICT",
        *(f"CREATE TRIGGER ledger_{name} {body}" for name, body in TRIGGERS.items()),
        *(_refusing(table, what) for table in APPEND_ONLY for what in ("UPDATE", "DELETE")),
        *(_refusing(table, "DELETE") for table in ("account", "batch")),
        *(_refusing(table, "UPDATE") for table in ("outbox", "subject_key")),
        *(_unique(table, keys) for table, keys in UNIQUE.items()),
    ]


def off(connection):
    """The statements that drop every guard."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger\\_%' ESCAPE '\\'"
        )
        triggers = [name for (name,) in cursor.fetchall()]
    return [*(f"DROP TRIGGER {name}" for name in triggers), "DROP TABLE ledger_moving"]
