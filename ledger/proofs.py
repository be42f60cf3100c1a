"""Proofs: what a holder's phone needs to see its payment in the public log, without trusting this server."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ledger import commitments, sequencer, settlement
from ledger.log import proof as tlog_proof
from ledger.log import receipt, tiles
from ledger.models import Batch, BatchItem, Checkpoint, LogEntry, Transfer

PROVABLE = (Batch.Status.WITNESSED, Batch.Status.EXPORTED, Batch.Status.BOOKED)


class NotLogged(Exception):  # noqa: N818 - it says how it is
    """The payment is not in the public log yet; `next_at` says when to ask again."""

    def __init__(self, next_at: datetime) -> None:
        super().__init__(f"Not in the public log yet. Ask again after {next_at.isoformat()}.")
        self.next_at = next_at


def sealed(transfers: Iterable[UUID]) -> set[UUID]:
    """Those transfers that are in a batch already: the shop is being paid for them."""
    return set(
        Transfer.objects.filter(id__in=list(transfers), item__isnull=False).values_list("id", flat=True)
    )


def logged(transfers: Iterable[UUID]) -> set[UUID]:
    """Those payments that stand under a checkpoint with the quorum."""
    rows = Transfer.objects.filter(
        id__in=list(transfers), item__pos__isnull=False, item__batch__status__in=PROVABLE
    )
    return set(rows.values_list("id", flat=True))


def proof(transfer: UUID, now: datetime) -> receipt.Receipt:
    """The receipt of one payment (docs/spec/07-log.md). Raises NotLogged, Transfer.DoesNotExist, Erased."""
    row = Transfer.objects.select_related("debit", "credit").get(id=transfer)
    item = (
        BatchItem.objects.filter(transfer=row, pos__isnull=False).select_related("batch__entry__log").first()
    )
    signed = sequencer.witnessed(item.batch.entry.log, item.batch.entry.idx + 1) if item else None
    if item is None or signed is None:
        raise NotLogged(settlement.next_at(row.muni, now))
    keys = commitments.keys_of(commitments.parties(row.debit, row.credit))
    opening = commitments.opening(row, item.batch.no, keys)
    outer = leaf_proof(item.batch.entry, signed)
    inner = sequencer.commitments_of(item.batch).inner_path(opening.commitment())
    return receipt.Receipt(opening.canonical, opening.salt.hex(), tuple(inner), outer.text())


def leaf_proof(entry: LogEntry, signed: Checkpoint) -> tlog_proof.Proof:
    """The way from a leaf to a checkpoint that covers it; the leaf's bytes travel along."""
    path = tiles.Tree(sequencer.fetch(entry.log), signed.size).inclusion_proof(entry.idx)
    return tlog_proof.Proof(entry.idx, tuple(path), sequencer.full_note(signed), bytes(entry.leaf))
