"""The guards of logs and addenda, on both engines: a log is closed once and nothing else of it changes.

Changing the table took the triggers of SQLite down (it makes a table anew), so all of them are set here.
"""

FIXED = ("id", "muni", "year", "part", "origin", "vkey", "quantum_vkey")
KEYS = {
    "log": ["id = NEW.id", "origin = NEW.origin", "muni = NEW.muni AND year = NEW.year AND part = NEW.part"],
    "addendum": ["id = NEW.id", "entry_id = NEW.entry_id AND sha256 = NEW.sha256"],
}


def _changed(differs):
    other = " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in FIXED)
    return f"{other} OR (OLD.closed AND NOT NEW.closed)"


def _postgresql():
    refuse = "EXECUTE FUNCTION ledger_refuse()"
    return [
        "SET CONSTRAINTS ALL IMMEDIATE",
        "CREATE TRIGGER ledger_log_stays BEFORE DELETE OR TRUNCATE ON ledger_log"
        f" FOR EACH STATEMENT {refuse}",
        "CREATE TRIGGER ledger_log_closes BEFORE UPDATE ON ledger_log FOR EACH ROW"
        f" WHEN ({_changed('IS DISTINCT FROM')}) {refuse}",
        "CREATE TRIGGER ledger_addendum_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_addendum"
        f" FOR EACH STATEMENT {refuse}",
    ]


def _refuse(table, event, name, when=""):
    return (
        f"CREATE TRIGGER ledger_{table}_{name} BEFORE {event} ON ledger_{table} {when}"
        f" BEGIN SELECT RAISE(ABORT, 'ledger: {event} of ledger_{table} is refused'); END"
    )


def _sqlite():
    replaced = [
        _refuse(table, "INSERT", "once", "WHEN " + " OR ".join(
            f"EXISTS (SELECT 1 FROM ledger_{table} WHERE {key})" for key in keys))
        for table, keys in KEYS.items()
    ]  # fmt: skip
    return [
        _refuse("log", "DELETE", "no_DELETE"),
        _refuse("log", "UPDATE", "closes", f"WHEN {_changed('IS NOT')}"),
        _refuse("addendum", "UPDATE", "no_UPDATE"),
        _refuse("addendum", "DELETE", "no_DELETE"),
        *replaced,
    ]


def before(connection):
    """The statements that take down what stood on the table of logs until now."""
    if connection.vendor == "postgresql":
        return ["SET CONSTRAINTS ALL IMMEDIATE", "DROP TRIGGER ledger_log_stays ON ledger_log"]
    return [f"DROP TRIGGER ledger_log_{name}" for name in ("no_UPDATE", "no_DELETE", "once")]


def on(connection):
    """The statements that set every guard."""
    return _postgresql() if connection.vendor == "postgresql" else _sqlite()
