"""The ledger's one door. `wallet.services` imports this module and nothing else of the ledger."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from ledger import books, custody, leaves, proofs, sequencer, settlement
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
from ledger.commitments import Erased
from ledger.log.receipt import Receipt as Proof
from ledger.models import Code, Kind, Log
from ledger.proofs import NotLogged, logged, sealed

__all__ = [
    "AccountKey",
    "Code",
    "Erased",
    "Kind",
    "Line",
    "NotLogged",
    "Overdrawn",
    "Posting",
    "PostingConflict",
    "PostingError",
    "PostingRefused",
    "Proof",
    "Settled",
    "allocate",
    "balances",
    "grant",
    "log_url",
    "logged",
    "merchant_party",
    "next_seal_at",
    "open_account",
    "open_accounts",
    "policy_url",
    "post",
    "proof",
    "sealed",
    "settle",
    "setup_log",
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
    log = setup_log(muni, now)
    batch = settlement.seal(log, now, force)
    checkpoint = sequencer.publish(log, now)
    witnessed = sequencer.cosign(log)
    sequencer.serve_checkpoint(log)
    return Settled(batch.no if batch else None, checkpoint.size if checkpoint else None, witnessed)


def next_seal_at(now: datetime, muni: int | None = None) -> datetime:
    """When the next batch can be expected."""
    return settlement.next_at(settings.MUNICIPALITY if muni is None else muni, now)


def proof(transfer_id: UUID) -> Proof:
    """The receipt that proves a payment to be in the public log (docs/spec/07-log.md).

    Raises NotLogged, Erased, or Transfer.DoesNotExist.
    """
    return proofs.proof(transfer_id, timezone.now())
