"""The guards of the bank's tables and of overrides, on both engines.

1. What the bank said, what it was taken for, and what was let pass is never changed or deleted.
2. A payee's account, a file and its release: the columns of `ONCE` go from empty to filled, once; nothing
   else of the row changes.
3. A payout goes from sent to booked or failed, and from booked to returned.
"""

APPEND_ONLY = {
    "override": ["id = NEW.id", "entry_id = NEW.entry_id"],
    "bank_file": ["id = NEW.id", "muni = NEW.muni AND sha256 = NEW.sha256"],
    "bank_statement": ["id = NEW.id", "muni = NEW.muni AND iban = NEW.iban AND stmt_id = NEW.stmt_id"],
    "bank_line": [
        "id = NEW.id",
        "statement_id = NEW.statement_id AND pos = NEW.pos",
        "muni = NEW.muni AND iban = NEW.iban AND ref = NEW.ref",
    ],
    "bank_match": ["id = NEW.id", "transfer = NEW.transfer", "payout_id = NEW.payout_id AND how = NEW.how"],
    "bank_clearing": ["line_id = NEW.line_id", "transfer = NEW.transfer"],
}
# Columns that are filled once; all others stay as they were written.
ONCE = {
    "payee_account": {
        "fixed": ("id", "muni", "payee", "name", "iban", "name_check", "checked_at", "made_by", "made_at"),
        "once": (
            "approved_by",
            "approved_at",
            "usable_from",
            "refused_by",
            "refused_at",
            "blocked_at",
            "blocked_reason",
        ),
    },
    "pain_file": {
        "fixed": (
            "id",
            "muni",
            "batch_id",
            "msg_id",
            "form",
            "debtor_iban",
            "debtor_name",
            "execute_on",
            "sha256",
            "n",
            "total",
            "size",
            "override_id",
            "exported_by",
            "exported_at",
        ),
        "once": ("released_by", "released_at"),
    },
    "payout": {
        "fixed": ("id", "muni", "file_id", "batch_id", "payee", "account_id", "amount", "carried"),
        "once": (),
    },
}
KEYS = {
    "payee_account": ["id = NEW.id"],
    "pain_file": ["id = NEW.id", "batch_id = NEW.batch_id", "msg_id = NEW.msg_id"],
    "payout": ["id = NEW.id", "batch_id = NEW.batch_id AND payee = NEW.payee"],
    "fund": ["id = NEW.id", "muni = NEW.muni AND number = NEW.number"],
}
STEPS = (("sent", "booked"), ("sent", "failed"), ("booked", "returned"))


def _changed(table, differs):
    """The condition under which an update of `table` is refused; `differs` is the engine's IS DISTINCT."""
    columns = ONCE[table]
    wrong = [f"NEW.{name} {differs} OLD.{name}" for name in columns["fixed"]]
    wrong += [f"OLD.{name} IS NOT NULL AND NEW.{name} {differs} OLD.{name}" for name in columns["once"]]
    if table == "payout":
        allowed = " OR ".join(f"OLD.status = '{old}' AND NEW.status = '{new}'" for old, new in STEPS)
        wrong.append(f"NEW.status <> OLD.status AND NOT ({allowed})")
    return " OR ".join(f"({one})" for one in wrong)


def _postgresql():
    statements = []
    for table in APPEND_ONLY:
        statements.append(
            f"CREATE TRIGGER ledger_{table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    for table in KEYS:
        statements.append(
            f"CREATE TRIGGER ledger_{table}_stays BEFORE DELETE OR TRUNCATE ON ledger_{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
        )
    for table in ONCE:
        statements.append(
            f"CREATE TRIGGER ledger_{table}_once BEFORE UPDATE ON ledger_{table} FOR EACH ROW"
            f" WHEN ({_changed(table, 'IS DISTINCT FROM')}) EXECUTE FUNCTION ledger_refuse()"
        )
    return ["SET CONSTRAINTS ALL IMMEDIATE", *statements]


def _refuse(table, event, name, when=""):
    return (
        f"CREATE TRIGGER ledger_{table}_{name} BEFORE {event} ON ledger_{table} {when}"
        f" BEGIN SELECT RAISE(ABORT, 'ledger: {event} of ledger_{table} is refused'); END"
    )


def _sqlite():
    statements = [
        _refuse(table, event, f"no_{event.lower()}")
        for table in APPEND_ONLY
        for event in ("UPDATE", "DELETE")
    ]
    statements += [_refuse(table, "DELETE", "no_delete") for table in KEYS]
    statements += [_refuse(table, "UPDATE", "once", f"WHEN {_changed(table, 'IS NOT')}") for table in ONCE]
    # A client that does not ask for recursive triggers could otherwise replace a row.
    for table, keys in (APPEND_ONLY | KEYS).items():
        taken = " OR ".join(f"EXISTS (SELECT 1 FROM ledger_{table} WHERE {key})" for key in keys)
        statements.append(_refuse(table, "INSERT", "replaced", f"WHEN {taken}"))
    return statements


def on(connection):
    """The statements that set every guard."""
    return _postgresql() if connection.vendor == "postgresql" else _sqlite()


def off(connection):
    """The statements that drop every guard."""
    if connection.vendor == "postgresql":
        names = [(table, "stays") for table in (*APPEND_ONLY, *KEYS)] + [(table, "once") for table in ONCE]
        return [f"DROP TRIGGER ledger_{table}_{name} ON ledger_{table}" for table, name in names]
    names = [(table, name) for table in APPEND_ONLY for name in ("no_update", "no_delete", "replaced")]
    names += [(table, name) for table in KEYS for name in ("no_delete", "replaced")]
    names += [(table, "once") for table in ONCE]
    return [f"DROP TRIGGER ledger_{table}_{name}" for table, name in names]
