"""What the public page shows of the log: read from what was published, never from the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ledger import leaves, sequencer
from ledger.log import entry, note
from ledger.models import Batch, Checkpoint, Cosignature, Log

SHOWN = 20


@dataclass(frozen=True)
class State:
    """A signed state: `root` in hex."""

    size: int
    root: str
    published_at: datetime


@dataclass(frozen=True)
class Witness:
    """A witness of the policy, and when it last signed."""

    name: str
    signed_at: datetime | None


@dataclass(frozen=True)
class Line:
    """A batch as its leaf says it; amounts in cents."""

    no: int
    to_day: date
    n: int
    redeemed: int
    refunded: int
    owed: int


@dataclass(frozen=True)
class View:
    """The page's facts."""

    checkpoint: State | None
    believed: bool
    witnesses: list[Witness]
    batches: list[Line]


def view(muni: int) -> View:
    """How the municipality's log stands."""
    log, trust = leaves.newest_log(muni), sequencer.trusted()
    last = log.checkpoints.order_by("-size").first() if log else None
    if log is None or last is None:
        return View(None, False, [], [])
    return View(
        checkpoint=State(last.size, bytes(last.root).hex(), last.published_at),
        believed=trust is not None and sequencer.has_quorum(trust, last),
        witnesses=[_witness(log, name) for name in (trust.witnesses if trust else ())],
        batches=list(_batches(log, last)),
    )


def _witness(log: Log, name: str) -> Witness:
    rows = Cosignature.objects.filter(checkpoint__log=log, witness=name).order_by("-checkpoint__size")
    line = rows.values_list("line", flat=True).first()
    seconds = note.Signature.parse(line).timestamp if line else None
    return Witness(name, datetime.fromtimestamp(seconds, UTC) if seconds else None)


def _batches(log: Log, last: Checkpoint) -> Iterable[Line]:
    rows = Batch.objects.filter(entry__log=log, entry__idx__lt=last.size).order_by("-no")
    for leaf in rows.values_list("entry__leaf", flat=True)[:SHOWN]:
        batch = entry.parse(bytes(leaf))
        if isinstance(batch, entry.Batch):
            owed = batch.payable
            yield Line(
                batch.no,
                date.fromisoformat(batch.to_day),
                batch.n,
                owed.redeemed,
                owed.refunded,
                owed.closing,
            )
