"""Looks at proof of cover: what all holders can spend, under one root, and the money behind it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ledger.audit import chart
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.tables import HERE, Tables, Values, day, leaf_of, local_day, moment
from ledger.audit.view import View
from ledger.log import cover, entry


def covered(case: Case) -> Iterator[str | Nothing]:
    """Each proof adds up, every euro that is owed is there, and the bank's word is the last in the log."""
    log, left = case.view(), 0
    before: entry.Cover | None = None
    bank: entry.Recon | None = None
    if not log.of(entry.Cover):
        yield Nothing("the log holds no proof of cover")
    for index, leaf in log.leaves.items():
        if isinstance(leaf, entry.Recon):
            left += bank.closing if bank and not leaf.opening else 0  # a new account starts at 0
            bank = leaf
        elif isinstance(leaf, entry.Cover):
            yield from (f"Leaf {index}: {sentence}" for sentence in leaf.sums())
            if leaf.gap < 0:
                yield f"Leaf {index}: on {leaf.date} {-leaf.gap} cents were missing."
            if leaf.date != _day_of(leaf.at):
                yield f"Leaf {index}: the proof of {leaf.date} speaks of a moment on another day."
            if not _follows(leaf, before, log):
                yield f"Leaf {index}: the proof of {leaf.date} does not follow the one before it."
            before = leaf
            if not _is_the_banks_word(log, leaf, bank, left):
                yield f"Leaf {index}: the proof of {leaf.date} does not say what the bank said last."


def _day_of(at: int) -> str:
    """The day in the Netherlands of a moment; "" of one that no calendar has."""
    try:
        return datetime.fromtimestamp(at, HERE).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _follows(leaf: entry.Cover, before: entry.Cover | None, log: View) -> bool:
    """Proofs count from 1 within a day, and time does not go back; those before may stand in another log."""
    if before is None:
        return leaf.no == 1 or log.continues
    if leaf.date == before.date:
        return leaf.no == before.no + 1 and leaf.at >= before.at
    return leaf.no == 1 and leaf.date > before.date


def _is_the_banks_word(log: View, leaf: entry.Cover, last: entry.Recon | None, left: int) -> bool:
    """Is the balance that of the last statement, and what is left on accounts before (cents)?

    The first statement of this log may stand in the log before.
    """
    if last is None:
        return log.continues or (leaf.statement, leaf.bank_closing) == ("", 0)
    return (leaf.statement, leaf.bank_closing) == (last.statement, last.closing + left)


DAY = timedelta(days=1)


def daily(case: Case) -> Iterator[str | Nothing]:
    """From the first proof on, there is one of each day on which a batch was sealed, or of the day before.

    On a day of which the log tells nothing the server may have stood still. A day that was not over when the
    log was cosigned may get its proof later.
    """
    log = case.view()
    proofs = {date.fromisoformat(leaf.date) for leaf in log.of(entry.Cover).values()}
    if not proofs:
        yield Nothing("the log holds no proof of cover")
        return
    until = datetime.fromtimestamp(case.cosigned_at or 0, HERE).date()
    for batch in log.batches.values():
        on = date.fromisoformat(batch.to_day)
        if min(proofs) < on < until and not proofs & {on, on - DAY}:
            yield f"Batch {batch.no} was sealed on {on}; neither that day nor the day before has a proof."


# --- with the books -----------------------------------------------------------------------------------------
_PROOFS = """
SELECT p.id, p.muni, p.day, p.no, p.at, p.horizon, e.id, e.leaf FROM ledger_cover_proof p
  JOIN ledger_log_entry e ON e.id = p.entry_id ORDER BY p.horizon, p.id
"""
_BETWEEN = """
  FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE t.seq BETWEEN ? AND ?
"""
_MOVED = f"SELECT t.muni, d.code, c.code, sum(t.amount) {_BETWEEN} GROUP BY t.muni, d.code, c.code"
_NEAR = f"SELECT t.posted_at, d.code, c.code, t.amount {_BETWEEN}"
_READ = "SELECT id, leaf FROM ledger_log_entry WHERE source LIKE 'recon:%' ORDER BY id DESC"
_TOLD = {
    "pots_total": (chart.POT, chart.SLICES),
    "fund_total": (chart.FUND, chart.DISTRIBUTION),
    "payable_total": (chart.MERCHANT_OPEN, chart.MERCHANT_DUE),
    "in_transit": (chart.IN_TRANSIT,),
    "unidentified": (chart.UNIDENTIFIED,),
    "losses": (chart.GUARANTEE, chart.WRITE_OFF),
    "receivable": (chart.RECEIVABLE,),
    "bank_closing": (chart.BANK,),
}
"""The accounts of which each amount of a proof is the sum; the books' bank moves by statements alone."""
SAME_MOMENT = timedelta(minutes=1)
NEIGHBOURS = 100_000
_TILES = "SELECT n, nodes FROM ledger_cover_tile WHERE proof_id = ? AND level = 0 ORDER BY n"


