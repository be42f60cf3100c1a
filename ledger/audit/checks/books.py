"""Looks at the books: accounts, transfers, batches, and whether the log says the same as they do."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.audit import chart, manifest, rebuild, sums
from ledger.audit.case import Case
from ledger.audit.check import Note
from ledger.audit.tables import Tables, leaf_of, moment
from ledger.log import entry, merkle

OUTBOX_DAYS = 8  # the longest that a payment waits for its batch is a week
SKEW = timedelta(seconds=2)  # as the seal allows
JUMP = timedelta(minutes=10)  # between neighbours in the table
DEBIT_SIDE = ", ".join(map(str, chart.DEBIT_SIDE))
GUARDED = ", ".join(map(str, chart.GUARDED))

# --- A1 -----------------------------------------------------------------------------------------------------
_KINDS = f"""
SELECT t.kind, d.code, c.code, CASE
         WHEN d.id IS NULL OR c.id IS NULL THEN 'names an account that is not there'
         WHEN d.muni <> t.muni OR c.muni <> t.muni THEN 'goes from one municipality to another'
         WHEN t.amount < 1 OR t.amount > {chart.MAX_AMOUNT} THEN 'has an impossible amount'
         WHEN d.fund <> c.fund THEN 'goes from one fund to another'
         WHEN t.kind = {chart.SETTLE} AND d.party <> c.party THEN 'settles one shop with another'
         WHEN length(t.payload_sha256) <> 32 THEN 'does not say of what it was made'
         WHEN t.reverses IS NOT NULL AND t.kind NOT IN ({chart.VOID}, {chart.REFUND})
              THEN 'reverses, and is neither a void nor a refund'
         WHEN t.kind IN ({chart.COVER_LOSS}, {chart.CLOSE_YEAR})
              AND (t.ref_type <> 'approved-by' OR t.ref_id IN ('', t.actor))
              THEN 'was decided by one person alone'
         ELSE '' END, count(*), min(t.seq)
  FROM ledger_transfer t
  LEFT JOIN ledger_account d ON d.id = t.debit_id
  LEFT JOIN ledger_account c ON c.id = t.credit_id
 GROUP BY 1, 2, 3, 4 ORDER BY 6
"""  # noqa: S608 - numbers of our own


def rules(case: Case) -> Iterator[str | Note]:
    """Each transfer moves between accounts as a posting rule of the release allows, in one municipality."""
    allowed = manifest.chart()
    found = {tuple(row) for row in case.tables().rows("SELECT kind, debit, credit FROM ledger_posting_rule")}
    for rule in sorted(found ^ allowed):
        what = (
            "has a posting rule that the release does not have" if rule in found else "misses a posting rule"
        )
        yield f"The database {what}: kind {rule[0]} from {rule[1]} to {rule[2]}."
    total = 0
    for kind, debit, credit, fault, n, first in case.tables().rows(_KINDS):
        total += n
        more = f" (and {n - 1} more)" if n > 1 else ""
        if fault:
            yield f"Transfer {first}{more} {fault}."
        elif (kind, debit, credit) not in allowed:
            yield f"Transfer {first}{more} of kind {kind} goes from {debit} to {credit}: no rule allows that."
    yield Note(f"{total} transfers were looked at.")


# --- A2 -----------------------------------------------------------------------------------------------------
_ACCOUNTS = """
SELECT a.id, a.code, a.side, a.guard, a.balance, coalesce(c.s, 0), coalesce(d.s, 0)
  FROM ledger_account a
  LEFT JOIN (SELECT credit_id, sum(amount) AS s FROM ledger_transfer GROUP BY credit_id) c
    ON c.credit_id = a.id
  LEFT JOIN (SELECT debit_id, sum(amount) AS s FROM ledger_transfer GROUP BY debit_id) d
    ON d.debit_id = a.id
 WHERE NOT a.guard OR a.balance IS NULL OR a.balance < 0 OR a.balance <>
       (CASE a.side WHEN 'C' THEN 1 ELSE -1 END) * (coalesce(c.s, 0) - coalesce(d.s, 0))
