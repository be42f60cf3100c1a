"""The books' nouns. Everything here is append-only, and the database itself refuses the rest.

1. A `Transfer` moves an amount from one account to another: one row, so it cannot be unbalanced.
2. A guarded `Account` carries its balance. Only the transfer trigger moves it; it never goes below zero.
   Unguarded accounts are hot (many tills at once) and carry none: their balance is `Snapshot` plus what
   came since.
3. Every transfer except SETTLE waits in the `Outbox` until a `Batch` takes it, exactly once (`BatchItem`).
4. A batch is one `LogEntry`; a `Checkpoint` signs all entries so far; a `Cosignature` is a witness's word.

Amounts are euro cents. `muni` (CBS number) is in every table. The triggers are in migrations/0002; the
rules and why they hold are in docs/spec/06-books.md.
"""

from ledger.models.among import Among
from ledger.models.bank import (
    BankClearing,
    BankFile,
    BankLine,
    BankMatch,
    BankStatement,
    PainFile,
    PayeeAccount,
    Payout,
)
from ledger.models.batch import Batch, BatchItem, Snapshot
from ledger.models.books import (
    DEBIT_SIDE,
    GUARDED,
    MAX_AMOUNT,
    Account,
    Code,
    Fund,
    Kind,
    Outbox,
    PostingRule,
    Transfer,
)
from ledger.models.cover import KEEP_DAYS, CoverLine, CoverProof, CoverTile
from ledger.models.log import (
    Addendum,
    Anchor,
    Checkpoint,
    Cosignature,
    Erasure,
    Log,
    LogEntry,
    Override,
    SubjectKey,
    shard_name,
)

__all__ = [
    "DEBIT_SIDE",
    "GUARDED",
    "KEEP_DAYS",
    "MAX_AMOUNT",
    "Account",
    "Addendum",
    "Among",
    "Anchor",
    "BankClearing",
    "BankFile",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "Batch",
    "BatchItem",
    "Checkpoint",
    "Code",
    "Cosignature",
    "CoverLine",
    "CoverProof",
    "CoverTile",
    "Erasure",
    "Fund",
    "Kind",
    "Log",
    "LogEntry",
    "Outbox",
    "Override",
    "PainFile",
    "PayeeAccount",
    "Payout",
    "PostingRule",
    "Snapshot",
    "SubjectKey",
    "Transfer",
    "shard_name",
]
