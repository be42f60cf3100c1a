"""Everything public that an audit looks at, read once; a file that is missing is None.

Reading judges nothing: whatever was served is kept, and the checks say what is wrong with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

from ledger.audit import bundles, source
from ledger.audit.source import UnreachableError
from ledger.log import checkpoint, entry, merkle, note, receipt, state, tiles

Progress = Callable[[str, int, int], None]
"""(what is being read, done, all)"""

PARALLEL = 8
MAX_LEAVES = 10_000_000
LINE_BYTES = 128
MORE_SHOPS = 1000  # shops that are paid without a payment in the batch, such as from the guarantee

Leaf = TypeVar("Leaf", bound=entry.Leaf)


@dataclass(frozen=True)
class Row:
    """A level of the tree as served: its tiles of hashes, in order."""

    paths: list[str]
    widths: list[int]
    files: list[bytes | None]


@dataclass(frozen=True)
class View:
    """One log as it was served at one moment."""

    where: str
    signed: note.Note
    head: checkpoint.Checkpoint
    hashes: list[bytes]
    """The leaf hashes of what was served; a missing leaf counts as an empty one."""
    faults: list[str]
    """What is wrong with the entry bundles."""
    unreadable: dict[int, str]
    leaves: dict[int, entry.Leaf]
    """The leaves that can be read, by index, without those of top-ups."""
    munis: dict[int, int]
    given: Counter[str]
    private: dict[int, list[str]]
    levels: list[Row]
    addenda: dict[str, bytes | None] = field(default_factory=dict)

    def of(self, kind: type[Leaf]) -> dict[int, Leaf]:
        """The leaves of one kind, by index."""
        return {at: leaf for at, leaf in self.leaves.items() if isinstance(leaf, kind)}

    @cached_property
    def batches(self) -> dict[int, entry.Batch]:
        """The batch leaves, by index."""
        return self.of(entry.Batch)

    @cached_property
    def sums(self) -> dict[int, state.Sums]:
        """The leaves that say sums, by index: batches, and the end of a year."""
        return {at: leaf for at, leaf in self.leaves.items() if isinstance(leaf, state.Sums)}

    @property
    def start(self) -> state.Standing:
        """Where all stood when the log opened: at nothing, or where the log before ended."""
        return (self.opened and self.opened.state) or state.Standing()

    @property
    def opened(self) -> entry.Open | None:
        """The first leaf, when it opens the log."""
        first = self.leaves.get(0)
        return first if isinstance(first, entry.Open) else None

    @property
    def continues(self) -> bool:
        """Does it go on from another log?"""
        return bool(self.opened and self.opened.prev)

    @property
    def last_before(self) -> int:
        """The last batch of the log from which it goes on; 0 when there is none."""
        return (self.opened and self.opened.last_batch) or 0

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each batch stands, by its number."""
        return {batch.no: at for at, batch in self.batches.items()}

    @property
    def muni(self) -> int | None:
        """The municipality that the log opens with."""
        first = self.leaves.get(0)
        return first.muni if first else None

    def root_of(self, size: int) -> bytes:
        """The root of the first `size` leaves, from the tiles: for looks that rest on A7."""
        return self._tree.range_hash(0, size)

    @cached_property
    def _tree(self) -> tiles.Tree:
        served = {path: file for row in self.levels for path, file in zip(row.paths, row.files, strict=True)}
        return tiles.Tree(lambda path: served[path] or b"", self.head.size)

    @cached_property
    def fetch(self) -> source.Source:
        """A way to more of its files."""
        return source.open_source(self.where)


def read_head(where: str) -> tuple[note.Note, checkpoint.Checkpoint]:
    """The checkpoint as served. Raises UnreachableError when there is none, LogError on its form."""
    try:
        served = note.Note.parse(source.open_source(where)("checkpoint"))
    except FileNotFoundError as error:
        raise UnreachableError("There is no checkpoint there.") from error
    head = checkpoint.parse(served.text)
    if head.size > MAX_LEAVES:
        raise checkpoint.CheckpointError(f"The log claims more than {MAX_LEAVES} leaves.")
    return served, head


