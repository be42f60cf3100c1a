"""The ledger's one door. `wallet.services` imports this module and nothing else of the ledger.

The bank's writers come whole: `payees`, `payouts`, `reconcile`, `mailbox`, `clearing`, `overrides`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from ledger import (
    announce,
    books,
    clearing,
    cover,
    leaves,
    mailbox,
    overrides,
    payees,
    payouts,
    proofs,
    reconcile,
    settlement,
    shards,
)
from ledger.anchoring import anchor
from ledger.announce import KeyEvent
from ledger.bank.refusals import BankFileError
from ledger.bank.xml import MAX_BYTES as BANK_FILE_BYTES
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
    guaranteed,
    held_balances,
    is_open,
    merchant_party,
    movements,
    open_accounts,
    post,
    statement,
)
from ledger.commitments import Erased
from ledger.cover import CoverState
from ledger.erasure import NotErasable, erase
from ledger.exports import write as export_books
from ledger.funds import (
    FundNotOver,
    Swept,
    close_year,
    cover_loss,
    guarantee_cost,
    is_over,
    name_fund,
    sweep,
)
from ledger.leaves import LogClosed
from ledger.log.receipt import Receipt as Proof
from ledger.models import (
    BankLine,
    BankStatement,
    Batch,
    Code,
    CoverProof,
    Kind,
    Log,
    Override,
    PainFile,
    PayeeAccount,
    Payout,
)
from ledger.month import Open as StillOpen
from ledger.month import still_open
from ledger.pots import PotProof, PotProofs, cover_of
from ledger.proofs import NotLogged, logged, sealed
from ledger.standing import code_balances, last_statement, made_due, statements

__all__ = [
    "BANK_FILE_BYTES",
    "AccountKey",
    "BankFileError",
    "BankLine",
    "BankStatement",
    "Batch",
    "Code",
    "CoverState",
    "Erased",
    "FundNotOver",
    "KeyEvent",
    "Kind",
    "Line",
    "LogClosed",
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
    "PotProof",
    "PotProofs",
    "Proof",
    "PublicLog",
    "Settled",
    "StillOpen",
    "Swept",
    "allocate",
    "anchor",
    "balances",
    "clearing",
    "close_log",
    "close_year",
    "code_balances",
    "cover_loss",
    "cover_of",
    "cover_state",
    "erase",
    "erasure_events",
    "export_books",
    "grant",
    "guarantee_cost",
    "guaranteed",
    "held_balances",
    "is_open",
    "is_over",
    "key_events",
    "last_statement",
    "log_url",
    "logged",
    "made_due",
    "mailbox",
    "merchant_party",
    "merchant_proof",
    "movements",
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
    "prove_cover",
    "prove_cover_when_due",
    "public_logs",
    "reconcile",
    "rules_event",
    "seal",
    "sealed",
    "settle",
    "setup_log",
    "sign",
    "statement",
    "statements",
    "still_open",
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
    """The municipality's newest log: its keys, its row and its first leaves, made when there is none."""
    return shards.setup(muni, now)


def log_url() -> str:
    """Address of the municipality's public log."""
    muni = settings.MUNICIPALITY
    log = leaves.newest_log(muni)
    origin = log.origin if log else shards.origin_of(muni, timezone.localdate().year)
    return f"{urlsplit(settings.BASE_URL).scheme}://{origin}"


@dataclass(frozen=True)
class PublicLog:
    """One of the municipality's logs: its origin, and its keys as verifier lines (Ed25519 first)."""

    origin: str
    vkeys: list[str]


def public_logs(muni: int) -> list[PublicLog]:
    """Every log that the municipality has had, in order: the ones that a policy lists."""
    return [PublicLog(log.origin, log.vkeys) for log in Log.objects.filter(muni=muni).order_by("id")]


def policy_url() -> str:
    """Address of the file that says whom to believe about that log."""
    return f"{log_url()}/policy"


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
    shards.roll(shards.setup(muni, now), now)
    batch = seal(muni, now, force)
    return replace(sign(muni, now), batch=batch)


def seal(muni: int, now: datetime, force: bool = False) -> int | None:
    """The first half of `settle`, which needs no signing key: the number of the last batch that it made.

    While there is no log that takes leaves (a new year's waits for its witnesses) batches wait as well.
    """
    log = leaves.open_log(muni)
    if log is None:
        return None
    announce.rules(log)
    batches = settlement.seal_all(log, now, force)
    return batches[-1].no if batches else None


def sign(muni: int, now: datetime) -> Settled:
    """The other half: open the year's log, publish, ask the witnesses, serve. It needs the signing key."""
    log = shards.roll(shards.setup(muni, now), now)
    if log.closed:  # it waits for its witnesses, and batches wait for the next
        return Settled(None, None, False)
    checkpoint, witnessed = shards.finish(log, now)
    return Settled(None, checkpoint.size if checkpoint else None, witnessed)


def prove_cover(muni: int, now: datetime, again: bool = False) -> CoverProof | None:
    """The proof of cover of today, made when it is not there (`again`: one more); `settle` publishes it.

    None while no log is open (a new year's waits for its witnesses): ask again later.
    """
    log = leaves.open_log(muni)
    return cover.prove(log, now, again) if log else None


def prove_cover_when_due(muni: int, now: datetime) -> CoverProof | None:
    """Prove once a day, from COVER_HOUR on. None when it is not time, done already, or no log is open."""
    return prove_cover(muni, now) if cover.is_due(muni, now) else None


def cover_state(muni: int, now: datetime) -> CoverState:
    """The last proof of cover: its day, its gap in cents, and whether it is late."""
    return cover.state(muni, now)


def close_log(muni: int, now: datetime) -> Log:
    """Close the open log before its year is over; the next opens once witnesses have seen the end of it.

    Answers the newest log after this, which may still wait for them (`closed`).
    """
    shards.close(shards.setup(muni, now))
    log = shards.roll(shards.setup(muni, now), now)
    shards.finish(log, now)
    return log


def next_seal_at(now: datetime, muni: int | None = None) -> datetime:
    """When the next batch can be expected."""
    return settlement.next_at(settings.MUNICIPALITY if muni is None else muni, now)


def proof(transfer_id: UUID) -> Proof:
    """The receipt that proves a payment to be in the public log (docs/spec/07-log.md).

    Raises NotLogged, Erased, or Transfer.DoesNotExist.
    """
    return proofs.proof(transfer_id, timezone.now())


def merchant_proof(muni: int, batch_no: int, merchant: UUID) -> Proof:
    """The receipt that proves what a batch pays a merchant (the party of its accounts; docs/spec/07-log.md).

    Raises NotLogged, Erased, or Transfer.DoesNotExist when the batch pays it nothing.
    """
    return proofs.merchant_proof(muni, batch_no, merchant, timezone.now())


def key_events(muni: int, events: Iterable[KeyEvent]) -> bool:
    """Put keys that came or went in the public log, each once. False when no log is open: ask again later."""
    log = leaves.open_log(muni)
    return log is not None and announce.keys(log, events) >= 0


def rules_event(muni: int, rules: str) -> bool:
    """Put the hash (SHA-256, hex) of the schemes' rules in the log when it changed. False: no log is open."""
    log = leaves.open_log(muni)
    if log:
        announce.rules(log, rules)
    return log is not None


def erasure_events(muni: int, now: datetime) -> bool:
    """Say in the log how many people were forgotten in each past month, once. False: no log is open."""
    log = leaves.open_log(muni)
    if log:
        announce.erasures(log, now)
    return log is not None
