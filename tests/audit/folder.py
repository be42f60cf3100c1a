"""A small log in a folder, and an operator who may cheat: rewrites it and signs again."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.log import canonical, checkpoint, entry, merkle, note, proof, receipt, state, tiles

ORIGIN = "log.example/gm0014/2026"
NAMES = ("drenthe", "emmen", "assen")
NOW = 1735689600  # before any day on which this runs: a signature of the future does not count
PER_BATCH = 3

Change = Callable[[dict[str, Any]], None]


def key(name: str, algorithm: int) -> note.SignerKey:
    return note.SignerKey.from_seed(name, algorithm, hashlib.sha256(name.encode()).digest())


LOG_KEY = key(ORIGIN, note.ED25519)
WITNESS_KEYS = {name: key(f"{name}.example/witness", note.COSIGNATURE_V1) for name in NAMES}
POLICY = (
    f"log {LOG_KEY.verifier}\n"
    + "".join(f"witness {name} {k.verifier}\n" for name, k in WITNESS_KEYS.items())
    + "group partners 2 drenthe emmen assen\nquorum partners\n"
)


def transfer(batch: int, i: int) -> receipt.Transfer:
    merchant = receipt.merchant_commitment(f"m{i}", b"m" * 32)
    return receipt.Transfer(14, batch, "kleding", "redeem", 1000 + i, "2026-11-23", merchant)


def salt(batch: int, i: int) -> bytes:
    return hashlib.sha256(b"%d %d" % (batch, i)).digest()


def commitments(batch: int) -> receipt.Commitments:
    made = [receipt.commitment(transfer(batch, i).canonical(), salt(batch, i)) for i in range(PER_BATCH)]
    return receipt.Commitments.of(made)


def merchants(batch: int) -> receipt.Commitments:
    line = receipt.Settled(14, batch, 1000 * PER_BATCH, receipt.merchant_commitment("m1", b"m" * 32))
    return receipt.Commitments.of([receipt.commitment(line.canonical(), b"m" * 32)])


@dataclass
class Folder:
    """A log of `open`, a grant and some batches, written the way a log is published."""

    path: Path
    batches: int = 4
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.leaves = [
            entry.build(entry.Open(14, 2026, "0" * 64)),
            entry.build(entry.Grant(14, "kleding", "g-1", 20, 5_000_000, "0" * 64, True)),
        ]
        standing = state.Standing()
        for no in range(1, self.batches + 1):
            leaf = self._batch(no, standing)
            standing = standing.after(leaf)
            self.leaves.append(entry.build(leaf))

    def _batch(self, no: int, before: state.Standing) -> entry.Batch:
        made = commitments(no)
        spent = sum(1000 + i for i in range(PER_BATCH))
        given = 5_000_000 if no == 1 else 0
        flow = Counter(n=PER_BATCH, allocated=given, granted=given, redeemed=spent)
        lines = merchants(no)
        day = "2026-11-23"
        return entry.Batch(
            14, no, day, day, PER_BATCH, 0, made.root().hex(), made.addendum_hash(), lines.root().hex(),
            lines.addendum_hash(), **state.lines_of(state.proceed(before, {"kleding": flow})),
        )  # fmt: skip

    @property
    def hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(leaf) for leaf in self.leaves]

    def change(self, index: int, change: Change) -> None:
        """Change a leaf as an operator could: the tree will be rebuilt over it."""
        value = canonical.decode(self.leaves[index])
        change(value)
        self.leaves[index] = canonical.encode(value)

    def write(self, cosigners: tuple[str, ...] = NAMES) -> "Folder":
        """Write tiles, entries, addenda and a signed checkpoint over whatever is there."""

        def nothing(path: str) -> bytes:
            raise FileNotFoundError(path)

        update = tiles.append(nothing, 0, self.leaves)
        for name, data in update.files:
            self.file(name).write_bytes(data)
        for no in range(1, self.batches + 1):
            for made in (commitments(no), merchants(no)):
                self.file(receipt.addendum_path(made.addendum_hash())).write_bytes(made.addendum())
        self.file("checkpoint").write_bytes(self.note(cosigners).encode())
        return self

    def note(self, cosigners: tuple[str, ...] = NAMES) -> note.Note:
        text = checkpoint.Checkpoint(ORIGIN, len(self.leaves), merkle.root(self.hashes)).text()
        lines = [note.cosign(text, WITNESS_KEYS[name], NOW) for name in cosigners]
        return note.Note(text, (note.sign(text, LOG_KEY), *lines))

    def file(self, name: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def receipt(self, batch: int, i: int) -> receipt.Receipt:
        index = batch + 1
        path = tuple(merkle.inclusion_proof(self.hashes, index))
        outer = proof.Proof(index, path, self.note(), self.leaves[index])
        canonical = transfer(batch, i).canonical()
        inner = commitments(batch).inner_path(receipt.commitment(canonical, salt(batch, i)))
        return receipt.Receipt(canonical, salt(batch, i).hex(), tuple(inner), outer.text())
