"""Looks at what goes to people and comes back from them: top-ups, and what is left after the end."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ledger.audit import chart
from ledger.audit.case import Case
from ledger.audit.tables import day, leaf_of, local_day, moment, number
from ledger.log import entry

GRANT_TAG = b"vpl/grant/1\0"

# Of a top-up, what is for a pot that was closed before it got anything.
_BACK = f"(kind = {chart.SWEEP} AND ref_type = 'closed pot')"

# --- A19 ----------------------------------------------------------------------------------------------------
_DISTRIBUTIONS = f"""
SELECT a.id, a.balance, coalesce(c.s, 0), coalesce(d.s, 0), coalesce(c.n, 0), coalesce(c.unsigned, 0)
  FROM ledger_account a
  LEFT JOIN (SELECT credit_id, sum(amount) AS s, count(*) AS n,
                    sum(CASE WHEN ref_id = '' OR actor = '' THEN 1 ELSE 0 END) AS unsigned
               FROM ledger_transfer WHERE kind = {chart.GRANT} GROUP BY credit_id) c ON c.credit_id = a.id
  LEFT JOIN (SELECT debit_id, sum(amount) AS s FROM ledger_transfer
              WHERE kind = {chart.GRANT} OR {_BACK} GROUP BY debit_id) d ON d.debit_id = a.id
 WHERE a.code = {chart.DISTRIBUTION}
"""  # noqa: S608 - numbers of our own
_UNDECIDED = f"""
SELECT seq FROM ledger_transfer
 WHERE kind IN ({chart.ALLOCATE}, {chart.CORRECT}) AND (ref_id = '' OR actor = '') ORDER BY seq
"""  # noqa: S608 - numbers of our own


def decided(case: Case) -> Iterator[str]:
    """Each budget, top-up and correction names its decision and its maker; a top-up is given once, whole."""
    books = case.tables()
    for (seq,) in books.rows(_UNDECIDED):
        yield f"Transfer {seq} adds or corrects money, and names no decision or nobody who made it."
    for id_, balance, given, passed_on, n, unsigned in books.rows(_DISTRIBUTIONS):
        if n > 1:
            yield f"The top-up of account {id_} took its total out of the fund {n} times."
        if unsigned:
            yield f"The top-up of account {id_} names no decision, or nobody who made it."
        if passed_on > given or balance != given - passed_on:
            yield f"The top-up of account {id_} gave {passed_on} cents of {given}."


_GRANTS = f"""
SELECT g.id, g.total_cents, g.lines_count, g.four_eyes, g.made_by_id, g.approved_by_id, g.decision_ref,
       m.four_eyes_above, p.unit_cents, l.n, l.units, l.missed, b.cents, t.amount, g.status
  FROM wallet_grantbatch g
  JOIN wallet_municipality m ON m.number = g.muni_id
  JOIN wallet_programme p ON p.id = g.programme_id
  LEFT JOIN (SELECT batch_id, count(*) AS n, sum(amount) AS units,
                    sum(CASE WHEN missed_at IS NULL THEN 0 ELSE amount END) AS missed
               FROM wallet_grantline GROUP BY batch_id) l ON l.batch_id = g.id
  LEFT JOIN ledger_account a ON a.grant_batch = g.id AND a.code = {chart.DISTRIBUTION}
  LEFT JOIN ledger_transfer t ON t.credit_id = a.id AND t.kind = {chart.GRANT}
  LEFT JOIN (SELECT debit_id, sum(amount) AS cents FROM ledger_transfer WHERE {_BACK} GROUP BY debit_id) b
    ON b.debit_id = a.id
 WHERE g.status = 'booked' OR t.amount IS NOT NULL
"""  # noqa: S608 - numbers of our own
_STRAY = f"""
SELECT a.id FROM ledger_account a
  JOIN ledger_transfer t ON t.credit_id = a.id AND t.kind = {chart.GRANT}
  LEFT JOIN wallet_grantbatch g ON g.id = a.grant_batch
 WHERE a.code = {chart.DISTRIBUTION} AND g.id IS NULL
