"""How a log stands: its last signed state, who signed it, and what the policy asks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from ledger import leaves, sequencer
from ledger.log import merkle, note, policy, proof, tiles
from ledger.models import Batch, Checkpoint, Cosignature, Log, LogEntry


@dataclass(frozen=True)
class Witness:
    """A witness of the policy, and when it last signed."""

    name: str
    key: str
    signed_at: datetime | None


@dataclass(frozen=True)
class State:
    """A signed state of a log: `root` in hex. `believed`: the policy's quorum signed it."""

    log: Log
    size: int
    root: str
    published_at: datetime
    believed: bool
    witnesses: tuple[Witness, ...]
    needed: int
    """How many witnesses the quorum takes, at the least."""

    @property
    def name(self) -> str:
        """The last part of the log's address: its year, or 2026-2."""
        return self.log.name

    @property
    def address(self) -> str:
        """Path of the log on this site."""
        return f"/log/gm{self.log.muni:04d}/{self.name}"


def current(muni: int) -> State | None:
    """The newest log; None before there is one with a signed state."""
    signed = Log.objects.filter(muni=muni, checkpoints__isnull=False).order_by("-id").first()
    return _state(signed)


def of(muni: int, name: str) -> State | None:
    """The log of a year (2026, or 2026-2); None when there is none with a signed state."""
    year, _, part = name.partition("-")
    return _state(Log.objects.filter(muni=muni, year=int(year), part=int(part or 1)).first())


def names(muni: int) -> list[str]:
    """The logs that there are, the newest first."""
    return [log.name for log in Log.objects.filter(muni=muni).order_by("-year", "-part")]


def with_batch(muni: int, no: int) -> LogEntry | None:
    """Where the leaf of a batch stands."""
    batch = Batch.objects.filter(muni=muni, no=no).select_related("entry__log").first()
    return leaves.place(batch.entry) if batch else None


def _state(log: Log | None) -> State | None:
    last = log.checkpoints.order_by("-size").first() if log else None
    if log is None or last is None:
        return None
    trust = sequencer.trusted()
    return State(
        log=log,
        size=last.size,
        root=bytes(last.root).hex(),
        published_at=last.published_at,
        believed=trust is not None and sequencer.has_quorum(trust, last),
        witnesses=tuple(_witness(log, *named) for named in (trust.witnesses.items() if trust else ())),
        needed=_needed(trust) if trust else 0,
    )


def _witness(log: Log, name: str, source: policy.Source) -> Witness:
    rows = Cosignature.objects.filter(checkpoint__log=log, witness=name).order_by("-checkpoint__size")
    line = rows.values_list("line", flat=True).first()
    seconds = note.Signature.parse(line).timestamp if line else None
    return Witness(name, str(source.key), datetime.fromtimestamp(seconds, UTC) if seconds else None)


def _needed(trust: policy.Policy) -> int:
    sizes = range(1, len(trust.witnesses) + 1)
    return next(k for k in sizes if any(trust.counts(frozenset(s)) for s in combinations(trust.witnesses, k)))


def leaf_hash(raw: bytes) -> str:
    """What stands in the tree for a leaf (hex)."""
    return merkle.leaf_hash(raw).hex()


def leaf_proof(log: Log, index: int, raw: bytes) -> str | None:
    """The C2SP tlog-proof of a leaf under the last state with the quorum; None while there is none."""
    signed: Checkpoint | None = sequencer.witnessed(log, index + 1)
    if signed is None:
        return None
    path = tiles.Tree(sequencer.fetch(log), signed.size).inclusion_proof(index)
    return proof.Proof(index, tuple(path), sequencer.full_note(signed), raw).text()


def provable(log: Log, index: int) -> bool:
    """Is this leaf under a state with the quorum?"""
    return sequencer.witnessed(log, index + 1) is not None