"""
_NATURE = f"""
SELECT id, code FROM ledger_account
 WHERE (side = 'D') <> (code IN ({DEBIT_SIDE})) OR guard <> (code IN ({GUARDED}))
    OR guard <> (balance IS NOT NULL) OR (closed_at IS NOT NULL AND balance <> 0)
"""  # noqa: S608 - numbers of our own
_WAITING = """
SELECT id, sum(moved) FROM (
  SELECT a.id, CASE a.side WHEN 'C' THEN t.amount ELSE -t.amount END AS moved
    FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
    JOIN ledger_account a ON a.id = t.credit_id WHERE NOT a.guard
   UNION ALL
  SELECT a.id, CASE a.side WHEN 'D' THEN t.amount ELSE -t.amount END
    FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
    JOIN ledger_account a ON a.id = t.debit_id WHERE NOT a.guard
) s GROUP BY id
"""
_SNAPSHOTS = """
SELECT s.account_id, s.balance FROM ledger_snapshot s JOIN (
  SELECT account_id, max(batch_id) AS batch_id FROM ledger_snapshot GROUP BY account_id) l
    ON l.account_id = s.account_id AND l.batch_id = s.batch_id
"""


def balances(case: Case) -> Iterator[str]:
    """Each balance is the sum of its transfers, on accounts that are what their code says."""
    books = case.tables()
    for id_, code in books.rows(_NATURE):
        yield f"Account {id_} is not what its code {code} says, or is closed and not empty."
    snapshots: dict[int, int] = dict(books.rows(_SNAPSHOTS))
    waiting: dict[int, int] = dict(books.rows(_WAITING))
    for id_, code, side, guard, balance, credits_, debits in books.rows(_ACCOUNTS):
        moved = int(credits_ - debits) if side == "C" else int(debits - credits_)
        if guard:
            yield f"Account {id_} ({code}) says {balance} cents; its transfers come to {moved}."
        elif moved != snapshots.get(id_, 0) + int(waiting.get(id_, 0)):
            yield f"Account {id_} ({code}): its last snapshot and what waits are not its transfers ({moved})."


# --- A3 -----------------------------------------------------------------------------------------------------
def totals(case: Case) -> Iterator[str]:
    """All sealed transfers together are what each batch kept as its totals; assets are liabilities."""
    flows = case.flows
    codes: dict[int, Counter[int]] = {}
    for batch in sums.batches(case.tables()):
        if lost := flows.lost.get(batch.id):
            yield f"Batch {batch.no}: {lost} of its transfers, or their accounts, are not there any more."
        running = codes.setdefault(batch.muni, Counter())
        for flow in flows.of.get(batch.id, []):
            running[flow.debit] += flow.amount * (1 if flow.debit in chart.DEBIT_SIDE else -1)
            running[flow.credit] += flow.amount * (-1 if flow.credit in chart.DEBIT_SIDE else 1)
        kept = {int(code): amount for code, amount in _json(batch.totals)["codes"].items()}
        for code in sorted(_merged(running).keys() | _merged(kept).keys()):
            if _merged(running).get(code, 0) != _merged(kept).get(code, 0):
                yield f"Batch {batch.no}: its totals do not fit the transfers (accounts of code {code})."
        if sum(a if code in chart.DEBIT_SIDE else -a for code, a in kept.items()):
            yield f"Batch {batch.no}: assets and liabilities are not equal."


def _merged(codes: dict[int, int] | Counter[int]) -> dict[int, int]:
    """What is owed to shops as one amount, whether it is settled or not; what is zero is left out."""
    due = codes.get(chart.MERCHANT_OPEN, 0) + codes.get(chart.MERCHANT_DUE, 0)
    rest = {c: a for c, a in codes.items() if c not in (chart.MERCHANT_OPEN, chart.MERCHANT_DUE)}
    return {code: amount for code, amount in {**rest, chart.MERCHANT_OPEN: due}.items() if amount}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


# --- A5 -----------------------------------------------------------------------------------------------------
_PLACES = f"""
SELECT t.seq, t.kind, i.transfer_seq IS NOT NULL, o.transfer_seq IS NOT NULL
  FROM ledger_transfer t
  LEFT JOIN ledger_batch_item i ON i.transfer_seq = t.seq
  LEFT JOIN ledger_outbox o ON o.transfer_seq = t.seq
 WHERE CASE WHEN t.kind = {chart.SETTLE} THEN i.transfer_seq IS NOT NULL OR o.transfer_seq IS NOT NULL
       ELSE (i.transfer_seq IS NULL) = (o.transfer_seq IS NULL) END
 ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
