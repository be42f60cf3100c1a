"""Entry bundles, hashed and read by as many processes as there are cores; only a digest of them is kept.

A log of a million leaves does not fit in memory twice. Of each leaf the hash is kept, and of all but top-ups
(which are many) the leaf itself; of top-ups their sums.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from ledger.audit import personal, source
from ledger.log import LogError, canonical, entry, merkle, tiles

PARALLEL = 8  # files asked for at once
RUN = 32  # bundles a piece of work
ALONE = 64  # fewer bundles than this are not worth other processes


@dataclass(frozen=True)
class Run:
    """Bundles that lie next to each other; `first` is the index of the first leaf."""

    where: str
    first: int
    paths: list[str]
    widths: list[int]
    names: frozenset[str]


@dataclass
class Digest:
    """What is kept of a run of bundles: 32 bytes of `hashes` for each leaf; a missing one counts as empty."""

    size: int = 0
    """Bytes that were read."""
    hashes: bytes = b""
    faults: list[str] = field(default_factory=list)
    unreadable: dict[int, str] = field(default_factory=dict)
    leaves: dict[int, entry.Leaf] = field(default_factory=dict)
    munis: dict[int, int] = field(default_factory=dict)
    """The first leaf of each municipality."""
    given: Counter[str] = field(default_factory=Counter)
    """Cents by fund in leaves of top-ups."""
    private: dict[int, list[str]] = field(default_factory=dict)


def read(runs: list[Run]) -> Iterator[Digest]:
    """The digests of all runs, in order."""
    if sum(len(run.paths) for run in runs) <= ALONE:
        yield from map(digest, runs)
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(digest, runs)


def digest(run: Run) -> Digest:
    """Fetch, hash and read one run."""
    fetch = source.optional(source.open_source(run.where))
    found, hashes, at = Digest(), [], run.first
    with ThreadPoolExecutor(PARALLEL) as pool:
        files = pool.map(fetch, run.paths, [width * (2 + tiles.MAX_LEAF_BYTES) for width in run.widths])
        for path, width, raw in zip(run.paths, run.widths, files, strict=True):
            found.size += len(raw or b"")
            leaves = _leaves(found, path, width, raw)
            hashes += [merkle.leaf_hash(leaf or b"") for leaf in leaves]
            keep(found, at, leaves)
            _scan(found, at, leaves, raw or b"", run.names)
            at += width
    found.hashes = b"".join(hashes)
    return found


def _leaves(found: Digest, path: str, width: int, raw: bytes | None) -> list[bytes | None]:
    try:
        return list(tiles.decode_bundle(raw or b"", width))
    except LogError:
        missing = raw is None
        found.faults.append(f"{path} is not there." if missing else f"{path} does not hold {width} entries.")
        return [None] * width


def keep(found: Digest, first: int, leaves: Iterable[bytes | None]) -> None:
    """Read leaves, of which `first` is the index of the first, and keep what a digest keeps of them."""
    for index, raw in enumerate(leaves, first):
        grant = _GRANT.fullmatch(raw or b"")
        if grant and _counts(grant):
            found.given[grant[1].decode()] += int(grant[4])
            found.munis.setdefault(int(grant[2]), index)
            continue
        try:
            leaf = entry.parse(raw or b"")
        except LogError as error:
            found.unreadable[index] = str(error)
            continue
        found.munis.setdefault(leaf.muni, index)
        if isinstance(leaf, entry.Grant):
            found.given[leaf.fund] += leaf.total
        else:
            found.leaves[index] = leaf


# A top-up as `entry.parse` accepts it, and not one byte more: a test holds the two together. Reading the
# form instead of the JSON makes a million of them a matter of seconds.
_CODE, _INT = r"[a-z0-9][a-z0-9._/-]{0,63}", r"(0|[1-9][0-9]{0,15})"
_GRANT = re.compile(
    rf'\{{"batch":"{_CODE}","decision":"[0-9a-f]{{64}}","four_eyes":(?:true|false),"fund":"({_CODE})",'
    rf'"muni":{_INT},"n":{_INT},"t":"grant","total":{_INT},"v":1\}}'.encode()
)


def _counts(grant: re.Match[bytes]) -> bool:
    n, total = int(grant[3]), int(grant[4])
    return 1 <= n <= total <= canonical.MAX_INT and int(grant[2]) <= canonical.MAX_INT


def _scan(found: Digest, first: int, leaves: list[bytes | None], raw: bytes, names: frozenset[str]) -> None:
    if not any(personal.find(raw, names)):
        return
    for index, leaf in enumerate(leaves, first):
        kinds = list(personal.find(leaf or b"", names))
        if kinds:
            found.private[index] = kinds
