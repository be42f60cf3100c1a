"""Commitments made anew from transfers and keys (spec 07, section 5), by as many processes as cores.

At most a few pieces of work are under way at once, so memory does not grow with the books.
"""

import hmac
import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from ledger.audit import chart
from ledger.audit.tables import Tables, Values, local_day, number
from ledger.log import receipt

PIECE = 5_000  # rows
ALONE = 20_000  # fewer commitments than this are not worth other processes

COMMITTED = """
SELECT b.no, t.seq, t.id, t.muni, t.kind, t.amount, t.effective_at, coalesce(d.fund, c.fund, 0), d.code,
       d.party, c.party, i.commitment
  FROM ledger_batch_item i
  JOIN ledger_batch b ON b.id = i.batch_id
  JOIN ledger_transfer t ON t.seq = i.transfer_seq
  JOIN ledger_account d ON d.id = t.debit_id
  JOIN ledger_account c ON c.id = t.credit_id
 WHERE i.commitment IS NOT NULL
"""
SETTLED = f"""
SELECT t.ref_id, t.id, t.amount, a.party FROM ledger_transfer t
  JOIN ledger_account a ON a.id = t.debit_id WHERE t.kind = {chart.SETTLE}
"""  # noqa: S608 - a number of our own
_KEYS: dict[Any, bytes] = {}  # of this process


@dataclass
class Piece:
    """What one piece of work found: batch and transfer of what differs, and parties without a key."""

    n: int = 0
    closed: int = 0
    wrong: list[tuple[int, int]] = field(default_factory=list)
    gone: set[Any] = field(default_factory=set)


def keys(books: Tables, secret: bytes) -> dict[Any, bytes]:
    """The key of each party that has one (spec 06, section 6)."""
    rows = books.rows("SELECT party, seed FROM ledger_subject_key")
    return {party: hmac.digest(secret, bytes(seed), "sha256") for party, seed in rows}


def make(books: Tables, secret: bytes) -> Iterator[Piece]:
    """Make every commitment of the books anew, piece by piece."""
    rows, found = books.rows(COMMITTED), keys(books, secret)
    total = next(books.rows("SELECT count(*) FROM ledger_batch_item WHERE commitment IS NOT NULL"))[0]
    if total <= ALONE:
        _learn(found)
        yield piece(list(rows))
        return
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, get_context("spawn"), _learn, (found,)) as pool:
        under_way: deque[Future[Piece]] = deque()
        while work := list(islice(rows, PIECE)):
            under_way.append(pool.submit(piece, work))
            if len(under_way) > 2 * cores:
                yield under_way.popleft().result()
        yield from (future.result() for future in under_way)


def _learn(found: dict[Any, bytes]) -> None:
    _KEYS.clear()
    _KEYS.update(found)


def piece(rows: list[Values]) -> Piece:
    """Compare the commitments of some rows."""
    done = Piece(len(rows))
    for row in rows:
        made = _commitment(row, _KEYS)
        if made is None:
            done.closed += 1
            done.gone |= {party for party in row[9:11] if party is not None and party not in _KEYS}
        elif made != bytes(row[11]):
            done.wrong.append((row[0], row[1]))
    return done


def _commitment(row: Values, known: Mapping[Any, bytes]) -> bytes | None:
    """The commitment of one row of `COMMITTED`; None when a key is gone."""
    no, _, id_, muni, kind, amount, at, fund, debit_code, debit, credit, _ = row
    merchant, other = (debit, credit) if debit_code == chart.MERCHANT_OPEN else (credit, debit)
    holder_key, merchant_key = known.get(other or merchant), known.get(merchant)
    if holder_key is None or merchant_key is None or kind not in chart.PAYMENTS:
        return None
    transfer = number(id_)
    shop = receipt.merchant_commitment(_written(merchant), receipt.salt(merchant_key, transfer))
    text = canonical(muni, no, str(fund), chart.PAYMENTS[kind], amount, _day(str(at)[:13]), shop)
    return receipt.commitment(text, receipt.salt(holder_key, transfer))


def settled(books: Tables, secret: bytes) -> dict[str, list[bytes | None]]:
    """What each batch ("municipality:number") commits to for its shops; None for one whose key is gone."""
    known = keys(books, secret)
    made: dict[str, list[bytes | None]] = {}
    for batch, id_, amount, party in books.rows(SETTLED):
        made.setdefault(batch, []).append(_settled(batch, number(id_), amount, party, known.get(party)))
    return made


def _settled(batch: str, transfer: UUID, amount: int, party: Any, key: bytes | None) -> bytes | None:
    if key is None:
        return None
    muni, no = map(int, batch.split(":"))
    salt = receipt.salt(key, transfer)
    shop = receipt.merchant_commitment(_written(party), salt)
    return receipt.commitment(receipt.Settled(muni, no, amount, shop).canonical(), salt)


def canonical(muni: int, batch: int, fund: str, kind: str, amount: int, day: str, merchant: str) -> str:
    """The text of `receipt.Transfer.canonical`, for values that need no checking; a test compares the two."""
    return (
        f'{{"amount":{amount},"batch":{batch},"date":"{day}","fund":"{fund}","kind":"{kind}",'
        f'"merchant":"{merchant}","muni":{muni},"t":"transfer","v":1}}'
    )


@lru_cache(maxsize=100_000)
def _day(hour: str) -> str:
    """The day in the Netherlands of an hour in UTC ("2026-11-23 22"): whole hours lie on one day."""
    return local_day(f"{hour}:00:00").isoformat()


@lru_cache(maxsize=100_000)
def _written(party: Any) -> str:
    return str(number(party))
