"""What a monitor keeps of a log between two looks."""

import pytest

from ledger.audit import view
from ledger.log import LogError, entry, merkle, tiles
from ledger.monitor.reading import Reader
from tests.monitor.conftest import opened, payout


class Files:
    """A log in memory that counts what is asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.leaves: list[bytes] = []
        self.asked: list[str] = []

    def grow(self, leaves: list[bytes]) -> None:
        self.files |= dict(tiles.append(self.files.__getitem__, len(self.leaves), leaves).files)
        self.leaves += leaves

    def fetch(self, path: str) -> bytes:
        self.asked.append(path)
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]


TOP_UP = entry.Grant(14, "kleding", "g-1", 20, 5_000_000, "0" * 64, True)


@pytest.fixture
def log() -> Files:
    made = Files()
    leaves: list[entry.Leaf] = [opened(), *[TOP_UP] * 300, payout(1)]
    made.grow([entry.build(leaf) for leaf in leaves])
    return made


def test_full_bundles_are_read_once_and_top_ups_are_not_kept(log: Files) -> None:
    reader = Reader()
    for _ in range(2):
        found = reader.read(log.fetch, 302)
        assert found.leaves() == {0: opened(), 301: payout(1)}
    assert log.asked == ["tile/entries/000", "tile/entries/001.p/46", "tile/entries/001.p/46"]
    log.grow([entry.build(payout(2))])
    assert reader.read(log.fetch, 303).leaves()[302] == payout(2)


def test_the_root_of_any_part_is_that_of_its_leaves(log: Files) -> None:
    found, hashes = Reader().read(log.fetch, 302), [merkle.leaf_hash(leaf) for leaf in log.leaves]
    for size in (0, 1, 2, 255, 256, 257, 300, 302):
        assert found.root(size) == merkle.root(hashes[:size])


def test_a_log_that_claims_too_much_is_not_read(log: Files) -> None:
    with pytest.raises(LogError, match="more than"):
        Reader().read(log.fetch, view.MAX_LEAVES + 1)
    assert log.asked == []
