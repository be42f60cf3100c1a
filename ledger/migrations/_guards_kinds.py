"""What each kind demands besides its two account codes (docs/spec/06-books.md, section 3), on both engines.

An online payment, the one posting that must be fast, pays for none of them. On SQLite each guard is a
trigger that fires for its kinds only. PostgreSQL reads the condition of every trigger anew in each statement,
so there it is one trigger, for all kinds but that. What is wrong is read after the transfer on PostgreSQL and
before it on SQLite, so it never counts the new row itself.
"""

import re

from ledger.migrations import _guards_postgresql

_DEBIT = "(SELECT d.{} FROM ledger_account d WHERE d.id = NEW.debit_id)"
_CREDIT = "(SELECT c.{} FROM ledger_account c WHERE c.id = NEW.credit_id)"

# Only an account of code 2050 has one (see _NAMELESS), so two reads by number tell.
_TOP_UP = f"coalesce({_DEBIT.format('grant_batch')}, {_CREDIT.format('grant_batch')})"

_NOT_BACK = """NOT EXISTS (
  SELECT 1 FROM ledger_transfer o
    JOIN ledger_account paid ON paid.id = o.debit_id
    JOIN ledger_account c ON c.id = NEW.credit_id
   WHERE o.id = NEW.reverses
     AND (c.id = paid.id
       OR (NEW.kind = 9 AND paid.code IN (2100, 2150) AND c.code = 2000 AND c.fund = paid.fund)
       OR (paid.code = 2150 AND c.code = 2100 AND c.fund = paid.fund))
     AND (NEW.kind = 9 OR o.amount = NEW.amount))"""

_GUARANTEE_WAITS = f"""{_CREDIT.format("code")} <> 5000 AND EXISTS (
  SELECT 1 FROM ledger_transfer o
    JOIN ledger_transfer g ON g.ref_id = o.ref_id AND g.ref_type = o.ref_type AND g.muni = o.muni
    JOIN ledger_account ga ON ga.id = g.debit_id
   WHERE o.id = NEW.reverses AND o.kind = 7 AND g.kind = 7 AND ga.code = 5000
     AND g.amount > coalesce((SELECT sum(b.amount) FROM ledger_transfer b WHERE b.reverses = g.id), 0))"""

# Of a top-up, only what is for a pot that was closed before it got anything.
_NOT_OF_A_SWEEP = f"""{_TOP_UP} IS NOT NULL AND NOT (NEW.ref_type = 'closed pot' AND EXISTS (
  SELECT 1 FROM ledger_account d
    JOIN ledger_account c ON c.id = NEW.credit_id AND c.code = 2000
    JOIN ledger_account p ON p.muni = d.muni AND p.fund = d.fund AND p.code = 2100
   WHERE d.id = NEW.debit_id AND p.closed_at IS NOT NULL AND CAST(p.id AS text) = NEW.ref_id
     AND NOT EXISTS (SELECT 1 FROM ledger_transfer g WHERE g.debit_id = d.id AND g.credit_id = p.id)))"""

_EARLY = f"""{_DEBIT.format("code")} = 2100 AND NOT EXISTS (
  SELECT 1 FROM ledger_fund f JOIN ledger_account d ON d.muni = f.muni AND d.fund = f.number
   WHERE d.id = NEW.debit_id AND {{after}})"""

_TOO_MUCH = """NEW.amount > (
  coalesce((SELECT sum(t.amount) FROM ledger_transfer t
             WHERE t.debit_id = NEW.credit_id AND t.id <> NEW.id), 0)
  - coalesce((SELECT sum(t.amount) FROM ledger_transfer t
             WHERE t.credit_id = NEW.credit_id AND t.id <> NEW.id), 0))"""

_NOT_OVER = f"""{_DEBIT.format("balance")} <> {{left}} OR EXISTS (
  SELECT 1 FROM ledger_account a WHERE a.muni = NEW.muni AND a.fund = {_DEBIT.format("fund")}
     AND a.code IN (2050, 2100, 2150) AND a.closed_at IS NULL)"""

