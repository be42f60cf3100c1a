"""Proofs: what a phone or a shop needs to see its money in the public log, without trusting this server."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ledger import commitments, leaves, sequencer, settled, settlement
from ledger.log import entry, receipt, tiles
from ledger.log import proof as tlog_proof
from ledger.models import Batch, BatchItem, Checkpoint, LogEntry, PainFile, Transfer


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
    rows = BatchItem.objects.filter(transfer__id__in=list(transfers), pos__isnull=False)
    places = dict(rows.values_list("transfer__id", "batch"))
    batches = Batch.objects.filter(pk__in=set(places.values())).select_related("entry__log", "pain_file")
    seen = {batch.pk for batch in batches if _is_witnessed(batch)}
    return {transfer for transfer, batch in places.items() if batch in seen}


def _is_witnessed(batch: Batch) -> bool:
    """A batch that was paid may have been let past its witnesses: then it counts once they signed."""
    if batch.status in (Batch.Status.SEALED, Batch.Status.LOGGED):
        return False
    file: PainFile | None = getattr(batch, "pain_file", None)
    waited = batch.status == Batch.Status.WITNESSED or (file is not None and file.size is not None)
    return waited or sequencer.covering(batch) is not None


def proof(transfer: UUID, now: datetime) -> receipt.Receipt:
    """The receipt of one payment (docs/spec/07-log.md). Raises NotLogged, Transfer.DoesNotExist, Erased."""
    row = Transfer.objects.select_related("debit", "credit").get(id=transfer)
    item = (
        BatchItem.objects.filter(transfer=row, pos__isnull=False).select_related("batch__entry__log").first()
    )
    if item is None:
        raise NotLogged(settlement.next_at(row.muni, now))
    keys = commitments.keys_of(commitments.parties(row.debit, row.credit))
    opening = commitments.opening(row, item.batch.no, keys)
    return _receipt(item.batch, opening, sequencer.commitments_of(item.batch), now)


def merchant_proof(muni: int, no: int, merchant: UUID, now: datetime) -> receipt.Receipt:
    """The receipt of what batch `no` pays a merchant. Raises NotLogged, Transfer.DoesNotExist, Erased."""
    paid = Transfer.objects.get(id=settled.transfer_id(muni, no, merchant))
    batch = Batch.objects.select_related("entry").get(muni=muni, no=no)
    keys = commitments.keys_of([merchant])
    if merchant not in keys:
        raise commitments.Erased(f"The line of a merchant in batch {no} cannot be opened any more.")
    opening = settled.opening(muni, no, settled.Line(merchant, paid.amount), keys[merchant])
    leaf = entry.parse(bytes(batch.entry.leaf))
    name = leaf.merchant_commitments if isinstance(leaf, entry.Batch) else ""
    hidden = receipt.Commitments.parse(bytes(batch.entry.addenda.get(sha256=name).data))
    return _receipt(batch, opening, hidden, now)


def _receipt(
    batch: Batch, opening: commitments.Opening, among: receipt.Commitments, now: datetime
) -> receipt.Receipt:
    """A commitment's way up to the batch leaf, and the leaf's to the last checkpoint with the quorum."""
    row = leaves.place(batch.entry)
    signed = sequencer.covering(batch)
    if signed is None:
        raise NotLogged(settlement.next_at(batch.muni, now))
    path = tiles.Tree(sequencer.fetch(row.log), signed.size).inclusion_proof(row.idx)
    outer = tlog_proof.Proof(row.idx, tuple(path), sequencer.full_note(signed), bytes(row.leaf))
    inner = among.inner_path(opening.commitment())
    return receipt.Receipt(opening.canonical, opening.salt.hex(), tuple(inner), outer.text())


def leaf_proof(entry: LogEntry, signed: Checkpoint) -> tlog_proof.Proof:
    """The way from a leaf to a checkpoint that covers it; the leaf's bytes travel along."""
    path = tiles.Tree(sequencer.fetch(entry.log), signed.size).inclusion_proof(entry.idx)
    return tlog_proof.Proof(entry.idx, tuple(path), sequencer.full_note(signed), bytes(entry.leaf))
