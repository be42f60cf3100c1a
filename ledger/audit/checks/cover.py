"""Looks at proof of cover: what all holders can spend, under one root, and the money behind it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ledger.audit import chart
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.tables import Tables, moment
from ledger.log import cover, entry


def covered(case: Case) -> Iterator[str | Nothing]:
    """Each proof adds up, every euro that is owed is there, and the bank's word is one that the log has."""
    log, last = case.view(), ("", 0)
    statements: dict[str, int] = {}
    if not log.of(entry.Cover):
        yield Nothing("the log holds no proof of cover")
    for index, leaf in log.leaves.items():
        if isinstance(leaf, entry.Recon):
            statements[leaf.statement] = leaf.closing
        elif isinstance(leaf, entry.Cover):
            yield from (f"Leaf {index}: {sentence}" for sentence in leaf.sums())
            if leaf.gap < 0:
                yield f"Leaf {index}: on {leaf.date} {-leaf.gap} cents were missing."
            if (leaf.date, leaf.no) <= last:
                yield f"Leaf {index}: the proof of {leaf.date} is older than the one before it."
            last = (leaf.date, leaf.no)
            if statements and leaf.statement and leaf.statement not in statements:
                yield f"Leaf {index}: the proof of {leaf.date} rests on a statement that is not in the log."


_PROOFS = """
SELECT p.id, p.day, p.no, p.at, p.horizon, e.leaf FROM ledger_cover_proof p
  JOIN ledger_log_entry e ON e.id = p.entry_id ORDER BY p.horizon, p.id
"""
_MOVED = f"""
  FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE (d.code IN ({chart.POT}, {chart.SLICES})) <> (c.code IN ({chart.POT}, {chart.SLICES}))
"""
_POTS = f"""
SELECT t.seq, CASE WHEN c.code IN ({chart.POT}, {chart.SLICES}) THEN t.amount ELSE -t.amount END
{_MOVED} ORDER BY t.seq
"""
_NEAR = f"SELECT t.posted_at, t.amount {_MOVED} AND t.seq BETWEEN ? AND ?"
SAME_MOMENT = timedelta(minutes=1)
NEIGHBOURS = 100_000
_TILES = "SELECT n, nodes FROM ledger_cover_tile WHERE proof_id = ? AND level = 0 ORDER BY n"


def all_pots(case: Case) -> Iterator[str | Note | Nothing]:
    """The total of each proof is what all pots held then, and the leaves that are still kept come to it."""
    books, held, n = case.tables(), 0, 0
    proofs = list(books.rows(_PROOFS))
    moves = books.rows(_POTS) if proofs else iter(())
    row = next(moves, None)
    for id_, day, no, at, horizon, raw in proofs:
        while row and row[0] <= horizon:
            held, row = held + int(row[1]), next(moves, None)
        leaf = entry.parse(bytes(raw))
        if not isinstance(leaf, entry.Cover):
            continue
        n += 1
        if held != leaf.pots_total and abs(held - leaf.pots_total) > _doubt(books, horizon, moment(at)):
            yield f"The proof of {day} (number {no}) says {leaf.pots_total} cents in pots; there were {held}."
        level = b"".join(bytes(nodes) for _, nodes in books.rows(_TILES, id_))
        yield from cover.check_leaves(leaf, level) if level else ()
    if n:
        yield Note(f"{n} proofs of cover were compared with the books.")
    else:
        yield Nothing("the books hold no proof of cover")


def _doubt(books: Tables, horizon: int, at: datetime) -> int:
    """Cents that were on their way at that moment: numbers are not given out in the order of commits."""
    rows = books.rows(_NEAR, horizon - NEIGHBOURS, horizon + NEIGHBOURS)
    return sum(cents for posted, cents in rows if abs(moment(posted) - at) <= SAME_MOMENT)
