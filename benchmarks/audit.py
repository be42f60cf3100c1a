"""`make bench-audit`: how long it takes to audit a million transfers and a million leaves of the log.

1. The books are a SQLite file made by the product's own migrations and filled with its own formats: one fund,
   pots, shops, batches of 5 000 payments with their commitments and SETTLE transfers. Guards sleep meanwhile.
2. The log has a leaf for each batch; the others are top-ups. All of it is hashed, signed and cosigned.
3. The audit is the command itself, as anybody runs it: every check that these inputs allow, every payment's
   commitment made anew. It must find nothing.

BENCH_PAYMENTS and BENCH_LEAVES change the size. The last line of the output is one JSON object.
"""

# ruff: noqa: S608 - the numbers in the SQL are our own

from __future__ import annotations

import hashlib
import hmac
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from benchmarks.bars import judge, say
from benchmarks.timing import timed
from ledger.audit.anew import canonical
from ledger.audit.tables import local_day
from ledger.log import checkpoint, entry, merkle, note, receipt, state, tiles

PAYMENTS = int(os.environ.get("BENCH_PAYMENTS", "1000000"))
LEAVES = int(os.environ.get("BENCH_LEAVES", "1000000"))
PER_BATCH, POTS, SHOPS = 5_000, 10_000, 100
MUNI, FUND, CENTS = 14, 8, 250
ORIGIN = "log.example/gm0014/2026"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECRET = b"k" * 32
SPACE = UUID(int=14)
BARS = {"seconds": -60, "findings": 0}  # at most

RECEIVABLE, FUND_ACCOUNT, DISTRIBUTION = 1, 2, 3
FIRST_POT, FIRST_OPEN = 10, 10 + POTS
FIRST_DUE = FIRST_OPEN + SHOPS


def main() -> int:
    """Make the books and the log, audit them, print what it took."""
    with tempfile.TemporaryDirectory(prefix="meedoen-bench-") as name:
        folder = Path(name)
        made = timed("making books and log", lambda: _make(folder)).done
        audit = timed("the audit", lambda: _audit(folder))
    report, peak = audit.done, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    result = {
        "transfers": made,
        "leaves": LEAVES,
        "seconds": round(audit.seconds, 1),
        "cpu_seconds": round(audit.cpu, 1),
        "peak_mb": round(peak),
        "findings": sum(len(check["findings"]) for check in report["checks"]),
        "done": [check["id"] for check in report["checks"] if check["status"] != "skipped"],
        "cores": os.cpu_count(),
    }
    for check in report["checks"]:
        for finding in check["findings"]:
            say(f"{check['id']}: {finding}")
    judge(BARS, result)
    print(json.dumps(result))
    return 0


def _audit(folder: Path) -> Any:
    command = [
        sys.executable, "-m", "ledger.audit", str(folder / "log"), "--policy", str(folder / "policy"),
        "--json",
        "--books", f"sqlite:///{folder / 'books.sqlite3'}", "--keys", str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout)


