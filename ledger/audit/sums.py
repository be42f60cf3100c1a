"""What the sealed transfers of each batch come to, added up by the database in one pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ledger.audit.tables import Tables, leaf_of
from ledger.log import entry

FLOWS = """
SELECT i.batch_id, t.kind, d.code, c.code, coalesce(d.fund, c.fund), i.commitment IS NOT NULL,
       count(*), sum(t.amount)
  FROM ledger_batch_item i
  LEFT JOIN ledger_transfer t ON t.seq = i.transfer_seq
  LEFT JOIN ledger_account d ON d.id = t.debit_id
  LEFT JOIN ledger_account c ON c.id = t.credit_id
 GROUP BY 1, 2, 3, 4, 5, 6
"""

LEAVES = "SELECT b.id, e.leaf FROM ledger_batch b JOIN ledger_log_entry e ON e.id = b.entry_id"
ENDS = """
SELECT l.muni, l.origin, e.id FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id
 WHERE e.source LIKE 'close:%'
"""


@dataclass(frozen=True)
class Flow:
    """`n` transfers of one kind between two codes of one fund in one batch: `amount` cents together."""

    batch: int
    kind: int
    debit: int
    credit: int
    fund: int | None
    committed: bool
    n: int
    amount: int


@dataclass(frozen=True)
class Flows:
    """The flows of every batch (by its row's id), and how many items have no transfer any more."""

    of: dict[int, list[Flow]]
    lost: dict[int, int]


def read(books: Tables) -> Flows:
    """Add up all sealed transfers."""
    of: dict[int, list[Flow]] = {}
    lost: dict[int, int] = {}
    for row in books.rows(FLOWS):
        if row[1] is None or row[2] is None or row[3] is None:
            lost[row[0]] = lost.get(row[0], 0) + row[6]
        else:
            batch, kind, debit, credit, fund, committed, n, amount = row
            flow = Flow(batch, kind, debit, credit, fund, bool(committed), n, int(amount))
            of.setdefault(flow.batch, []).append(flow)
    return Flows(of, lost)


@dataclass(frozen=True)
class Sealed:
    """A row of the table of batches."""

    id: int
    muni: int
    no: int
    entry: int
    from_at: Any
    to_at: Any
    sealed_at: Any
    n: int
    totals: Any
    tx_root: bytes
    status: str


def batches(books: Tables) -> Iterator[Sealed]:
    """Every batch, in order of municipality and number."""
    columns = "id, muni, no, entry_id, from_at, to_at, sealed_at, n, totals, tx_root, status"
    for row in books.rows(f"SELECT {columns} FROM ledger_batch ORDER BY muni, no"):  # noqa: S608 - ours
        id_, muni, no, entry_, from_at, to_at, sealed_at, n, totals, tx_root, status = row
        root = bytes(tx_root)
        yield Sealed(id_, muni, no, entry_, from_at, to_at, sealed_at, n, totals, root, status)


def leaves(books: Tables) -> dict[int, entry.Batch]:
    """The leaf of each batch (by its row's id), when it can be read."""
    found = ((id_, leaf_of(raw)) for id_, raw in books.rows(LEAVES))
    return {id_: leaf for id_, leaf in found if isinstance(leaf, entry.Batch)}


@dataclass(frozen=True)
class Ended:
    """The end of a log, whose leaf shows what no batch has shown."""

    muni: int
    log: str
    entry: int


def ends(books: Tables) -> Iterator[Ended]:
    """Every log that was closed."""
    for row in books.rows(ENDS):
        yield Ended(*row)
