"""A log in a folder, signed by whoever the test likes, and witnesses that are real programs."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from ledger.log import checkpoint, entry, merkle, note, state, submission, tiles
from ledger.witness.rules import Witness
from ledger.witness.store import Store
from tests.serving import witnessing

ORIGIN = "log.example/gm0014/2026"
NOON = 1_780_315_200  # 2026-06-01 12:00 UTC
DAY = 86_400


def opened() -> entry.Open:
    return entry.Open(muni=14, year=2026, chart="ab" * 32)


def batch(no: int, day: str, redeemed: int = 500) -> entry.Batch:
    """A batch in which `redeemed` cents left the pots; nothing was there before it."""
    flow = Counter(n=10, allocated=redeemed, granted=redeemed, redeemed=redeemed)
    sums = state.lines_of(state.proceed(state.Standing(), {"8": flow}))
    return entry.Batch(14, no, day, day, 10, 0, "cd" * 32, "ef" * 32, "01" * 32, "23" * 32, **sums)


def close(year: int = 2026) -> entry.Close:
    return entry.Close(14, year, 1, **state.lines_of(state.proceed(state.Standing(), {})))


def cover(day: str, bank: int = 1000) -> entry.Cover:
    """Proof of cover: 1000 cents in pots, `bank` cents in the bank."""
    return entry.Cover(
        muni=14,
        date=day,
        no=1,
        at=int(datetime.fromisoformat(f"{day}T03:00:00+00:00").timestamp()),
        pots_total=1000,
        sum_root="ab" * 32,
        padded=1,
        fund_total=0,
        payable_total=0,
        in_transit=0,
        unidentified=0,
        losses=0,
        receivable=0,
        bank_closing=bank,
        statement="ab" * 32,
        gap=bank - 1000,
    )


def payout(no: int) -> entry.Payout:
    return entry.Payout(muni=14, batch=no, n=1, total=500, file="ab" * 32, size=3)


@dataclass
class Place:
    """A log's folder, its policy and its witnesses; `now` moves only when the test says so."""

    folder: Path
    ask: dict[str, str]
    vkeys: dict[str, str]
    now: list[int]
    leaves: list[bytes] = field(default_factory=list)
    quantum: bool = False

    @property
    def key(self) -> note.SignerKey:
        return note.SignerKey.from_seed(ORIGIN, note.ED25519, b"L" * 32)

    @property
    def policy(self) -> Path:
        path = self.folder.with_name("policy.txt")
        lines = [f"log {self.key.verifier}", *([f"log {QUANTUM.verifier}"] if self.quantum else [])]
        lines += [f"witness {name} {vkey} {self.ask[name]}" for name, vkey in self.vkeys.items()]
        path.write_text("\n".join([*lines, "group enough 2 " + " ".join(self.vkeys), "quorum enough", ""]))
        return path

    def fetch(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def add(self, *added: entry.Leaf) -> Place:
        """Put leaves in the files; nothing is signed yet."""
        return self.add_raw([entry.build(leaf) for leaf in added])

    def add_raw(self, raw: list[bytes]) -> Place:
        """The same with bytes that may be no leaf."""
        for path, data in tiles.append(self.fetch, len(self.leaves), raw).files:
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        self.leaves += raw
        return self

    def publish(self, *added: entry.Leaf, by: tuple[str, ...] = ("one", "two", "three")) -> note.Note:
        """Add leaves, let the witnesses in `by` sign, and serve the checkpoint."""
        self.add(*added)
        signed = self.sign(self.leaves)
        tree = tiles.Tree(self.fetch, len(self.leaves))
        for name in by:
            witness = WITNESSES[name](self)
            old = witness.store.state(ORIGIN).size
            body = submission.build(old, tree.consistency_proof(old), signed)
            answer = witness.add_checkpoint(body, self.now[0])
            assert answer.status == 200, answer.body
            signed = signed.add(*note.parse_lines(answer.body.decode()))
        if self.quantum:
            signed = signed.add(note.cosign(signed.text, QUANTUM, self.now[0]))
        (self.folder / "checkpoint").write_bytes(signed.encode())
        return signed

    def sign(self, leaves: list[bytes]) -> note.Note:
        """A checkpoint over any leaves, by the log alone."""
        root = merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
        text = checkpoint.Checkpoint(ORIGIN, len(leaves), root).text()
        return note.Note(text, (note.sign(text, self.key),))


QUANTUM = note.SignerKey.from_seed(ORIGIN, note.ML_DSA_44, b"Q" * 32)


def witness_of(name: str) -> Callable[[Place], Witness]:
    def make(place: Place) -> Witness:
        key = note.SignerKey.from_seed(f"{name}.example", note.COSIGNATURE_V1, name.encode().ljust(32))
        store = Store.new(place.folder.with_name(f"{name}.sqlite"), [ORIGIN])
        return Witness(key, {ORIGIN: [place.key.verifier]}, store)

    return make


WITNESSES = {name: witness_of(name) for name in ("one", "two", "three")}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path / "log", {}, {}, [NOON])
    found.folder.mkdir()
    with ExitStack() as running:
        for name, make in WITNESSES.items():
            witness = make(found)
            found.ask[name] = running.enter_context(witnessing(witness))
            found.vkeys[name] = str(witness.key.verifier)
        yield found
    shutil.rmtree(found.folder)