"""  # noqa: S608 - numbers of our own


def two_people(case: Case) -> Iterator[str]:
    """Each top-up that gave money was decided on, is its lines, and has another's yes above the limit."""
    for row in case.tables().rows(_GRANTS):
        id_, total, count, four_eyes, made_by, approved_by, ref, limit, unit, n, units, *given = row
        missed, back, posted, status = given
        if status not in ("booking", "booked"):
            yield f"Top-up {id_} gave {posted} cents, and its row says that it is {status}."
        if not ref:
            yield f"Top-up {id_} names no decision."
        if (n, int(units or 0) * unit) != (count, total) or posted != total:
            yield f"Top-up {id_} says {total} cents in {count} lines; its lines and the books say otherwise."
        if status == "booked" and int(missed or 0) * unit != int(back or 0):
            yield f"Top-up {id_} gave {back or 0} cents back to its fund; its lines say otherwise."
        if total > limit and (not four_eyes or approved_by in (None, made_by)):
            yield f"Top-up {id_} is above the limit of {limit} cents, and nobody else approved it."
        elif approved_by == made_by:
            yield f"Top-up {id_} was approved by who made it."
    for (account,) in case.tables().rows(_STRAY):
        yield f"The books gave out a top-up (account {account}) that nobody made."


_PUBLISHED = """
SELECT e.idx, e.leaf FROM ledger_log_entry e WHERE e.source LIKE 'grant:%' ORDER BY e.log_id, e.idx
"""
_TOTALS = f"""
SELECT a.grant_batch, a.fund, t.amount, t.ref_type FROM ledger_account a
  JOIN ledger_transfer t ON t.credit_id = a.id AND t.kind = {chart.GRANT}
 WHERE a.code = {chart.DISTRIBUTION}
"""  # noqa: S608 - numbers of our own


def published(case: Case) -> Iterator[str]:
    """Each top-up that the log names is one of the books: fund, amount, and whether two people saw it."""
    books = case.tables()
    known = {_public(batch): (str(fund), cents, ref) for batch, fund, cents, ref in books.rows(_TOTALS)}
    for index, raw in books.rows(_PUBLISHED):
        leaf = leaf_of(raw)
        if isinstance(leaf, entry.Grant):  # A6 names what cannot be read
            kept = known.get(leaf.batch)
            if (
                kept is None
                or kept[:2] != (leaf.fund, leaf.total)
                or leaf.four_eyes != kept[2].endswith("four-eyes")
            ):
                yield f"Leaf {index} names a top-up that the books do not have like that."


def _public(batch: Any) -> str:
    """What a top-up is called in the log, which does not name it (spec 07, section 3)."""
    return hashlib.sha256(GRANT_TAG + number(batch).bytes).hexdigest()[:32]


# --- A21 ----------------------------------------------------------------------------------------------------
_SWEPT = f"""
SELECT t.seq, t.effective_at, t.posted_at, d.code, d.fund, c.fund, f.until_on, f.grace_days
  FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
  LEFT JOIN ledger_fund f ON f.muni = t.muni AND f.number = d.fund
 WHERE t.kind = {chart.SWEEP} ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
_IN_SWEEPS = f"""
SELECT CASE WHEN c.code = {chart.DISTRIBUTION} THEN c.id ELSE d.id END,
       sum(CASE WHEN c.code = {chart.DISTRIBUTION} THEN t.amount ELSE -t.amount END)
  FROM ledger_transfer t
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE t.kind = {chart.SWEEP} AND t.ref_type <> 'closed pot' GROUP BY 1
HAVING sum(CASE WHEN c.code = {chart.DISTRIBUTION} THEN t.amount ELSE -t.amount END) <> 0
"""  # noqa: S608 - numbers of our own


def ends(case: Case) -> Iterator[str]:
    """Pots are emptied only after the end and the days of grace, and go back to their own fund, whole."""
    books = case.tables()
    for seq, business, posted, code, fund, to_fund, until, grace in books.rows(_SWEPT):
        at = min(moment(business), moment(posted))
        if fund is None or fund != to_fund:
            yield f"Transfer {seq} empties a pot into another fund."
        elif until is None:
            yield f"Transfer {seq} empties a pot of fund {fund}, whose last day nobody has told."
        elif local_day(at) <= day(until) + timedelta(days=grace) and code == chart.POT:
            yield f"Transfer {seq} empties a pot of fund {fund} before its last day of grace."
    for account, left in books.rows(_IN_SWEEPS):
        yield f"A sweep (account {account}) keeps {left} cents between the pots and the fund."
