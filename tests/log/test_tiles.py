"""A log that lives in tiles gives the same roots and proofs as one in memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log import merkle, tiles

LEAVES = [b"leaf %d" % i for i in range(1100)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


class Files(dict[str, bytes]):
    """Stored files; writing one again with other bytes is an error."""

    def fetch(self, path: str) -> bytes:
        if path not in self:
            raise FileNotFoundError(path)
        return self[path]

    def write(self, update: tiles.Update) -> None:
        for path, data in update.files:
            assert self.get(path, data) == data, f"{path} would change"
            assert data, f"{path} is empty"
            self[path] = data


def grown(steps: list[int]) -> tuple[Files, int]:
    files, size = Files(), 0
    for step in steps:
        update = tiles.append(files.fetch, size, LEAVES[size : size + step])
        files.write(update)
        size += step
        assert (update.size, update.root) == (size, merkle.root(HASHES[:size]))
    return files, size


def test_paths_are_those_of_the_specification() -> None:
    assert tiles.tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tiles.tile_path(2, 0, 1) == "tile/2/000.p/1"
    assert tiles.entries_path(1000, 255) == "tile/entries/x001/000.p/255"
    assert tiles.entries_path(999) == "tile/entries/999"


def test_a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() -> None:
    files = Files()
    files.write(tiles.append(files.fetch, 0, [b""] * 70_000))
    by_level = {
        level: [p for p in files if p.startswith(f"tile/{level}/")]
        for level in ("0", "1", "2", "3", "entries")
    }
    assert {level: len(paths) for level, paths in by_level.items()} == {
        "0": 274,
        "1": 2,
        "2": 1,
        "3": 0,
        "entries": 274,
    }
    assert by_level["0"][-1] == "tile/0/273.p/112"
    assert by_level["1"] == ["tile/1/000", "tile/1/001.p/17"]
    assert by_level["2"] == ["tile/2/000.p/1"]


def test_a_full_first_tile_brings_a_tile_above_it() -> None:
    files, _ = grown([256])
    assert set(files) == {"tile/0/000", "tile/1/000.p/1", "tile/entries/000"}
    assert len(files["tile/0/000"]) == 8192


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 100, 255, 256, 257]), max_size=8).filter(lambda x: sum(x) <= 1100)
)
def test_growing_in_any_steps_gives_the_same_log(steps: list[int]) -> None:
    files, size = grown(steps)
    tree = tiles.Tree(files.fetch, size)
    assert tree.root() == merkle.root(HASHES[:size])
    assert list(tree.leaves()) == LEAVES[:size]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_from_tiles_are_those_of_memory(data: st.DataObject) -> None:
    files, size = grown([300, 212, 500])
    at = data.draw(st.sampled_from([300, 512, size]))
    tree = tiles.Tree(files.fetch, at)
    index, old = data.draw(st.integers(0, at - 1)), data.draw(st.integers(0, at))
    assert tree.inclusion_proof(index) == merkle.inclusion_proof(HASHES[:at], index)
    assert tree.consistency_proof(old) == merkle.consistency_proof(HASHES[:at], old)
    assert list(tree.leaves(index)) == LEAVES[index:at]


def test_a_partial_file_may_be_gone_once_the_full_one_is_there() -> None:
    files, _ = grown([300, 300])
    for path in [p for p in files if ".p/44" in p]:
        del files[path]
    tree = tiles.Tree(files.fetch, 300)
    assert tree.root() == merkle.root(HASHES[:300])
    assert list(tree.leaves(290)) == LEAVES[290:300]


def test_a_file_that_should_be_there_is_asked_for_in_vain() -> None:
    files, size = grown([300])
    del files["tile/0/000"]
    with pytest.raises(FileNotFoundError):
        tiles.Tree(files.fetch, size).inclusion_proof(0)


def test_a_tile_of_another_length_is_refused() -> None:
    files, size = grown([10])
    files["tile/0/000.p/10"] += b"x"
    with pytest.raises(tiles.TileError):
        tiles.Tree(files.fetch, size).root()


@pytest.mark.parametrize("bundle", [b"\0", b"\0\2a", b"\0\1a\0", b"", b"\0\1a\0\1b"])
def test_a_bundle_that_is_torn_or_has_another_number_is_refused(bundle: bytes) -> None:
    with pytest.raises(tiles.TileError):
        tiles.decode_bundle(bundle, 1)


def test_leaves_may_be_empty_and_65535_bytes_but_not_more() -> None:
    leaves = [b"", b"x" * 65535]
    assert tiles.decode_bundle(tiles.encode_bundle(leaves), 2) == leaves
    with pytest.raises(tiles.TileError):
        tiles.encode_bundle([b"x" * 65536])
