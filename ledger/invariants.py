"""What must hold before a batch is sealed: I1-I3 on every account that it touches, I12 on every fund.

Each is one statement, so that a payment that commits meanwhile is in all of its sums or in none. The other
half, that S itself adds up (I12, I13), is in `totals`. docs/spec/06-books.md has the list.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import connection

from ledger import books, totals
from ledger.models import Account, Code, Transfer

_BALANCES = """
SELECT id FROM ledger_account a WHERE id IN ({ids}) AND (balance < 0 OR balance <>
  (CASE side WHEN 'C' THEN 1 ELSE -1 END) * (
    coalesce((SELECT sum(amount) FROM ledger_transfer WHERE credit_id = a.id), 0)
    - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE debit_id = a.id), 0)))
"""
_FUNDS = """
SELECT fund, sum(budget), sum(pots) FROM (
  SELECT fund, CASE WHEN code IN (2000, 2050) THEN balance ELSE 0 END AS budget,
         CASE WHEN code IN (2100, 2150) THEN balance ELSE 0 END AS pots
    FROM ledger_account WHERE muni = %s AND fund IS NOT NULL AND guard
  UNION ALL
  SELECT a.fund, CASE WHEN a.code IN (2000, 2050) THEN x.sign * t.amount ELSE 0 END,
         CASE WHEN a.code IN (2100, 2150) THEN x.sign * t.amount ELSE 0 END
    FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
    CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) x
    JOIN ledger_account a ON a.id = CASE x.sign WHEN 1 THEN t.debit_id ELSE t.credit_id END
   WHERE o.muni = %s AND a.fund IS NOT NULL AND a.guard
) s GROUP BY fund
"""


def check(
    muni: int, no: int, waiting: Sequence[Transfer], parties: Iterable[UUID | None], after: totals.State
) -> None:
    """Raise BooksBroken unless each touched balance is the sum of its transfers, and each fund is S.

    `parties` are the merchants whose due account may have been moved as well.
    """
    ends = (account for transfer in waiting for account in (transfer.debit, transfer.credit))
    guarded = {account.id for account in ends if account.guard}
    due = Account.objects.filter(muni=muni, code=Code.MERCHANT_DUE, party__in=list(parties))
    with _by_index():
        _check_balances(sorted(guarded | set(due.values_list("id", flat=True))))
    with connection.cursor() as cursor:
        cursor.execute(_FUNDS, [muni, muni])
        found = {str(fund): (int(budget), int(pots)) for fund, budget, pots in cursor.fetchall()}
    wrong = [
        held.fund for held in after.truth.funds if found.get(held.fund, (0, 0)) != (held.budget, held.pots)
    ]
    if wrong:
        raise totals.BooksBroken(
            f"Batch {no}: the accounts of fund {', '.join(wrong)} are not its transfers."
        )


@contextmanager
def _by_index() -> Iterator[None]:
    """Look transfers up by their account. One account of a top-up has as many as there are pots, so that
    PostgreSQL would expect as many of each pot, and read the whole table, or compile a plan, for each."""
    _plan("off")
    yield
    _plan("on")


def _plan(switch: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = {switch}")
            cursor.execute(f"SET LOCAL jit = {switch}")


def _check_balances(accounts: Sequence[int]) -> None:
    for start in range(0, len(accounts), books.CHUNK):
        chunk = accounts[start : start + books.CHUNK]
        with connection.cursor() as cursor:
            cursor.execute(_BALANCES.format(ids=", ".join(map(str, chunk))))
            wrong = [str(account) for (account,) in cursor.fetchall()]
        if wrong:
            raise totals.BooksBroken(f"The balance of account {', '.join(wrong)} is not its transfers.")