_PAYMENT = 5  # online
# name: (kinds, what is wrong, what it says)
RULES = {
    "decided": ((1,), "NEW.ref_type <> 'decision' OR NEW.ref_id = ''", "names the decision that adds budget"),
    "granted": ((3,), f"{_TOP_UP} IS NULL", "grants through the account of its own top-up"),
    "back": ((8, 9), _NOT_BACK, "gives back to who paid, and a void gives back all"),
    "guarantee": ((8, 9), _GUARANTEE_WAITS, "gives back to the guarantee first"),
    "swept": (
        (10,),
        _NOT_OF_A_SWEEP,
        "sweeps through the account of its own sweep, or from a top-up what a closed pot did not get",
    ),
    "early": ((10,), _EARLY, "sweeps a pot after its end and days of grace"),
    "payee": (
        (12, 13, 14, 15),
        f"{_DEBIT.format('party')} <> {_CREDIT.format('party')}",
        "stays with one payee",
    ),
    "two_people": (
        (17, 18),
        "NEW.ref_type <> 'approved-by' OR NEW.ref_id IN ('', NEW.actor)",
        "wants two people",
    ),
    "loss": ((17,), _TOO_MUCH, "covers what the guarantee cost and no more"),
    "year": ((18,), _NOT_OVER, "closes a year that is over, whole"),
}
ENGINE = {
    "postgresql": {
        "after": "(NEW.effective_at AT TIME ZONE 'UTC' + interval '2 hours')::date"
        " > f.until_on + f.grace_days",
        "left": "0",
    },
    # No place of ours is more than two hours before UTC.
    "sqlite": {
        "after": "date(NEW.effective_at, '+2 hours') > date(f.until_on, '+' || f.grace_days || ' days')",
        "left": "NEW.amount",
    },
}

# An account that belongs to somebody says to whom.
_NAMELESS = """(NEW.code IN (2000, 2050, 2100, 2150) AND NEW.fund IS NULL)
  OR (NEW.code IN (2100, 2150, 2200, 2210) AND NEW.party IS NULL)
  OR (NEW.code <> 2050 AND NEW.grant_batch IS NOT NULL)"""
# What holders were told is not taken back: the end of a fund never comes nearer.
_SHORTER = """NEW.id <> OLD.id OR NEW.muni <> OLD.muni OR NEW.number <> OLD.number
  OR NEW.until_on < OLD.until_on OR NEW.grace_days < OLD.grace_days"""
NAMELESS = "ledger: account_says_whose_it_is"
SHORTER = "ledger: the end of a fund never comes nearer"


def _postgresql():
    made = [
        "CREATE INDEX ledger_transfer_offline ON ledger_transfer (ref_id) WHERE kind = 7",
        """CREATE FUNCTION ledger_say_no() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = '23514'; END $$""",
        f"CREATE TRIGGER ledger_account_named BEFORE INSERT ON ledger_account FOR EACH ROW WHEN ({_NAMELESS})"
        f" EXECUTE FUNCTION ledger_say_no('{NAMELESS}')",
        f"CREATE TRIGGER ledger_fund_end BEFORE UPDATE ON ledger_fund FOR EACH ROW WHEN ({_SHORTER})"
        f" EXECUTE FUNCTION ledger_say_no('{SHORTER}')",
        """CREATE FUNCTION ledger_subject_key_counted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
BEGIN INSERT INTO ledger_erasure (muni, at) VALUES (OLD.muni, now()); RETURN NULL; END $$""",
        "CREATE TRIGGER ledger_subject_key_counted AFTER DELETE ON ledger_subject_key"
        " FOR EACH ROW EXECUTE FUNCTION ledger_subject_key_counted()",
        "CREATE TRIGGER ledger_erasure_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_erasure"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    ]
    return [*made, *_one_trigger()]


def _one_trigger():
    # The kind is asked first and by itself, which takes no query.
    rules = "".join(
        f"""
  IF NEW.kind IN ({", ".join(map(str, kinds))}) THEN
    IF {_named(_on("postgresql", wrong))} THEN
      RAISE EXCEPTION 'ledger: posting_rule {says}' USING ERRCODE = '23514';
    END IF;
  END IF;"""
        for kinds, wrong, says in RULES.values()
    )
    return [
        f"""CREATE OR REPLACE FUNCTION ledger_transfer_kinds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{rules}
  RETURN NULL;
END $$""",
        "DROP TRIGGER IF EXISTS ledger_transfer_kinds ON ledger_transfer",
        "CREATE TRIGGER ledger_transfer_kinds AFTER INSERT ON ledger_transfer FOR EACH ROW"
        f" WHEN (NEW.kind <> {_PAYMENT}) EXECUTE FUNCTION ledger_transfer_kinds()",
    ]


