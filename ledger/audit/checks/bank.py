"""Looks at the bank: its statements, its files, and the accounts of the books that follow them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.audit import chart
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.tables import Tables, day, leaf_of, moment, number
from ledger.log import entry

if TYPE_CHECKING:
    from ledger.bank import camt053

TRANSIT_DAYS = 7
UNMATCHED_DAYS = 7

_BY_BANK = f"""
SELECT d.code, c.code, sum(t.amount) FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE t.kind IN ({", ".join(map(str, chart.BY_BANK))}) GROUP BY d.code, c.code
"""  # noqa: S608 - numbers of our own


def standing(books: Tables) -> Counter[int]:
    """What stands at the bank, on its way there, and unexplained: cents by code, each on its own side."""
    held: Counter[int] = Counter()
    for debit, credit, cents in books.rows(_BY_BANK):
        held[debit] += int(cents) if debit in chart.DEBIT_SIDE else -int(cents)
        held[credit] += -int(cents) if credit in chart.DEBIT_SIDE else int(cents)
    return held


def statements_in_public(case: Case) -> Iterator[str | Nothing]:
    """Each bank statement of the log adds up, and opens where the one before closed; a new account at 0."""
    closing: int | None = None
    found = case.view().of(entry.Recon)
    if not found:
        yield Nothing("the log holds no bank statements")
    for index, leaf in found.items():
        yield from (f"Leaf {index}: {sentence}" for sentence in leaf.sums())
        if closing is not None and leaf.opening not in (closing, 0):
            yield f"Leaf {index}: the statement of {leaf.date} does not open where the one before closed."
        closing = leaf.closing


_STATEMENTS = """
SELECT s.id, s.iban, s.stmt_id, s."on", s.opening, s.closing, coalesce(l.s, 0) FROM ledger_bank_statement s
  LEFT JOIN (SELECT statement_id, sum(CASE WHEN credit THEN amount ELSE -amount END) AS s
               FROM ledger_bank_line GROUP BY statement_id) l ON l.statement_id = s.id
 ORDER BY s.iban, s.id
"""
_UNMATCHED = """
SELECT l.id, l.amount, coalesce(sum(m.amount), 0), count(m.line_id) FROM ledger_bank_line l
  LEFT JOIN ledger_bank_match m ON m.line_id = l.id
 GROUP BY l.id, l.amount HAVING coalesce(sum(m.amount), 0) <> l.amount
"""
_MATCHES = """
SELECT m.line_id, m.how, m.amount, t.amount, t.seq, p.status, p.amount, l.credit
  FROM ledger_bank_match m JOIN ledger_bank_line l ON l.id = m.line_id
  LEFT JOIN ledger_transfer t ON t.id = m.transfer LEFT JOIN ledger_payout p ON p.id = m.payout_id
"""
_KINDS_OF_BANK = f"({chart.FUNDING}, {chart.BOOKED}, {chart.RETURNED}, {chart.UNMATCHED})"
_BANK = """
  FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
"""
_UNBACKED = f"""
SELECT t.seq {_BANK}
  LEFT JOIN ledger_bank_match m ON m.transfer = t.id
  LEFT JOIN ledger_bank_clearing k ON k.transfer = t.id
 WHERE t.kind IN {_KINDS_OF_BANK} AND {chart.BANK} IN (d.code, c.code)
   AND m.line_id IS NULL AND k.line_id IS NULL ORDER BY t.seq
"""
_STUCK = """
SELECT p.id, p.status, f.released_at FROM ledger_payout p JOIN ledger_pain_file f ON f.id = p.file_id
 WHERE p.status = 'sent' AND f.released_at IS NOT NULL
"""
_OLD_LINES = """
SELECT l.id, l.booked_on FROM ledger_bank_line l JOIN ledger_bank_match m ON m.line_id = l.id
  LEFT JOIN ledger_bank_clearing c ON c.line_id = l.id
 WHERE m.how = 'unmatched' AND c.line_id IS NULL
