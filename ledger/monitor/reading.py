"""The leaves of a log, read again and again: a full bundle never changes, so it is read once.

Of each leaf its hash is kept, and what it says unless it is a top-up: there are many, and no alarm is about
them.
"""

from dataclasses import dataclass, field

from ledger.audit import bundles
from ledger.audit.source import UnreachableError
from ledger.audit.view import MAX_LEAVES
from ledger.log import LogError, entry, merkle, tiles


@dataclass(frozen=True)
class Part:
    """One bundle: what is kept of it, and the root over its leaves."""

    kept: bundles.Digest
    root: bytes


@dataclass(frozen=True)
class Read:
    """The first `size` leaves of a log, in parts; `gap` is why there are not all of them."""

    size: int
    parts: list[Part]
    gap: Exception | None = None

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves."""
        full, rest = divmod(size, tiles.WIDTH)
        roots = [part.root for part in self.parts[:full]]
        return merkle.root([*roots, self._root_of_part(full, rest)] if rest else roots)

    def _root_of_part(self, index: int, width: int) -> bytes:
        hashes, size = self.parts[index].kept.hashes, merkle.HASH_BYTES
        return merkle.root(hashes[i * size : (i + 1) * size] for i in range(width))

    def leaves(self) -> dict[int, entry.Leaf]:
        """The leaves that can be read and are no top-ups, by index."""
        return {at: leaf for part in self.parts for at, leaf in part.kept.leaves.items()}

    def unreadable(self) -> dict[int, str]:
        """Why a leaf cannot be read, by index."""
        return {at: why for part in self.parts for at, why in part.kept.unreadable.items()}


@dataclass(frozen=True)
class Reader:
    """Reads one log, and remembers its full bundles."""

    _full: dict[int, Part] = field(default_factory=dict)

    def read(self, fetch: tiles.Fetch, size: int) -> Read:
        """The first `size` leaves, or as many bundles as can be had. Raises LogError on too many."""
        if size > MAX_LEAVES:
            raise tiles.TileError(f"The log claims more than {MAX_LEAVES} leaves.")
        tree, parts = tiles.Tree(fetch, size), list[Part]()
        for start in range(0, size, tiles.WIDTH):
            try:
                parts.append(self._part(tree, start // tiles.WIDTH))
            except (FileNotFoundError, UnreachableError, LogError) as gap:
                return Read(start, parts, gap)
        return Read(size, parts)

    def _part(self, tree: tiles.Tree, index: int) -> Part:
        if index in self._full:
            return self._full[index]
        raw = tree.bundle(index)
        part = _digest(index * tiles.WIDTH, raw)
        if len(raw) == tiles.WIDTH:
            self._full[index] = part
        return part


def _digest(first: int, raw: list[bytes]) -> Part:
    hashes = [merkle.leaf_hash(leaf) for leaf in raw]
    kept = bundles.Digest(hashes=b"".join(hashes))
    bundles.keep(kept, first, raw)
    return Part(kept, merkle.root(hashes))
