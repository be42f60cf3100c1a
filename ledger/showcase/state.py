"""How a log stands: its last signed state, who signed it, and what the policy asks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from ledger import leaves, sequencer
from ledger.log import merkle, note, policy, proof, tiles
from ledger.models import Checkpoint, Cosignature, Log


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
    def address(self) -> str:
        """Path of the log on this site."""
        return f"/log/gm{self.log.muni:04d}/{self.log.year}"


def current(muni: int) -> State | None:
    """The log that takes leaves now; None before it has a signed state."""
    return _state(leaves.open_log(muni))


def of(muni: int, year: int) -> State | None:
    """The log of a year; None when there is none with a signed state."""
    return _state(Log.objects.filter(muni=muni, year=year).first())


def years(muni: int) -> list[int]:
    """The years that have a log, the newest first."""
    return list(Log.objects.filter(muni=muni).order_by("-year").values_list("year", flat=True))


def with_batch(muni: int, no: int) -> tuple[Log, int] | None:
    """The log that has a batch, and the index of its leaf."""
    place = Log.objects.filter(muni=muni, entries__batch__no=no, entries__batch__muni=muni)
    found = place.values_list("pk", "entries__idx").first()
    return (Log.objects.get(pk=found[0]), found[1]) if found else None


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