_STRANGE = """
SELECT o.transfer_seq FROM ledger_outbox o
  LEFT JOIN ledger_transfer t ON t.seq = o.transfer_seq WHERE t.seq IS NULL
"""
_OLDEST = f"""
SELECT min(t.posted_at), count(*) FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
 WHERE t.kind IN ({", ".join(map(str, chart.PAYMENTS))})
"""  # noqa: S608 - numbers of our own


def settled_once(case: Case) -> Iterator[str]:
    """Each transfer is in exactly one batch, a payment by its commitment, or waits for one not too long."""
    books = case.tables()
    yield from _uncommitted(case)
    for seq, kind, sealed, waits in books.rows(_PLACES):
        if kind == chart.SETTLE:
            yield f"Transfer {seq} makes a batch's sums; it must not be in one."
        elif sealed and waits:
            yield f"Transfer {seq} is in a batch and waits for another one."
        else:
            yield f"Transfer {seq} is in no batch, and waits for none."
    for (seq,) in books.rows(_STRANGE):
        yield f"Transfer {seq} waits for a batch, and does not exist."
    oldest, n = next(books.rows(_OLDEST))
    if n and case.now - moment(oldest) > timedelta(days=OUTBOX_DAYS):
        yield f"{n} payments wait for a batch, the oldest for more than {OUTBOX_DAYS} days."


def _uncommitted(case: Case) -> Iterator[str]:
    """Payments, and they alone, stand in public one by one."""
    for batch in sums.batches(case.tables()):
        for flow in case.flows.of.get(batch.id, []):
            if flow.committed != (flow.kind in chart.PAYMENTS):
                what = "payments without a commitment" if not flow.committed else "commitments to no payment"
                yield f"Batch {batch.no} holds {flow.n} {what} (of kind {flow.kind})."


# --- A6 -----------------------------------------------------------------------------------------------------
_GAPS = """
SELECT log_id, count(*), max(idx) FROM ledger_log_entry GROUP BY log_id HAVING count(*) <> max(idx) + 1
"""


def numbers(case: Case) -> Iterator[str]:
    """Batches and leaves count up without a gap."""
    last: dict[int, int] = {}
    for batch in sums.batches(case.tables()):
        wanted = last.get(batch.muni, 0) + 1
        if batch.no != wanted:
            yield f"Municipality {batch.muni} has batch {batch.no}, where batch {wanted} belongs."
        last[batch.muni] = batch.no
    for log, n, top in case.tables().rows(_GAPS):
        yield f"Log {log} has {n} leaves, and the last one has number {top}."


_LEAVES = """
SELECT e.idx, e.leaf FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id
 WHERE l.origin = ? ORDER BY e.idx
"""


def published(case: Case) -> Iterator[str]:
    """The leaves that the log serves are those of the database."""
    log, next_ = case.view(), 0
    for index, leaf in case.tables().rows(_LEAVES, log.head.origin):
        if index >= log.head.size:
            break
        if merkle.leaf_hash(bytes(leaf)) != log.hashes[index]:
            yield f"Leaf {index} of the log is another than the database has."
        next_ = index + 1
    if next_ < log.head.size:
        yield f"The log has {log.head.size} leaves, and the database {next_} of them."


_LEAVES_WITH_SUMS = """
SELECT e.id, e.leaf FROM ledger_log_entry e LEFT JOIN ledger_batch b ON b.entry_id = e.id
 WHERE b.id IS NOT NULL OR e.source LIKE 'close:%'
"""
_NO_BYTES = hashlib.sha256().hexdigest()


