"""What the database of this release looks like: guards, tables and rights, when nobody touched them.

    python -m ledger.audit.manifest DSN        writes the engine's part of manifest.json from a fresh database

1. Each object (trigger, function, table, constraint, index, rule) has a name and its definition's SHA-256.
2. Rights are those that any role but the owner has, and policies say for which rows; what there is beyond the
   release is one too many.
3. `chart` is the table of posting rules.

The file is part of the release; a test makes it anew on both engines and compares.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.audit.tables import Tables, open_tables

FILE = Path(__file__).with_name("manifest.json")
OWN = ("ledger_", "wallet_")

_SQLITE = """
SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'view'
"""
_POSTGRESQL = """
SELECT 'trigger', (c.relname || '.' || t.tgname)::text, c.relname::text,
       pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND n.nspname = current_schema()
UNION ALL
SELECT 'function', p.proname::text, p.proname::text, pg_get_functiondef(p.oid)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname = current_schema() AND p.prokind = 'f'
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'rule', (c.relname || '.' || r.rulename)::text, c.relname::text,
       pg_get_ruledef(r.oid) || ' ' || r.ev_enabled::text
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind = 'r'
UNION ALL
SELECT 'constraint', (c.relname || '.' || k.conname)::text, c.relname::text,
       concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated,
                 (SELECT string_agg(DISTINCT t.tgenabled::text, '') FROM pg_trigger t
                   WHERE t.tgconstraint = k.oid))
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND k.contype IN ('c', 'f', 'u', 'p', 'x')
UNION ALL
SELECT 'index', i.indexname::text, i.tablename::text, i.indexdef
  FROM pg_indexes i WHERE i.schemaname = current_schema()
UNION ALL
SELECT 'table', c.relname::text, c.relname::text,
       concat_ws(' ', c.relforcerowsecurity,
                 EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhparent = c.oid),
                 string_agg(
                   concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                             a.attidentity, pg_get_expr(v.adbin, v.adrelid)), ', ' ORDER BY a.attnum))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  LEFT JOIN pg_attrdef v ON v.adrelid = c.oid AND v.adnum = a.attnum
 WHERE n.nspname = current_schema() AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
 GROUP BY c.oid
"""
# Roles have names of a site's own, so a policy is known by what it says.
_POLICIES = """
SELECT DISTINCT concat_ws(' ', tablename, permissive, cmd, 'USING', qual, 'CHECK', with_check)
  FROM pg_policies WHERE schemaname = current_schema()
"""
_ROWS = """
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = current_schema() AND c.relkind = 'r'
   AND c.relrowsecurity <> EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1
"""
_ASLEEP = """
SELECT 1 FROM pg_db_role_setting s, unnest(s.setconfig) AS said
 WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND said LIKE 'session_replication_role=%' AND said <> 'session_replication_role=origin'
UNION
SELECT 1 WHERE current_setting('session_replication_role') <> 'origin'
"""
_RIGHTS = """
SELECT p.privilege_type, c.relname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
       aclexplode(c.relacl) p
 WHERE n.nspname = current_schema() AND c.relkind = 'r' AND p.grantee <> c.relowner
UNION
SELECT p.privilege_type, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) p
 WHERE n.nspname = current_schema() AND p.grantee <> c.relowner
"""


def objects(books: Tables) -> dict[str, str]:
    """Every object of ours, and every trigger and function of anybody: SHA-256 (hex) by kind and name."""
    found = {}
    for kind, name, table, text in books.rows(_SQLITE if books.engine == "sqlite" else _POSTGRESQL):
        if table.startswith(OWN) or kind in ("trigger", "function"):
            place = name if name.startswith(OWN) else f"{table}.{name}"
            found[f"{kind} {place}"] = hashlib.sha256(_plain(text).encode()).hexdigest()
    return found


def _plain(text: str) -> str:
    """A definition without what may differ between two sites: the schema's name, white space."""
    return re.sub(r"\s+", " ", re.sub(r"\bpublic\b\.?", "", text)).strip()


def rights(books: Tables) -> list[str]:
    """What roles other than the owner may do in our tables, but for reading; SQLite has no roles."""
    if books.engine == "sqlite":
        return []
    found = {
        f"{right} {table}{f'.{column}' if column else ''}" for right, table, column in books.rows(_RIGHTS)
    }
    return sorted(right for right in found if right.split(" ")[1].startswith(OWN) and right[:6] != "SELECT")


def policies(books: Tables) -> list[str]:
    """What roles may do to some rows only; SQLite has no roles."""
    return [] if books.engine == "sqlite" else sorted(text for (text,) in books.rows(_POLICIES))


def _row_differences(books: Tables, wanted: list[str]) -> Iterator[str]:
    if books.engine == "sqlite":
        return
    for text in sorted(set(policies(books)) - set(wanted)):
        yield f"A policy is not known to the release: {text}."
    for (table,) in books.rows(_ROWS):
        yield f"The policies of {table} are switched off, or its rows are hidden without one."


def asleep(books: Tables) -> bool:
    """Does this database let anybody begin with its triggers switched off? SQLite knows no such setting."""
    return books.engine == "postgresql" and any(books.rows(_ASLEEP))


def chart() -> set[tuple[int, int, int]]:
    """The posting rules of this release: kind, debit code, credit code."""
    return {(kind, debit, credit) for kind, debit, credit in shipped()["chart"]}


def shipped() -> dict[str, Any]:
    """The manifest of this release."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def differences(books: Tables) -> Iterator[str]:
    """What is different in this database, one sentence each."""
    wanted, found = shipped()[books.engine], objects(books)
    alone = not books.has("wallet_redemption")  # books without passes and tills are whole by themselves
    for name, value in wanted["objects"].items():
        if alone and " wallet_" in name:
            continue
        if name not in found:
            yield f"The {name} is not there."
        elif found[name] != value:
            yield f"The {name} is another than in the release."
    for name in sorted(found.keys() - wanted["objects"].keys()):
        yield f"The {name} is not known to the release."
    for right in sorted(set(rights(books)) - set(wanted["rights"])):
        yield f"A role has a right that the release gives to nobody: {right}."
    yield from _row_differences(books, wanted["policies"])


def write(dsn: str) -> int:
    """Write the part of the engine of a fresh database. Raises BooksError."""
    books = open_tables(dsn)
    whole = shipped() if FILE.exists() else {}
    whole["chart"] = sorted(
        list(row) for row in books.rows("SELECT kind, debit, credit FROM ledger_posting_rule")
    )
    whole[books.engine] = {
        "objects": dict(sorted(objects(books).items())),
        "rights": rights(books),
        "policies": policies(books),
    }
    FILE.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{FILE.name}: {len(whole[books.engine]['objects'])} objects of {books.engine}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(write(sys.argv[1]))
