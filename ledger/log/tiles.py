"""The tree as a folder of immutable files (C2SP tlog-tiles).

    tile/<level>/<n>[.p/<width>]    256 (or `width`) hashes of 32 bytes
    tile/entries/<n>[.p/<width>]    the leaves: uint16 length, bytes, one after the other

1. `fetch(path) -> bytes` is the only way to a stored file; it raises FileNotFoundError.
2. A hash at tile level l is the root of 256**l leaves; a full tile is 256 wide, the last tile
   of a level may be narrower, and empty tiles do not exist.
3. `append` says which files to write and changes nothing itself. It never rewrites a file:
   a path that exists already gets the same bytes or the caller must stop.
4. `Tree` makes roots and proofs from tiles alone, so a log keeps no tree in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.log import LogError, merkle

Fetch = Callable[[str], bytes]
WIDTH = 256
HEIGHT = 8
MAX_LEAF_BYTES = 65535


class TileError(LogError):
    """A tile or entry bundle does not have the form its path promises."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Path of a tile of hashes, relative to the log's address."""
    return f"tile/{level}/{_numbered(index, width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Path of an entry bundle, relative to the log's address."""
    return f"tile/entries/{_numbered(index, width)}"


def _numbered(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    suffix = "" if width == WIDTH else f".p/{width}"
    return "/".join([*("x" + part for part in parts[:-1]), parts[-1]]) + suffix


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """Leaves as an entry bundle. Raises TileError above 65 535 bytes per leaf."""
    if any(len(leaf) > MAX_LEAF_BYTES for leaf in leaves):
        raise TileError(f"A leaf is larger than {MAX_LEAF_BYTES} bytes.")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_bundle(bundle: bytes, width: int) -> list[bytes]:
    """The `width` leaves of an entry bundle; TileError when it holds more, fewer or a part."""
    leaves, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle) or at + 2 > len(bundle):
            raise TileError("An entry bundle ends in the middle of a leaf.")
        leaves.append(bundle[at + 2 : end])
        at = end
    if len(leaves) != width:
        raise TileError(f"An entry bundle holds {len(leaves)} leaves where {width} belong.")
    return leaves


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[i : i + 32] for i in range(0, len(tile), 32)]


class Tree:
    """A tree of `size` leaves, read through `fetch`; proofs are as good as the tiles."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int) -> bytes:
        """The bytes of one tile, as wide as this tree needs it."""
        key = (level, index)
        if key not in self._tiles:
            width = self._width(level, index)
            raw, stored = self._read(lambda w: tile_path(level, index, w), width)
            if len(raw) != stored * 32:
                raise TileError(f"{tile_path(level, index, stored)} is not {stored * 32} bytes.")
            self._tiles[key] = raw[: width * 32]
        return self._tiles[key]

    def bundle(self, index: int) -> list[bytes]:
        """The leaves of one entry bundle, as many as this tree has."""
        width = self._width(0, index)
        raw, stored = self._read(lambda w: entries_path(index, w), width)
        return decode_bundle(raw, stored)[:width]

    def leaves(self, start: int = 0) -> Iterator[bytes]:
        """The leaves from `start` on, in order."""
        for index in range(start // WIDTH, -(-self.size // WIDTH)):
            skip = max(0, start - index * WIDTH)
            yield from self.bundle(index)[skip:]

    def root(self) -> bytes:
        """Root of the whole tree."""
        return self.range_hash(0, self.size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Proof for leaf `index` in this tree (RFC 6962, 2.1.1)."""
        return [self.range_hash(a, b) for a, b in merkle.inclusion_ranges(index, self.size)]

    def consistency_proof(self, old: int) -> list[bytes]:
        """Proof that this tree extends its own first `old` leaves (RFC 6962, 2.1.2)."""
        return [self.range_hash(a, b) for a, b in merkle.consistency_ranges(old, self.size)]

    def range_hash(self, start: int, end: int) -> bytes:
        """Root of leaves [start, end), where `start` is a multiple of the range's height."""
        if start == end:
            return merkle.EMPTY_ROOT
        if (end - start) & (end - start - 1) == 0:
            return self._perfect(start, end - start)
        middle = start + merkle.split(end - start)
        return merkle.node_hash(self.range_hash(start, middle), self.range_hash(middle, end))

    def _perfect(self, start: int, width: int) -> bytes:
        level = (width.bit_length() - 1) // HEIGHT
        unit = 1 << HEIGHT * level  # leaves under one hash of this tile level
        first, count = (start // unit) % WIDTH, width // unit
        tile = self.tile(level, start // unit // WIDTH)
        return merkle.root(_hashes(tile[first * 32 : (first + count) * 32]))

    def _width(self, level: int, index: int) -> int:
        return min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)

    def _read(self, path: Callable[[int], str], width: int) -> tuple[bytes, int]:
        """A file and its width: a partial one may be gone once the full one is there."""
        try:
            return self._fetch(path(width)), width
        except FileNotFoundError:
            if width == WIDTH:
                raise
            return self._fetch(path(WIDTH)), WIDTH


@dataclass(frozen=True)
class Update:
    """What an append asks of the caller: write `files`, then sign `size` and `root`."""

    size: int
    root: bytes
    files: list[tuple[str, bytes]]


def append(fetch: Fetch, size: int, leaves: Sequence[bytes]) -> Update:
    """Files and root of the tree of `size` leaves with `leaves` added. Writes nothing."""
    files: dict[str, bytes] = {}
    _extend_entries(files, fetch, size, leaves)
    _extend_hashes(files, fetch, size, [merkle.leaf_hash(leaf) for leaf in leaves])

    def overlay(path: str) -> bytes:
        return files[path] if path in files else fetch(path)

    grown = size + len(leaves)
    return Update(grown, Tree(overlay, grown).root(), list(files.items()))


def _extend_entries(files: dict[str, bytes], fetch: Fetch, size: int, leaves: Sequence[bytes]) -> None:
    index, width = divmod(size, WIDTH)
    row = [*(Tree(fetch, size).bundle(index) if width and leaves else []), *leaves]
    for at in range(0, len(row), WIDTH):
        part = row[at : at + WIDTH]
        files[entries_path(index + at // WIDTH, len(part))] = encode_bundle(part)


def _extend_hashes(files: dict[str, bytes], fetch: Fetch, size: int, added: list[bytes]) -> None:
    level = 0
    while added:
        index, width = divmod(size, WIDTH)
        row = [*(_hashes(fetch(tile_path(level, index, width))) if width else []), *added]
        for at in range(0, len(row), WIDTH):
            part = row[at : at + WIDTH]
            files[tile_path(level, index + at // WIDTH, len(part))] = b"".join(part)
        full = len(row) // WIDTH
        added = [merkle.root(row[at * WIDTH : (at + 1) * WIDTH]) for at in range(full)]
        level, size = level + 1, size // WIDTH