def rebuilt(case: Case) -> Iterator[str]:
    """Each leaf with sums says what its transfers come to, made anew in the order of the log."""
    books = case.tables()
    leaves: dict[int, bytes] = dict(books.rows(_LEAVES_WITH_SUMS))
    hashes = _addenda(books)
    states: dict[int, rebuild.States] = {}
    rows: list[sums.Sealed | sums.Ended] = [*sums.batches(books), *sums.ends(books)]
    for row in sorted(rows, key=lambda row: row.entry):
        before, leaf = states.setdefault(row.muni, rebuild.States()), leaf_of(leaves.get(row.entry, b""))
        what = f"Batch {row.no}" if isinstance(row, sums.Sealed) else f"The end of {row.log}"
        if isinstance(row, sums.Sealed) and isinstance(leaf, entry.Batch):
            flows, addendum = case.flows.of.get(row.id, []), hashes.get(row.id, _NO_BYTES)
            wrong = rebuild.differences(row, flows, addendum, before, leaf)
        elif isinstance(row, sums.Ended) and isinstance(leaf, entry.Close):
            wrong = rebuild.end_differences(before, leaf)
        else:
            yield f"{what} has no leaf in the log that can be read."
            continue
        yield from (f"{what}: its leaf has another {name} than its transfers." for name in wrong)


def _addenda(books: Tables) -> dict[int, str]:
    """SHA-256 (hex) of each batch's commitments, in their order."""
    hashes: dict[int, Any] = {}
    sql = "SELECT batch_id, commitment FROM ledger_batch_item WHERE pos IS NOT NULL ORDER BY batch_id, pos"
    for batch, commitment in books.rows(sql):
        hashes.setdefault(batch, hashlib.sha256()).update(bytes(commitment))
    return {batch: found.hexdigest() for batch, found in hashes.items()}


# --- A22 ----------------------------------------------------------------------------------------------------
_LATE = """
SELECT b.no, b.sealed_at, count(*), min(t.seq) FROM ledger_batch b
  JOIN ledger_batch_item i ON i.batch_id = b.id JOIN ledger_transfer t ON t.seq = i.transfer_seq
 WHERE t.posted_at > b.sealed_at GROUP BY b.no, b.sealed_at
"""
_BACK = """
SELECT seq, posted_at, before FROM (
  SELECT seq, posted_at, lag(posted_at) OVER (ORDER BY seq) AS before FROM ledger_transfer) s
 WHERE posted_at < before ORDER BY seq
"""
ONLINE_MINUTES = 15
OFFLINE_DAYS = 31
_DATED = f"""
SELECT seq, kind, effective_at, posted_at FROM ledger_transfer
 WHERE kind IN ({", ".join(map(str, chart.PAYMENTS))}) AND effective_at <> posted_at
"""  # noqa: S608 - numbers of our own


def times(case: Case) -> Iterator[str | Note]:
    """Batches follow each other, nothing is booked after its batch was sealed, nothing is back-dated."""
    books = case.tables()
    ended: dict[int, datetime] = {}
    for batch in sums.batches(books):
        start, end = moment(batch.from_at), moment(batch.to_at)
        if (
            end < start
            or start < ended.get(batch.muni, start) - SKEW
            or moment(batch.sealed_at) > case.now + SKEW
        ):
            yield f"Batch {batch.no} ends before it begins, overlaps the one before, or is of tomorrow."
        ended[batch.muni] = end
    for no, sealed, n, first in books.rows(_LATE):
        if case.is_lived(moment(sealed)):
            yield f"Batch {no} holds {n} transfers that were booked after it was sealed (one is {first})."
    for seq, at, before in books.rows(_BACK):
        if moment(before) - moment(at) > JUMP:
            yield f"Transfer {seq} is booked at an earlier time than the one before it."
    for seq, kind, business, posted in books.rows(_DATED):
        away = abs(moment(posted) - moment(business))
        most = timedelta(days=OFFLINE_DAYS) if kind == chart.OFFLINE else timedelta(minutes=ONLINE_MINUTES)
        if away > most and case.is_lived(moment(business)):
            yield f"Transfer {seq} says another time than that at which it was booked."
    if case.times_from:
        yield Note(
            f"Times before {case.times_from:%Y-%m-%d %H:%M} are of a history made at once: not compared."
        )
