"""What a holder's phone needs to find its own pots in the proof of cover, without trusting this server.

1. The newest proof whose leaf stands under a checkpoint with the quorum counts.
2. A pot has moved since. `since` are the movements that the proof did not see, so that the phone can reckon
   back from the balance it knows: parts + since = balance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from django.db.models import Q

from ledger import commitments, proofs, sequencer, settlement
from ledger.commitments import Erased
from ledger.log import cover, entry
from ledger.models import KEEP_DAYS, Account, Checkpoint, CoverLine, CoverProof, CoverTile, Transfer

SINCE_AT_MOST = 200  # movements of one pot; the phone knows fewer


@dataclass(frozen=True)
class Moved:
    """A movement of a pot that came after the proof: cents, below zero when it went out."""

    id: UUID
    amount: int


@dataclass(frozen=True)
class PotProof:
    """One pot: its balance now, its parts in the proof (none: it was empty), and what moved since."""

    account: int
    balance: int
    parts: tuple[cover.Part, ...]
    since: tuple[Moved, ...]


@dataclass(frozen=True)
class PotProofs:
    """The proof of cover for some pots: the way to its leaf (C2SP tlog-proof), and each pot."""

    tlog_proof: str
    pots: tuple[PotProof, ...]


def cover_of(muni: int, accounts: Sequence[int], now: datetime) -> PotProofs:
    """Each of these pots in the newest witnessed proof. Raises proofs.NotLogged or Erased."""
    found = _witnessed(muni)
    if found is None:
        raise proofs.NotLogged(now + settlement.RING)
    proof, signed = found
    lines = dict(
        CoverLine.objects.filter(proof=proof, account__in=accounts).values_list("account_id", "places")
    )
    pots = Account.objects.filter(id__in=accounts).order_by("id")
    keys = commitments.keys_of(pot.party for pot in pots if pot.party and pot.id in lines)
    tree = _Tree(_leaf(proof), cache(partial(_tile, proof)))
    shown = tuple(_pot(proof, tree, pot, lines.get(pot.id, []), keys) for pot in pots)
    return PotProofs(proofs.leaf_proof(proof.entry, signed).text(), shown)


def _witnessed(muni: int) -> tuple[CoverProof, Checkpoint] | None:
    rows = CoverProof.objects.filter(muni=muni).select_related("entry__log").order_by("-at", "-no")
    newest = rows.first()
    signed = sequencer.witnessed(newest.entry.log) if newest else None
    if newest is None or signed is None:
        return None
    kept = rows.filter(day__gt=newest.day - timedelta(days=KEEP_DAYS), entry__log=newest.entry.log)
    proof = kept.filter(entry__idx__lt=signed.size).first()
    return (proof, signed) if proof else None


@dataclass(frozen=True)
class _Tree:
    """The tree of a proof: its leaf, and its tiles by level and number."""

    leaf: entry.Cover
    tile: Callable[[int, int], bytes]


def _leaf(proof: CoverProof) -> entry.Cover:
    leaf = entry.parse(bytes(proof.entry.leaf))
    if not isinstance(leaf, entry.Cover):
        raise TypeError(f"Leaf {proof.entry_id} is no proof of cover.")
    return leaf


def _pot(
    proof: CoverProof, tree: _Tree, pot: Account, places: Sequence[int], keys: dict[UUID, bytes]
) -> PotProof:
    key = keys.get(pot.party, b"") if pot.party else b""
    if places and not key:
        raise Erased(f"Pot {pot.id} cannot be shown any more.")
    parts = tuple(_part(tree, pot, part, place, key) for part, place in enumerate(places))
    balance, since = _since(pot, sum(part.amount for part in parts), proof.horizon)
    return PotProof(pot.id, balance, parts, since)


def _part(tree: _Tree, pot: Account, part: int, place: int, key: bytes) -> cover.Part:
    leaf = tree.leaf
    named = cover.name(leaf.muni, leaf.date, leaf.no, pot.code, pot.fund or 0, str(pot.party), part)
    at = place % cover.TILE * cover.NODE_BYTES
    return cover.Part(
        amount=cover.total(tree.tile(0, place // cover.TILE)[at:]),
        salt=cover.salt(key, named).hex(),
        path=tuple(cover.path(place, leaf.padded, tree.tile)),
    )


def _tile(proof: CoverProof, level: int, n: int) -> bytes:
    return bytes(CoverTile.objects.values_list("nodes", flat=True).get(proof=proof, level=level, n=n))


def _since(pot: Account, then: int, horizon: int) -> tuple[int, tuple[Moved, ...]]:
    """The balance now, and the movements that led there from `then`, newest first.

    Numbers are not given out in the order of commits: a movement that was under way when the proof was made
    may have a lower number than its horizon. So the list goes on until the sum fits.
    """
    rows = Transfer.objects.filter(Q(debit=pot.id) | Q(credit=pot.id)).select_related("debit", "credit")
    since: list[Moved] = []
    left = balance = pot.balance or 0
    for n, row in enumerate(rows.order_by("-seq")[:SINCE_AT_MOST]):
        if n == 0:  # read in the same statement as the movements
            left = balance = (row.debit if row.debit_id == pot.id else row.credit).balance or 0
        if row.seq <= horizon and left == then:
            break
        since.append(Moved(row.id, -row.amount if row.debit_id == pot.id else row.amount))
        left -= since[-1].amount
    return balance, tuple(since)