"""
_OPEN_LINES = """
SELECT sum(CASE WHEN l.credit THEN 0 ELSE m.amount END), sum(CASE WHEN l.credit THEN m.amount ELSE 0 END)
  FROM ledger_bank_line l JOIN ledger_bank_match m ON m.line_id = l.id
  LEFT JOIN ledger_bank_clearing c ON c.line_id = l.id
 WHERE m.how = 'unmatched' AND c.line_id IS NULL
"""


def statements(case: Case) -> Iterator[str | Nothing]:
    """Each bank line is matched once and whole; each movement of the bank's account has its line."""
    books = case.tables()
    closings: dict[str, int] = {}
    for _, iban, name, on, opening, closing, moved in books.rows(_STATEMENTS):
        if opening + int(moved) != closing or closings.get(iban, opening) != opening:
            yield f"Statement {name} of {on} does not add up, or does not open where the one before closed."
        closings[iban] = closing
    for line, amount, matched, n in books.rows(_UNMATCHED):
        yield f"Bank line {line} of {amount} cents is matched {n} times, with {int(matched)} cents."
    for line, how, amount, posted, seq, status, paid_out, credit in books.rows(_MATCHES):
        wrong = posted != amount or (how == "booked" and (credit or paid_out != amount or status == "sent"))
        if wrong or (how in ("funding", "returned") and not credit):
            yield f"Bank line {line} ({how}) does not fit what was booked for it (transfer {seq})."
    for (seq,) in books.rows(_UNBACKED):
        yield f"Transfer {seq} moves money of the bank, and no line of the bank says so."
    yield from _forgotten(case, books)
    held = standing(books)
    yield from _unexplained(books, held)
    if not closings:
        yield Nothing("the books hold no bank statements")
    elif held[chart.BANK] != sum(closings.values()):
        said = sum(closings.values())
        yield f"The books have {held[chart.BANK]} cents in the bank; the bank's last statements say {said}."


def _forgotten(case: Case, books: Tables) -> Iterator[str]:
    for id_, _, released in books.rows(_STUCK):
        if case.now - moment(released) > timedelta(days=TRANSIT_DAYS):
            yield f"Payout {number(id_)} was sent over {TRANSIT_DAYS} days ago; the bank has not booked it."
    for line, booked_on in books.rows(_OLD_LINES):
        if case.now.date() - day(booked_on) > timedelta(days=UNMATCHED_DAYS):
            yield f"Bank line {line} has fitted nothing for more than {UNMATCHED_DAYS} days."


def _unexplained(books: Tables, held: Mapping[int, int]) -> Iterator[str]:
    """What the books cannot explain are the lines of the bank that fit nothing yet, and no more."""
    out, into = (int(cents or 0) for cents in next(books.rows(_OPEN_LINES)))
    if (held[chart.SUSPENSE], held[chart.UNIDENTIFIED]) != (out, into):
        yield f"Lines of {out} cents out and {into} cents in fit nothing; the books have other sums for them."


_TOLD = """
SELECT s.muni, s.id, s.stmt_id, s."on", f.sha256, s.opening, s.closing, e.leaf FROM ledger_bank_statement s
  JOIN ledger_bank_file f ON f.id = s.file_id
  LEFT JOIN ledger_log_entry e ON e.source = 'recon:' || s.muni || ':' || s.id ORDER BY s.id
"""
_WHAT_THEY_WERE = """
SELECT l.statement_id, m.how, l.credit, sum(m.amount) FROM ledger_bank_match m
  JOIN ledger_bank_line l ON l.id = m.line_id GROUP BY l.statement_id, m.how, l.credit
"""
_SUMS = {
    "funded": ("funding", True),
    "booked": ("booked", False),
    "returned": ("returned", True),
    "unmatched_in": ("unmatched", True),
    "unmatched_out": ("unmatched", False),
}


