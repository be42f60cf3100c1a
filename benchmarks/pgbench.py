"""What this machine's PostgreSQL can do at most: the job without a web server, in one statement and in four.

The job is that of a redemption and stores what any honest one must: lower a balance if it is enough; write
the redemption with the till's signed record, unique by number, by sale and by pass; write two entries that
can be found by account. No triggers, no joins, no rules. Measured with PostgreSQL's own pgbench, over TCP as
the site is and with fsync on: in its default protocol, and prepared, which spares the parsing and planning.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.driver import Outcome
from tests.postgres import binaries

SCHEMA = """
CREATE SCHEMA bench;
CREATE TABLE bench.voucher (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0));
CREATE TABLE bench.redemption (id uuid PRIMARY KEY, merchant int NOT NULL, txn uuid NOT NULL,
  pass text NOT NULL UNIQUE, voucher int NOT NULL, amount bigint NOT NULL CHECK (amount > 0),
  at timestamptz NOT NULL, record text NOT NULL, UNIQUE (merchant, txn));
ALTER TABLE bench.redemption SET (toast_tuple_target = 4096);
CREATE INDEX ON bench.redemption (voucher, at);
CREATE TABLE bench.entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, redemption uuid NOT NULL,
  account int NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL);
CREATE INDEX ON bench.entry (account);
CREATE INDEX ON bench.entry (redemption);
INSERT INTO bench.voucher SELECT n, 1000000000 FROM generate_series(1, 250) n;
"""
ONE = r"""
\set v random(1, 250)
\set m random(1, 16)
WITH paid AS (UPDATE bench.voucher SET balance = balance - 100 WHERE id = :v AND balance >= 100 RETURNING id),
made AS (INSERT INTO bench.redemption
  SELECT gen_random_uuid(), :m, gen_random_uuid(), gen_random_uuid()::text, id, 100, now(), repeat('x', 1900)
  FROM paid RETURNING id)
INSERT INTO bench.entry (redemption, account, amount, at)
  SELECT id, :v, -100, now() FROM made UNION ALL SELECT id, 1000 + :m, 100, now() FROM made;
"""
FOUR = r"""
\set v random(1, 250)
\set m random(1, 16)
BEGIN;
UPDATE bench.voucher SET balance = balance - 100 WHERE id = :v AND balance >= 100;
INSERT INTO bench.redemption
  VALUES (gen_random_uuid(), :m, gen_random_uuid(), gen_random_uuid()::text, :v, 100,
  now(), repeat('x', 1900));
INSERT INTO bench.entry (redemption, account, amount, at) VALUES (gen_random_uuid(), :v, -100, now());
INSERT INTO bench.entry (redemption, account, amount, at)
  VALUES (gen_random_uuid(), 1000 + :m, 100, now());
COMMIT;
"""


def _run(program: str, database: str, *arguments: str, text: str = "", cwd: str | None = None) -> str:
    to = urlsplit(database)
    where = ["-h", str(to.hostname), "-p", str(to.port), "-U", "meedoen"]
    command = [str((binaries() or Path()) / program), *where, *arguments, "meedoen"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=cwd).stdout


def prepare(database: str) -> None:
    """Make the tables of the comparison."""
    _run("psql", database, "-q", "-v", "ON_ERROR_STOP=1", text=SCHEMA)


def measure(database: str, script: str, clients: int, seconds: int, protocol: str = "simple") -> Outcome:
    """One turn of a script; a transaction counts as a 201. `protocol` is pgbench's: simple or prepared."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "job.sql").write_text(script)
        options = ["-n", "-M", protocol, "-f", "job.sql", "-c", str(clients), "-j", str(min(2, clients))]
        _run("pgbench", database, *options, "-T", str(seconds), "-l", "--log-prefix=took", cwd=folder)
        logs = "".join(path.read_text() for path in Path(folder).glob("took*"))
    took = [int(line.split()[2]) / 1000 for line in logs.splitlines()]
    return Outcome(float(seconds), took, Counter({201: len(took)}))


def _ask(database: str, query: str) -> str:
    return _run("psql", database, "-q", "-A", "-t", "-c", query).strip()


def folder(database: str) -> Path:
    """Where the server keeps its data."""
    return Path(_ask(database, "SHOW data_directory"))


def _count(database: str, query: str) -> int:
    return int(_ask(database, query))


def redemptions(database: str) -> int:
    """How many redemptions the site has written."""
    return _count(database, "SELECT count(*) FROM wallet_redemption")


def statements(database: str) -> int:
    """How many statements of the site PostgreSQL has run so far (pg_stat_statements, top level only)."""
    site = (
        "query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%bench.%' AND query NOT LIKE '%count(*)%'"
    )
    return _count(database, f"SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE {site}")  # noqa: S608
