"""The guards of the proofs of cover, on both engines.

1. A proof is never changed or deleted, a line or a tile never changed.
2. Lines and tiles go only when their proof is KEEP_DAYS or more older than the municipality's newest.
"""

KEEP_DAYS = 8
KEYS = {
    "cover_proof": [
        "id = NEW.id",
        "muni = NEW.muni AND day = NEW.day AND no = NEW.no",
        "entry_id = NEW.entry_id",
    ],
    "cover_line": ["id = NEW.id", "proof_id = NEW.proof_id AND account_id = NEW.account_id"],
    "cover_tile": ["id = NEW.id", "proof_id = NEW.proof_id AND level = NEW.level AND n = NEW.n"],
}
PRUNED = ("cover_line", "cover_tile")

_POSTGRESQL = f"""
CREATE FUNCTION ledger_cover_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_cover_proof p WHERE p.id IN (SELECT proof_id FROM gone)
              AND p.day + {KEEP_DAYS} > (SELECT max(day) FROM ledger_cover_proof WHERE muni = p.muni)) THEN
    RAISE EXCEPTION 'ledger: % of % is refused: it is needed', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NULL;
END $$
"""
_SQLITE_NEEDED = (
    "WHEN EXISTS (SELECT 1 FROM ledger_cover_proof p WHERE p.id = OLD.proof_id AND"
    f" date(p.day, '+{KEEP_DAYS} days') > (SELECT max(day) FROM ledger_cover_proof WHERE muni = p.muni))"
)


def _postgresql():
    statements = ["SET CONSTRAINTS ALL IMMEDIATE", _POSTGRESQL]
    for table in KEYS:
        events = "UPDATE OR TRUNCATE" if table in PRUNED else "UPDATE OR DELETE OR TRUNCATE"
        statements.append(
            f"CREATE TRIGGER ledger_{table}_stays BEFORE {events} ON ledger_{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    for table in PRUNED:
        statements.append(
            f"CREATE TRIGGER ledger_{table}_keeps AFTER DELETE ON ledger_{table}"
            " REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_cover_keeps()"
        )
    return statements


def _refuse(table, event, name, when=""):
    return (
        f"CREATE TRIGGER ledger_{table}_{name} BEFORE {event} ON ledger_{table} {when}"
        f" BEGIN SELECT RAISE(ABORT, 'ledger: {event} of ledger_{table} is refused'); END"
    )


def _sqlite():
    statements = []
    for table, keys in KEYS.items():
        # A client that does not ask for recursive triggers could otherwise replace a row.
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM ledger_{table} WHERE {key})" for key in keys)
        statements += [
            _refuse(table, "UPDATE", "no_update"),
            _refuse(table, "DELETE", "no_delete", _SQLITE_NEEDED if table in PRUNED else ""),
            _refuse(table, "INSERT", "replaced", f"WHEN {taken}"),
        ]
    return statements


def on(connection):
    """The statements that set every guard."""
    return _postgresql() if connection.vendor == "postgresql" else _sqlite()


def off(connection):
    """The statements that drop every guard."""
    if connection.vendor == "postgresql":
        names = [(table, "stays") for table in KEYS] + [(table, "keeps") for table in PRUNED]
        drops = [f"DROP TRIGGER ledger_{table}_{name} ON ledger_{table}" for table, name in names]
        return [*drops, "DROP FUNCTION ledger_cover_keeps()"]
    return [
        f"DROP TRIGGER ledger_{table}_{name}"
        for table in KEYS
        for name in ("no_update", "no_delete", "replaced")
    ]