def told(case: Case) -> Iterator[str | Nothing]:
    """Each statement has its leaf, and the leaf says what the books made of its lines."""
    books = case.tables()
    statements, rows = list(books.rows(_TOLD)), books.rows(_WHAT_THEY_WERE)
    if not statements:
        yield Nothing("the books hold no bank statements")
    sums = {(statement, how, bool(credit)): int(cents) for statement, how, credit, cents in rows}
    for muni, id_, name, on, sha256, opening, closing, raw in statements:
        parts = {part: sums.get((id_, *what), 0) for part, what in _SUMS.items()}
        date, file = day(on).isoformat(), bytes(sha256).hex()
        if raw is None:
            yield f"Statement {name} of {date} was read, and the log does not tell it."
        elif leaf_of(raw) != entry.Recon(muni, date, file, opening, closing, **parts):
            yield f"The log says something else of statement {name} of {date} than the books."


_TOLD_AT = """
SELECT e.idx FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id
  JOIN ledger_bank_statement s ON e.source = 'recon:' || s.muni || ':' || s.id WHERE l.origin = ?
"""


def made_up(case: Case) -> Iterator[str | Nothing]:
    """Each leaf about a statement is about one that was read."""
    log = case.view()
    if not log.of(entry.Recon):
        yield Nothing("the log holds no bank statements")
    known = {index for (index,) in case.tables().rows(_TOLD_AT, log.head.origin)}
    for index in sorted(log.of(entry.Recon).keys() - known):
        yield f"Leaf {index} tells a bank statement that was never read."


_READ_FILES = "SELECT sha256 FROM ledger_bank_file"
_READ = """
SELECT f.sha256, s.iban, s.stmt_id, s.opening, s.closing, l.ref, l.amount, l.credit
  FROM ledger_bank_statement s JOIN ledger_bank_file f ON f.id = s.file_id
  LEFT JOIN ledger_bank_line l ON l.statement_id = s.id ORDER BY s.id, l.pos
"""
_Statement = tuple[str, str, int, int]
_Lines = list[tuple[str, int, bool]]


def bank_files(case: Case) -> Iterator[str | Note]:
    """Each statement in the folder was read, and the books have its balances and its lines, no others.

    A statement may be told again by a later file; the books have it once, under the first.
    """
    books, folder = case.tables(), case.bank
    if folder is None:
        return
    yield from folder.faults
    files = {bytes(sha256).hex() for (sha256,) in books.rows(_READ_FILES)}
    read, kept = _read_statements(books)
    for name, said in folder.statements.items():
        told = {_key(one): _lines(one) for one in said.statements}
        if name not in files:
            yield f"The bank's file {folder.names[name]} was never read into the books."
        elif kept.get(name, set()) - told.keys() or any(read.get(key) != told[key] for key in told):
            yield f"The bank's file {folder.names[name]} says something else than the books."
    yield Note(f"{len(folder.statements)} statements and {len(folder.orders)} payment files were read.")


def _read_statements(books: Tables) -> tuple[dict[_Statement, _Lines], dict[str, set[_Statement]]]:
    """The lines of each statement as the books have them, and the statements of each file (its SHA-256)."""
    read: dict[_Statement, _Lines] = {}
    kept: dict[str, set[_Statement]] = {}
    for sha256, iban, id_, opening, closing, ref, amount, credit in books.rows(_READ):
        key = (iban, id_, opening, closing)
        kept.setdefault(bytes(sha256).hex(), set()).add(key)
        lines = read.setdefault(key, [])
        if ref is not None:
            lines.append((ref, amount, bool(credit)))
    return read, kept


def _key(said: "camt053.Statement") -> _Statement:
    return said.iban, said.id, said.opening, said.closing


def _lines(said: "camt053.Statement") -> _Lines:
    return [(line.ref, line.amount, line.credit) for line in said.lines]