def read(
    where: str,
    served: note.Note,
    head: checkpoint.Checkpoint,
    names: frozenset[str],
    progress: Progress,
) -> View:
    """Read all tiles, entries and addenda that the checkpoint `head` promises. Raises UnreachableError."""
    tally = source.Tally(source.MAX_TOTAL_BYTES)
    found = _entries(where, head.size, names, tally, progress)
    fetch = source.optional(tally.of(source.open_source(where)))
    hashes = [found.hashes[i : i + merkle.HASH_BYTES] for i in range(0, len(found.hashes), merkle.HASH_BYTES)]
    view = View(
        where=where,
        signed=served,
        head=head,
        hashes=hashes,
        faults=found.faults,
        unreadable=found.unreadable,
        leaves=found.leaves,
        munis=found.munis,
        given=found.given,
        private=found.private,
        levels=_levels(fetch, head.size, progress),
    )
    named = [name for batch in view.batches.values() for name in _addenda(batch).items()]
    paths, sizes = [receipt.addendum_path(name) for name, _ in named], [most for _, most in named]
    files = _fetch_all(fetch, paths, sizes, "addenda", progress)
    view.addenda.update(zip([name for name, _ in named], files, strict=True))
    return view


def _addenda(batch: entry.Batch) -> dict[str, int]:
    """The names of a batch's addenda, and how large each can be."""
    shops = min((batch.n + MORE_SHOPS) * LINE_BYTES, source.MAX_BYTES)
    lines = {batch.merchant_lines: shops} if batch.merchant_lines else {}
    payments = min(batch.n * merkle.HASH_BYTES, source.MAX_BYTES)
    return {batch.merchant_commitments: shops, **lines, batch.commitments: payments}


def _entries(
    where: str, size: int, names: frozenset[str], tally: source.Tally, progress: Progress
) -> bundles.Digest:
    paths, widths = _places(size, tiles.entries_path)
    steps = range(0, len(paths), bundles.RUN)
    runs = [
        bundles.Run(
            where, at * tiles.WIDTH, paths[at : at + bundles.RUN], widths[at : at + bundles.RUN], names
        )
        for at in steps
    ]
    whole, hashes = bundles.Digest(), []
    for done, part in enumerate(bundles.read(runs), 1):
        tally.count(part.size)
        progress("entries", min(size, done * bundles.RUN * tiles.WIDTH), size)
        hashes.append(part.hashes)
        whole.faults += part.faults
        whole.unreadable |= part.unreadable
        whole.leaves |= part.leaves
        whole.munis = part.munis | whole.munis  # the first leaf of each counts
        whole.given += part.given
        whole.private |= part.private
    whole.hashes = b"".join(hashes)
    return whole


def _levels(fetch: source.Optional, size: int, progress: Progress) -> list[Row]:
    levels, level, count = [], 0, size
    while count:
        paths, widths = _places(count, partial(tiles.tile_path, level))
        sizes = [width * merkle.HASH_BYTES for width in widths]
        levels.append(
            Row(paths, widths, _fetch_all(fetch, paths, sizes, f"tiles of level {level}", progress))
        )
        level, count = level + 1, count // tiles.WIDTH
    return levels


def _places(count: int, path: Callable[[int, int], str]) -> tuple[list[str], list[int]]:
    widths = [min(tiles.WIDTH, count - start) for start in range(0, count, tiles.WIDTH)]
    return [path(index, width) for index, width in enumerate(widths)], widths


def _fetch_all(
    fetch: source.Optional, paths: list[str], sizes: list[int], what: str, progress: Progress
) -> list[bytes | None]:
    """The files, none of which fills more memory than one of its size, and one byte."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(_counted(pool.map(fetch, paths, sizes), len(paths), what, progress))


def _counted(
    files: Iterable[bytes | None], total: int, what: str, progress: Progress
) -> Iterable[bytes | None]:
    for done, file in enumerate(files, 1):
        progress(what, done, total)
        yield file
