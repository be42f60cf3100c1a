"""Everything that an audit looks at, read once; a file that is missing is None.

Reading judges nothing: whatever was served is kept, and the checks say what is wrong with it.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial

from ledger.audit.source import UnreachableError
from ledger.log import LogError, checkpoint, entry, merkle, note, policy, receipt, state, tiles

Progress = Callable[[str, int, int], None]
"""(what is being read, done, all)"""

PARALLEL = 8
MAX_LEAVES = 10_000_000


@dataclass(frozen=True)
class Row:
    """A level of the tree as served: tiles of hashes, or entry bundles, in order."""

    paths: list[str]
    widths: list[int]
    files: list[bytes | None]


@dataclass(frozen=True)
class View:
    """One log as it was served at one moment."""

    trusted: policy.Policy
    signed: note.Note
    head: checkpoint.Checkpoint
    bundles: Row
    levels: list[Row]
    addenda: dict[str, bytes | None]
    seen: list[checkpoint.Checkpoint] = field(default_factory=list)
    given: receipt.Receipt | None = None

    @cached_property
    def decoded(self) -> list[list[bytes | None]]:
        """The leaves of each entry bundle; None where there is none."""
        return [
            _leaves(raw, width) for raw, width in zip(self.bundles.files, self.bundles.widths, strict=True)
        ]

    @cached_property
    def leaves(self) -> list[bytes | None]:
        """Every leaf, by index."""
        return [leaf for bundle in self.decoded for leaf in bundle]

    @cached_property
    def hashes(self) -> list[bytes]:
        """The leaf hashes of what was served; a missing leaf counts as an empty one."""
        return [merkle.leaf_hash(leaf or b"") for leaf in self.leaves]

    @cached_property
    def parsed(self) -> dict[int, entry.Leaf]:
        """The leaves that can be read, by index."""
        read = {at: _parsed(leaf) for at, leaf in enumerate(self.leaves)}
        return {at: leaf for at, leaf in read.items() if leaf is not None}

    @cached_property
    def batches(self) -> dict[int, entry.Batch]:
        """The batch leaves, by index."""
        return {at: leaf for at, leaf in self.parsed.items() if isinstance(leaf, entry.Batch)}

    @cached_property
    def sums(self) -> dict[int, state.Sums]:
        """The leaves that say sums: batches, and the end of a year."""
        return {at: leaf for at, leaf in self.parsed.items() if isinstance(leaf, state.Sums)}

    @property
    def start(self) -> state.Standing:
        """Where all stood when the log opened: at nothing, or where the log before ended."""
        opened = self.parsed.get(0)
        return (opened.state if isinstance(opened, entry.Open) else None) or state.Standing()


def _leaves(raw: bytes | None, width: int) -> list[bytes | None]:
    try:
        return list(tiles.decode_bundle(raw or b"", width))
    except LogError:
        return [None] * width


def _parsed(leaf: bytes | None) -> entry.Leaf | None:
    try:
        return entry.parse(leaf or b"")
    except LogError:
        return None


def read_head(fetch: tiles.Fetch) -> tuple[note.Note, checkpoint.Checkpoint]:
    """The checkpoint as served. Raises UnreachableError when there is none, LogError on its form."""
    try:
        served = note.Note.parse(fetch("checkpoint"))
    except FileNotFoundError as error:
        raise UnreachableError("There is no checkpoint there.") from error
    head = checkpoint.parse(served.text)
    if head.size > MAX_LEAVES:
        raise checkpoint.CheckpointError(f"The log claims more than {MAX_LEAVES} leaves.")
    return served, head


def read(
    fetch: tiles.Fetch,
    trusted: policy.Policy,
    served: note.Note,
    head: checkpoint.Checkpoint,
    progress: Progress,
) -> View:
    """Read all tiles, entries and addenda that the checkpoint `head` promises."""
    bundles = _row(fetch, "entries", head.size, tiles.entries_path, progress)
    levels, level, count = [], 0, head.size
    while count:
        levels.append(_row(fetch, f"level {level}", count, partial(tiles.tile_path, level), progress))
        level, count = level + 1, count // tiles.WIDTH
    view = View(trusted, served, head, bundles, levels, {})
    names = [name for batch in view.batches.values() for name in _addenda(batch)]
    found = _fetch_all(fetch, [receipt.addendum_path(n) for n in names], "addenda", progress)
    view.addenda.update(zip(names, found, strict=True))
    return view


def _addenda(batch: entry.Batch) -> list[str]:
    lines = [batch.merchant_lines] if batch.merchant_lines else []
    return [batch.commitments, batch.merchant_commitments, *lines]


def _row(
    fetch: tiles.Fetch, what: str, count: int, path: Callable[[int, int], str], progress: Progress
) -> Row:
    widths = [min(tiles.WIDTH, count - start) for start in range(0, count, tiles.WIDTH)]
    paths = [path(index, width) for index, width in enumerate(widths)]
    return Row(paths, widths, _fetch_all(fetch, paths, what, progress))


def _fetch_all(fetch: tiles.Fetch, paths: list[str], what: str, progress: Progress) -> list[bytes | None]:
    def one(path: str) -> bytes | None:
        try:
            return fetch(path)
        except FileNotFoundError:
            return None

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(_counted(pool.map(one, paths), len(paths), what, progress))


def _counted(
    files: Iterable[bytes | None], total: int, what: str, progress: Progress
) -> Iterable[bytes | None]:
    for done, file in enumerate(files, 1):
        progress(what, done, total)
        yield file