# --- the books ----------------------------------------------------------------------------------------------
def _make(folder: Path) -> int:
    (folder / "receipts").write_bytes(SECRET)
    path = folder / "books.sqlite3"
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{path}", "MEEDOEN_VAR": str(folder)}
    migrate = [sys.executable, "manage.py", "migrate", "ledger", "--verbosity", "0", "--skip-checks"]
    subprocess.run(migrate, env=environment, check=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = MEMORY")
    db.execute("PRAGMA synchronous = OFF")
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute("BEGIN")
    town = _Town(db)
    town.fill()
    _publish(folder, town)
    for _, sql in triggers:
        db.execute(sql)
    db.execute("COMMIT")
    db.close()
    return town.seq


@dataclass
class _Town:
    """Fills the tables in the order of time; `seq` is the number of transfers so far."""

    db: sqlite3.Connection
    seq: int = 0
    standing: state.Standing = field(default_factory=state.Standing)
    codes: Counter[int] = field(default_factory=Counter)
    spent: Counter[int] = field(default_factory=Counter)
    leaves: list[bytes] = field(default_factory=list)
    addenda: list[receipt.Commitments] = field(default_factory=list)
    moves: Counter[str] = field(default_factory=Counter)

    def fill(self) -> None:
        self._accounts()
        each = CENTS * (PAYMENTS // POTS + 1)
        self.leaves.append(entry.build(entry.Open(MUNI, 2026, "0" * 64)))
        opening = [
            (1, RECEIVABLE, FUND_ACCOUNT, each * POTS),
            (3, FUND_ACCOUNT, DISTRIBUTION, each * POTS),
            *((3, DISTRIBUTION, FIRST_POT + pot, each) for pot in range(POTS)),
        ]
        waiting = [
            self._transfer(kind, debit, credit, cents, START) for kind, debit, credit, cents in opening
        ]
        self.moves.update(allocated=each * POTS, granted=each * POTS)
        for no in range(1, PAYMENTS // PER_BATCH + 1):
            waiting = self._batch(no, waiting)
        self._balances(each)

    def _accounts(self) -> None:
        rows = [
            (RECEIVABLE, 1300, "D", 0, None, None, None, None),
            (FUND_ACCOUNT, 2000, "C", 1, 0, FUND, None, None),
            (DISTRIBUTION, 2050, "C", 1, 0, FUND, None, _uuid("grant").hex),
            *((FIRST_POT + i, 2100, "C", 1, 0, FUND, _uuid(f"pot {i}").hex, None) for i in range(POTS)),
            *((FIRST_OPEN + i, 2200, "C", 0, None, None, _uuid(f"shop {i}").hex, None) for i in range(SHOPS)),
            *((FIRST_DUE + i, 2210, "C", 1, 0, None, _uuid(f"shop {i}").hex, None) for i in range(SHOPS)),
        ]
        self.db.executemany(
            "INSERT INTO ledger_account (id, muni, code, side, guard, balance, fund, party, grant_batch)"
            f" VALUES (?, {MUNI}, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        parties = [f"pot {i}" for i in range(POTS)] + [f"shop {i}" for i in range(SHOPS)]
        self.db.executemany(
            f"INSERT INTO ledger_subject_key (party, muni, seed) VALUES (?, {MUNI}, ?)",
            [(_uuid(name).hex, _seed(name)) for name in parties],
        )
        self.db.execute(
            "INSERT INTO ledger_log (id, muni, year, part, origin, vkey, quantum_vkey, closed)"
            f" VALUES (1, {MUNI}, 2026, 1, '{ORIGIN}', '', '', 0)"
        )

    def _transfer(self, kind: int, debit: int, credit: int, cents: int, at: datetime) -> tuple[Any, ...]:
        self.seq += 1
        id_ = hashlib.md5(b"%d" % self.seq, usedforsecurity=False).hexdigest()
        when = f"{at:%Y-%m-%d %H:%M:%S}"
        return (self.seq, id_, kind, debit, credit, cents, when, when)

    def _batch(self, no: int, before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Seal a batch of payments, and what waited before it; what waits after it (nothing)."""
        at = START + timedelta(hours=no)
        numbers = range((no - 1) * PER_BATCH, no * PER_BATCH)
        paid = [
            self._transfer(5, FIRST_POT + i % POTS, FIRST_OPEN + i % SHOPS, CENTS, at - timedelta(minutes=5))
            for i in numbers
        ]
        self.spent.update(row[3] for row in paid)
        committed = {row[0]: _commitment(row, no) for row in paid}
        ordered = receipt.Commitments.of(list(committed.values()))
        self.moves.update(n=len(paid), redeemed=CENTS * len(paid))
        due = CENTS * PER_BATCH // SHOPS
        settle = [self._transfer(11, FIRST_OPEN + i, FIRST_DUE + i, due, at) for i in range(SHOPS)]
        self._insert(before + paid, settle, no)
        lines = receipt.Commitments.of([_settled(row, no) for row in settle])
        start = at - timedelta(hours=1) if no > 1 else START
        leaf = self._leaf(no, (start, at), ordered, lines)
        self._rows(no, (start, at), leaf, before + paid, committed, ordered)
        self.addenda += [ordered, lines]
        return []

    def _insert(self, waiting: list[tuple[Any, ...]], settle: list[tuple[Any, ...]], no: int) -> None:
        sql = (
            "INSERT INTO ledger_transfer (seq, id, kind, debit_id, credit_id, amount, effective_at,"
            f" posted_at, muni, ref_type, ref_id, actor, reason, payload_sha256) VALUES (?, ?, ?, ?, ?, ?,"
            f" ?, ?, {MUNI}, ?, ?, 'bench', '', ?)"
        )
        digest = bytes(32)
        rows = [(*row, "decision", "D-1", digest) for row in waiting]
        rows += [(*row, "batch", f"{MUNI}:{no}", digest) for row in settle]
        self.db.executemany(sql, rows)

    def _leaf(
        self,
        no: int,
        period: tuple[datetime, datetime],
        ordered: receipt.Commitments,
        lines: receipt.Commitments,
    ) -> bytes:
        sums = state.proceed(self.standing, {str(FUND): self.moves})
        self.standing = self.standing.after(sums)
        first, last = (local_day(moment).isoformat() for moment in period)
        return entry.build(
            entry.Batch(
                MUNI, no, first, last, PER_BATCH, SHOPS // 10 * 10,
                ordered.root().hex(), ordered.addendum_hash(),
                lines.root().hex(), lines.addendum_hash(), **state.lines_of(sums),
            )
        )  # fmt: skip

    def _rows(
        self,
        no: int,
        period: tuple[datetime, datetime],
        leaf: bytes,
        taken: list[tuple[Any, ...]],
        committed: dict[int, bytes],
        ordered: receipt.Commitments,
    ) -> None:
        self.leaves.append(leaf)
        codes = {1300: self.standing.receivable, 2000: 0, 2050: 0, 2100: self.standing.funds[0].pots}
        totals = json.dumps({"codes": {**codes, 2200: self.standing.payable}})
        start, end = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in period)
        self.db.execute(
            "INSERT INTO ledger_batch (id, muni, no, entry_id, from_at, to_at, sealed_at, n, totals, tx_root,"
            f" status) VALUES (?, {MUNI}, ?, ?, ?, ?, ?, ?, ?, ?, 'witnessed')",
            (no, no, len(self.leaves), start, end, end, PER_BATCH, totals, ordered.root()),
        )
        place = {value: at for at, value in enumerate(ordered.values)}
        items = [(row[0], no, place.get(committed.get(row[0], b"")), committed.get(row[0])) for row in taken]
        self.db.executemany(
            "INSERT INTO ledger_batch_item (transfer_seq, batch_id, pos, commitment) VALUES (?, ?, ?, ?)",
            items,
        )
        accounts = [RECEIVABLE, *range(FIRST_OPEN, FIRST_OPEN + SHOPS)]
        held = [self.standing.receivable] + [0] * SHOPS
        self.db.executemany(
            "INSERT INTO ledger_snapshot (account_id, batch_id, balance) VALUES (?, ?, ?)",
            [(account, no, cents) for account, cents in zip(accounts, held, strict=True)],
        )
        self.moves = Counter()

    def _balances(self, each: int) -> None:
        pots = [(each - CENTS * self.spent[FIRST_POT + i], FIRST_POT + i) for i in range(POTS)]
        due = CENTS * (PAYMENTS // PER_BATCH) * PER_BATCH // SHOPS
        dues = [(due, FIRST_DUE + i) for i in range(SHOPS)]
        self.db.executemany("UPDATE ledger_account SET balance = ? WHERE id = ?", pots + dues)


def _uuid(name: str) -> UUID:
    return uuid5(SPACE, name)


def _seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


_KEYS: dict[str, bytes] = {}


def _key(name: str) -> bytes:
    if name not in _KEYS:
        _KEYS[name] = hmac.digest(SECRET, _seed(name), "sha256")
    return _KEYS[name]


def _commitment(row: tuple[Any, ...], no: int) -> bytes:
    _, id_, _, debit, credit, cents, when, _ = row
    pot, shop = f"pot {debit - FIRST_POT}", f"shop {credit - FIRST_OPEN}"
    transfer = UUID(id_)
    hidden = receipt.merchant_commitment(str(_uuid(shop)), receipt.salt(_key(shop), transfer))
    text = canonical(MUNI, no, str(FUND), "redeem", cents, local_day(when).isoformat(), hidden)
    return receipt.commitment(text, receipt.salt(_key(pot), transfer))


def _settled(row: tuple[Any, ...], no: int) -> bytes:
    _, id_, _, debit, _, cents, *_ = row
    shop = f"shop {debit - FIRST_OPEN}"
    salt = receipt.salt(_key(shop), UUID(id_))
    hidden = receipt.merchant_commitment(str(_uuid(shop)), salt)
    return receipt.commitment(receipt.Settled(MUNI, no, cents, hidden).canonical(), salt)


# --- the log ------------------------------------------------------------------------------------------------
def _publish(folder: Path, town: _Town) -> None:
    """Fill the log up with top-ups, write its files, sign and cosign it."""
    leaves = [*town.leaves, *_top_ups(LEAVES - len(town.leaves))]
    town.db.executemany(
        "INSERT INTO ledger_log_entry (id, log_id, idx, leaf, source) VALUES (?, 1, ?, ?, ?)",
        ((at + 1, at, leaf, f"bench:{at}") for at, leaf in enumerate(leaves)),
    )
    for path, data in tiles.append(_nothing, 0, leaves).files:
        _write(folder / "log" / path, data)
    for found in town.addenda:
        _write(folder / "log" / receipt.addendum_path(found.addendum_hash()), found.addendum())
    text = checkpoint.Checkpoint(
        ORIGIN, len(leaves), merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
    ).text()
    own = note.SignerKey.from_seed(ORIGIN, note.ED25519, b"L" * 32)
    witness = note.SignerKey.from_seed("drenthe.example/witness", note.COSIGNATURE_V1, b"W" * 32)
    lines = (note.sign(text, own), note.cosign(text, witness, int(START.timestamp())))
    _write(folder / "log" / "checkpoint", note.Note(text, lines).encode())
    policy = f"log {own.verifier}\nwitness drenthe {witness.verifier}\nquorum drenthe\n"
    (folder / "policy").write_text(policy)


def _top_ups(n: int) -> Iterator[bytes]:
    for at in range(n):
        batch = hashlib.sha256(b"%d" % at).hexdigest()[:32]
        decision = hashlib.sha256(b"D-%d" % (at // 100)).hexdigest()
        yield (
            f'{{"batch":"{batch}","decision":"{decision}","four_eyes":true,"fund":"{FUND}","muni":{MUNI},"n":12,'
            f'"t":"grant","total":120000,"v":1}}'
        ).encode()


def _nothing(path: str) -> bytes:
    raise FileNotFoundError(path)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
