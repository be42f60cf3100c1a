"""The ledger's one door. `wallet.services` imports this module and nothing else of the ledger."""

from uuid import UUID

from ledger import books
from ledger.books import (
    AccountKey,
    Line,
    Overdrawn,
    Posting,
    PostingConflict,
    PostingError,
    PostingRefused,
    allocate,
    balances,
    grant,
    merchant_party,
    open_accounts,
    post,
    statement,
)
from ledger.models import Code, Kind

__all__ = [
    "AccountKey",
    "Code",
    "Kind",
    "Line",
    "Overdrawn",
    "Posting",
    "PostingConflict",
    "PostingError",
    "PostingRefused",
    "allocate",
    "balances",
    "grant",
    "merchant_party",
    "open_account",
    "open_accounts",
    "post",
    "statement",
]


def open_account(
    *,
    muni: int,
    code: Code,
    fund: int | None = None,
    party: UUID | None = None,
    grant_batch: UUID | None = None,
) -> int:
    """Id of this account, opened when it is not there yet. `fund` is a programme number."""
    return books.open_accounts([AccountKey(muni, code, fund, party, grant_batch)])[0]