def booked(case: Case) -> Iterator[str | Note | Nothing]:
    """Each proof says what the books held then, and the leaves that are still kept come to it."""
    books, held, n, known = case.tables(), Counter[tuple[int, int]](), 0, 0
    statements = _statements(books)
    for id_, muni, on, no, at, horizon, place, raw in books.rows(_PROOFS):
        _add(held, books.rows(_MOVED, known + 1, horizon))
        known = horizon
        leaf = leaf_of(raw)
        if not isinstance(leaf, entry.Cover):
            yield f"The proof of {on} (number {no}) has no leaf that can be read."
            continue
        n += 1
        for name, codes in _TOLD.items():
            said, were = getattr(leaf, name), sum(held[muni, code] for code in codes)
            if said != were and abs(said - were) > _doubt(books, horizon, moment(at), codes):
                yield f"The proof of {on} (number {no}) says {said} cents of {name}; there were {were}."
        if leaf.statement != next((name for read, name in statements if read < place), ""):
            yield f"The proof of {on} (number {no}) does not rest on the bank's last statement."
        level = b"".join(bytes(nodes) for _, nodes in books.rows(_TILES, id_))
        yield from cover.check_leaves(leaf, level) if level else ()
    if n:
        yield Note(f"{n} proofs of cover were compared with the books.")
    else:
        yield Nothing("the books hold no proof of cover")


def _add(held: Counter[tuple[int, int]], moved: Iterator[Values]) -> None:
    """Add what was moved to what each code of a municipality holds."""
    for muni, debit, credit, cents in moved:
        held[muni, debit] += int(cents) if debit in chart.DEBIT_SIDE else -int(cents)
        held[muni, credit] += -int(cents) if credit in chart.DEBIT_SIDE else int(cents)


def _statements(books: Tables) -> list[tuple[int, str]]:
    """The leaves about statements, the newest first: which leaf, and the hash of the bank's file."""
    leaves = ((id_, leaf_of(raw)) for id_, raw in books.rows(_READ))
    return [(id_, leaf.statement) for id_, leaf in leaves if isinstance(leaf, entry.Recon)]


def _doubt(books: Tables, horizon: int, at: datetime, codes: tuple[int, ...]) -> int:
    """Cents that were on their way then, where numbers are not given out in the order of commits."""
    if books.engine == "sqlite":
        return 0
    rows = books.rows(_NEAR, horizon - NEIGHBOURS, horizon)
    return sum(
        cents
        for posted, debit, credit, cents in rows
        if (debit in codes) != (credit in codes) and abs(moment(posted) - at) <= SAME_MOMENT
    )


LATE = timedelta(hours=26)
_PROVED = "SELECT muni, day, at FROM ledger_cover_proof ORDER BY at"
_HOURS = """
SELECT DISTINCT muni, substr(CAST(posted_at AS text), 1, 13) FROM ledger_transfer ORDER BY 1, 2
"""


def lived(case: Case) -> Iterator[str | Nothing]:
    """Of each day on which something was booked there is a proof, from the first proof on.

    Not of a day that is not over, nor when all that was booked came within 26 hours of the last proof.
    """
    proved: dict[int, dict[date, datetime]] = {}
    for muni, on, at in case.tables().rows(_PROVED):
        proved.setdefault(muni, {})[day(on)] = moment(at)
    if not proved:
        yield Nothing("the books hold no proof of cover")
        return
    hours = [(muni, moment(f"{hour}:00:00")) for muni, hour in case.tables().rows(_HOURS)]
    newest = {muni: local_day(hour) for muni, hour in hours}
    missed: set[date] = set()
    for muni, hour in hours:
        on, proofs = local_day(hour), proved.get(muni, {})
        if on not in proofs and on < newest[muni] and case.is_lived(hour):
            before = max((at for at in proofs.values() if at <= hour), default=hour)
            missed |= {on} if hour - before > LATE else set()
    for on in sorted(missed):
        yield f"Money was booked on {on}, and there is no proof of cover of that day."


KEEP_DAYS = 8  # that phones ask for a proof; counted from the newest
_BARE = """
SELECT p.muni, p.day, p.no, EXISTS (SELECT 1 FROM ledger_cover_tile t WHERE t.proof_id = p.id AND t.level = 0)
  FROM ledger_cover_proof p ORDER BY p.muni, p.day DESC, p.no DESC
"""


def kept(case: Case) -> Iterator[str | Nothing]:
    """The leaves of the last proofs are there: without them nobody can tell whose pots are in a total."""
    newest: dict[int, date] = {}
    for muni, on, no, has_leaves in case.tables().rows(_BARE):
        last = newest.setdefault(muni, day(on))
        if not has_leaves and last - day(on) < timedelta(days=KEEP_DAYS):
            yield f"The proof of {on} (number {no}) has no leaves any more."
    if not newest:
        yield Nothing("the books hold no proof of cover")
