"""The ledger's one door. `wallet.services` imports this module and nothing else of the ledger.

The bank's writers come whole, as modules: `payees`, `payouts`, `reconcile`, `clearing`, `overrides`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from ledger import (
    books,
    clearing,
    custody,
    leaves,
    overrides,
    payees,
    payouts,
    proofs,
    reconcile,
    sequencer,
    settlement,
)
from ledger.bank.refusals import BankFileError
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
    close,
    grant,
    guaranteed,
    is_open,
    merchant_party,
    open_accounts,
    post,
    statement,
)
from ledger.commitments import Erased
from ledger.erasure import NotErasable, erase
from ledger.funds import (
    FundNotOver,
    Swept,
    close_year,
    cover_loss,
    guarantee_cost,
    name_fund,
    sweep,
)
from ledger.log.receipt import Receipt as Proof
from ledger.models import (
    BankLine,
    BankStatement,
    Batch,
    Code,
    Kind,
    Log,
    Override,
    PainFile,
    PayeeAccount,
    Payout,
)
from ledger.proofs import NotLogged, logged, sealed
from ledger.showcase import view as public_view
from ledger.standing import code_balances, last_statement, made_due, statements

__all__ = [
    "AccountKey",
    "BankFileError",
    "BankLine",
    "BankStatement",
    "Batch",
    "Code",
    "Erased",
    "FundNotOver",
    "Kind",
    "Line",
    "NotErasable",
    "NotLogged",
    "Overdrawn",
    "Override",
    "PainFile",
    "PayeeAccount",
    "Payout",
    "Posting",
    "PostingConflict",
    "PostingError",
    "PostingRefused",
    "Proof",
    "Settled",
    "Swept",
    "allocate",
    "balances",
    "clearing",
    "close",
    "close_year",
    "code_balances",
    "cover_loss",
    "erase",
    "grant",
    "guarantee_cost",
    "guaranteed",
    "is_open",
    "last_statement",
    "log_url",
    "logged",
    "made_due",
    "merchant_party",
    "name_fund",
    "next_seal_at",
    "open_account",
    "open_accounts",
    "overrides",
    "payees",
    "payouts",
    "policy_url",
    "post",
    "proof",
    "public_view",
    "reconcile",
    "seal",
    "sealed",
    "settle",
    "setup_log",
    "sign",
    "statement",
    "statements",
    "sweep",
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


def setup_log(muni: int, now: datetime) -> Log:
    """The municipality's public log: its key, its row and its first leaf, made when they are not there."""
    log = leaves.open_log(muni)
    if log is None:
        origin = _origin(muni, now.year)
        log = settlement.open_log(muni, origin, str(custody.make_log_key(origin)), now)
    return log


def log_url(muni: int | None = None) -> str:
    """Address of the municipality's public log."""
    muni = settings.MUNICIPALITY if muni is None else muni
    log = leaves.open_log(muni)
    origin = log.origin if log else _origin(muni, timezone.now().year)
    return f"{urlsplit(settings.BASE_URL).scheme}://{origin}"


def policy_url(muni: int | None = None) -> str:
    """Address of the file that says whom to believe about that log."""
    return f"{log_url(muni)}/policy"


def _origin(muni: int, year: int) -> str:
    host = settings.BASE_URL.partition("://")[2].rstrip("/")
    return f"{host}/log/gm{muni:04d}/{year}"


@dataclass(frozen=True)
class Settled:
    """What one round did: the batch that it sealed (number), leaves published (size), and the quorum."""

    batch: int | None
    size: int | None
    witnessed: bool


def settle(muni: int, now: datetime, force: bool = False) -> Settled:
    """Seal what is due (`force`: what waits), publish, ask the witnesses, serve. Safe to run at any time.

    Each step starts from the tables, so this also finishes what an earlier round did not.
    """
    batch = seal(muni, now, force)
    return replace(sign(muni, now), batch=batch)


def seal(muni: int, now: datetime, force: bool = False) -> int | None:
    """The first half of `settle`, which needs no signing key: the number of the last batch that it made."""
    batches = settlement.seal_all(setup_log(muni, now), now, force)
    return batches[-1].no if batches else None


def sign(muni: int, now: datetime) -> Settled:
    """The other half: publish, ask the witnesses, serve. It needs the signing key and few rights."""
    log = setup_log(muni, now)
    checkpoint = sequencer.publish(log, now)
    witnessed = sequencer.cosign(log)
    sequencer.serve_checkpoint(log)
    return Settled(None, checkpoint.size if checkpoint else None, witnessed)


def next_seal_at(now: datetime, muni: int | None = None) -> datetime:
    """When the next batch can be expected."""
    return settlement.next_at(settings.MUNICIPALITY if muni is None else muni, now)


def proof(transfer_id: UUID) -> Proof:
    """The receipt that proves a payment to be in the public log (docs/spec/07-log.md).

    Raises NotLogged, Erased, or Transfer.DoesNotExist.
    """
    return proofs.proof(transfer_id, timezone.now())