def _named(condition):
    """Tables by their full name: a temporary table cannot pose as one, and no path is set for each row."""
    return re.sub(r"\bledger_(account|transfer|fund)\b", r"{schema}.ledger_\1", condition)


def _on(vendor, condition):
    for name, text in ENGINE[vendor].items():
        condition = condition.replace("{" + name + "}", text)
    return condition


def _raise(trigger, event, wrong, says, when=""):
    return (
        f"CREATE TRIGGER ledger_{trigger} {event} {when}"
        f" BEGIN SELECT RAISE(ABORT, '{says}') WHERE {wrong}; END"
    )


def _sqlite():
    made = [
        "CREATE INDEX ledger_transfer_offline ON ledger_transfer (ref_id) WHERE kind = 7",
        _raise("account_named", "BEFORE INSERT ON ledger_account", _NAMELESS, NAMELESS),
        _raise("fund_end", "BEFORE UPDATE ON ledger_fund", _SHORTER, SHORTER),
        "CREATE TRIGGER ledger_subject_key_counted AFTER DELETE ON ledger_subject_key BEGIN"
        " INSERT INTO ledger_erasure (muni, at) VALUES (OLD.muni, strftime('%Y-%m-%d %H:%M:%f', 'now')); END",
        *(
            _raise(f"erasure_no_{what.lower()}", f"BEFORE {what} ON ledger_erasure", "1", says)
            for what in ("UPDATE", "DELETE")
            for says in [f"ledger: {what} of ledger_erasure is refused"]
        ),
        _raise(
            "erasure_replaced",
            "BEFORE INSERT ON ledger_erasure",
            "EXISTS (SELECT 1 FROM ledger_erasure WHERE id = NEW.id)",
            "ledger: REPLACE of ledger_erasure is refused",
        ),
    ]
    return [*made, *map(_of_kind, RULES)]


def _of_kind(name):
    kinds, wrong, says = RULES[name]
    return _raise(
        f"transfer_kind_{name}",
        "BEFORE INSERT ON ledger_transfer",
        _on("sqlite", wrong),
        f"ledger: posting_rule {says}",
        f"WHEN NEW.kind IN ({', '.join(map(str, kinds))})",
    )


def on(connection):
    """The statements that set every guard."""
    return _sqlite() if connection.vendor != "postgresql" else _in_schema(connection, _postgresql())


def as_one(connection):
    """The statements that make one trigger of those that an earlier release had on PostgreSQL."""
    if connection.vendor != "postgresql":
        return []
    dropped = [f"DROP FUNCTION IF EXISTS ledger_kind_{name}() CASCADE" for name in RULES]
    return _in_schema(connection, [*dropped, *_one_trigger()])


def anew(connection, name):
    """The statements that set one rule as it is now, in place of what an earlier release said."""
    if connection.vendor != "postgresql":
        return [f"DROP TRIGGER ledger_transfer_kind_{name}", _of_kind(name)]
    return _in_schema(connection, _one_trigger())


def _in_schema(connection, statements):
    schema = _guards_postgresql.schema(connection)
    return ["SET CONSTRAINTS ALL IMMEDIATE", *(one.replace("{schema}", schema) for one in statements)]


def off(connection):
    """The statements that drop every guard."""
    if connection.vendor == "postgresql":
        functions = ["say_no", "subject_key_counted", "transfer_kinds"]
        dropped = [f"DROP FUNCTION ledger_{name}() CASCADE" for name in functions]
        return [
            *dropped,
            "DROP TRIGGER ledger_erasure_stays ON ledger_erasure",
            "DROP INDEX ledger_transfer_offline",
        ]
    triggers = ["account_named", "fund_end", "subject_key_counted"]
    triggers += ["erasure_no_update", "erasure_no_delete", "erasure_replaced"]
    triggers += [f"transfer_kind_{name}" for name in RULES]
    return [*(f"DROP TRIGGER ledger_{name}" for name in triggers), "DROP INDEX ledger_transfer_offline"]
