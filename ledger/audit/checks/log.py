"""Looks at the public bytes: what was signed, what was served, and what the leaves say of each other."""

import hashlib
import heapq
from collections.abc import Iterable, Iterator
from datetime import timedelta

from ledger.audit import ed25519
from ledger.audit.case import WITHOUT, Case
from ledger.audit.check import Note, Nothing
from ledger.audit.tables import Tables, leaf_of
from ledger.audit.view import Row, View
from ledger.log import LogError, entry, merkle, policy, receipt, state, tiles


def signatures(case: Case) -> Iterator[str | Note]:
    """The log signed the checkpoint and the policy's quorum of witnesses cosigned it, not too long ago."""
    log = case.view()
    try:
        verdict = case.trusted.check(log.signed, ed25519.verify)
    except LogError as error:
        yield str(error)
        return
    newest = max(verdict.cosigned.values())
    if case.max_age is not None and case.now.timestamp() - newest > timedelta(case.max_age).total_seconds():
        yield f"The newest cosignature is more than {case.max_age} days old."


def tree(case: Case) -> Iterator[str]:
    """Entries hash to tiles, tiles to the tiles above, and all of it to the root."""
    log = case.view()
    yield from log.faults
    hashes = log.hashes
    for row in log.levels:
        yield from _tiles(row, hashes)
        full = len(hashes) // tiles.WIDTH
        hashes = [merkle.root(hashes[i * tiles.WIDTH : (i + 1) * tiles.WIDTH]) for i in range(full)]
    if merkle.root(log.hashes) != log.head.root:
        yield f"The {log.head.size} entries do not hash to the root that was signed."


def _tiles(row: Row, hashes: list[bytes]) -> Iterator[str]:
    for at, path in enumerate(row.paths):
        start = at * tiles.WIDTH
        served, part = row.files[at], hashes[start : start + row.widths[at]]
        if served is None:
            yield f"{path} is not there."
        elif served != b"".join(part):
            yield f"{path} is not what the entries below it hash to{_where(served, part, start)}."


def _where(served: bytes, expected: list[bytes], start: int) -> str:
    for at, value in enumerate(expected):
        if served[at * 32 : at * 32 + 32] != value:
            return f" (first at {start + at})"
    return ""


def numbering(case: Case) -> Iterator[str]:
    """Each leaf can be read; the first one opens the log; batches count up by one."""
    log = case.view()
    for index, why in log.unreadable.items():
        yield f"Leaf {index} cannot be read: {why}"
    if log.head.size and 0 not in log.unreadable and not isinstance(log.leaves.get(0), entry.Open):
        yield "The first leaf does not open the log."
    for index in log.of(entry.Open):
        if index:
            yield f"Leaf {index} opens a log that is already open."
    for muni, index in log.munis.items():
        if muni != log.muni and log.muni is not None:
            yield f"Leaf {index} is of municipality {muni}, the log of {log.muni}."
    if log.opened and not _is_named(log.head.origin, log.opened):
        yield f"The log {log.head.origin} opens for municipality {log.opened.muni}, year {log.opened.year}."
    yield from _batch_numbers(log)
    yield from _closing(log)


def _is_named(origin: str, opened: entry.Open) -> bool:
    """Does a log's name say its municipality and year (spec 07, section 1)?"""
    *_, city, year = ["", *origin.split("/")]
    return (city, year.partition("-")[0]) == (f"gm{opened.muni:04d}", str(opened.year))


def _batch_numbers(log: View) -> Iterator[str]:
    last = log.last_before
    for index, batch in log.batches.items():
        if batch.no != last + 1:
            yield f"Leaf {index} is batch {batch.no}, where batch {last + 1} belongs."
        last = batch.no


def _closing(log: View) -> Iterator[str]:
    for index, close in log.of(entry.Close).items():
        if index != log.head.size - 1:
            yield f"Leaf {index} closes the log, and leaves come after it."
        last = max((batch.no for at, batch in log.batches.items() if at < index), default=log.last_before)
        if close.last_batch != last:
            yield f"Leaf {index} closes the log after batch {close.last_batch}, and the last one is {last}."


def history(case: Case) -> Iterator[str]:
    """The log extends every checkpoint that was seen before."""
    log = case.view()
    for old in case.seen or []:
        if old.size > log.head.size:
            yield f"The log has {log.head.size} leaves; it was signed with {old.size} before."
        elif log.root_of(old.size) != old.root:
            yield f"The first {old.size} leaves are not those that were signed before: they were changed."


def commitments(case: Case) -> Iterator[str]:
    """The commitments of each batch, to payments and to what shops are paid, under its roots."""
    log = case.view()
    for batch in log.batches.values():
        yield from _under_root(log, batch, "commitments", batch.commitments, batch.tx_root, batch.n)
        lines = (batch.merchant_commitments, batch.merchant_root)
        yield from _under_root(log, batch, "merchants' commitments", *lines)
        raw = log.addenda.get(batch.merchant_lines) if batch.merchant_lines else None
        if raw is not None and hashlib.sha256(raw).hexdigest() != batch.merchant_lines:
            yield f"Batch {batch.no}: the lines for the auditor are others than the leaf names."


def _under_root(
    log: View, batch: entry.Batch, what: str, name: str, root: str, n: int | None = None
) -> Iterator[str]:
    raw = log.addenda[name]
    if raw is None:
        yield f"Batch {batch.no}: the list of {what} is not there."
        return
    try:
        found = receipt.Commitments.parse(raw)
    except LogError as error:
        yield f"Batch {batch.no}: {error}"
        return
    if found.addendum_hash() != name:
        yield f"Batch {batch.no}: the list of {what} is another than the leaf names."
    if n is not None and len(found.values) != n:
        yield f"Batch {batch.no} says {n} transfers and has {len(found.values)} commitments."
    if found.root().hex() != root:
        yield f"Batch {batch.no}: the {what} do not hash to the root in the leaf."


def once(case: Case) -> Iterator[str]:
    """No transfer is settled in two batches. Each list is in order, so all of them merge into one order."""
    log = case.view()
    lists = [_numbered(log.addenda[batch.commitments] or b"", batch.no) for batch in log.batches.values()]
    last: tuple[bytes, int] = (b"", 0)
    for value, no in heapq.merge(*lists):
        if value == last[0]:
            yield f"A transfer of batch {last[1]} is in batch {no} again."
        last = (value, no)


def _numbered(raw: bytes, no: int) -> Iterable[tuple[bytes, int]]:
    return ((raw[at : at + merkle.HASH_BYTES], no) for at in range(0, len(raw), merkle.HASH_BYTES))


def sums(case: Case) -> Iterator[str]:
    """Every sum fits, and every opening is the closing before it."""
    log = case.view()
    standing = log.start
    for index, leaf in log.sums.items():
        what = f"Batch {leaf.no}" if isinstance(leaf, entry.Batch) else f"Leaf {index}"
        for sentence in [*leaf.sums(), *state.follows(standing, leaf)]:
            yield f"{what}: {sentence}"
        standing = standing.after(leaf)


_BEFORE = """
SELECT e.leaf, e.source FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id
 WHERE l.origin = ? AND e.idx < ? ORDER BY e.idx
"""
_WITH_SUMS = ("open:", "batch:", "close:")
_Before = tuple[str, list[entry.Leaf]]
"""The root (hex) of what a log goes on from, and its leaves, at least those with sums."""


def goes_on(case: Case) -> Iterator[str | Nothing]:
    """A log that goes on from another begins where that one stood, in the state that it names."""
    opened = case.view().opened
    prev = opened.prev if opened else None
    if opened is None or prev is None:
        return
    if case.previous and case.previous.head.origin == prev.origin:
        root, leaves = _in_view(case.previous, prev.size)
    elif case.books:
        root, leaves = _in_books(case.books, prev)
    else:
        yield Nothing(WITHOUT["previous"])
        return
    if root != prev.root:
        yield f"The log goes on from {prev.size} leaves that {prev.origin} does not have."
    elif _end_of(leaves) != (opened.last_batch, opened.state):
        yield f"The log begins in another state than {prev.origin} was in, or after another batch."


def _in_view(before: View, size: int) -> _Before:
    leaves = [leaf for at, leaf in before.leaves.items() if at < size]
    return merkle.root(before.hashes[:size]).hex(), leaves


def _in_books(books: Tables, prev: entry.Previous) -> _Before:
    rows = list(books.rows(_BEFORE, prev.origin, prev.size))
    found = (leaf_of(raw) for raw, source in rows if source.startswith(_WITH_SUMS))
    return merkle.root(merkle.leaf_hash(bytes(raw)) for raw, _ in rows).hex(), [
        leaf for leaf in found if leaf
    ]


def _end_of(leaves: list[entry.Leaf]) -> tuple[int, state.Standing]:
    """The last batch of a log, and where all stood after it."""
    last, standing = 0, state.Standing()
    for leaf in leaves:
        if isinstance(leaf, entry.Open):
            last, standing = leaf.last_batch or 0, leaf.state or standing
        elif isinstance(leaf, state.Sums):
            standing = standing.after(leaf)
            last = leaf.no if isinstance(leaf, entry.Batch) else last
    return last, standing


def own_receipt(case: Case) -> Iterator[str]:
    """The receipt that was given holds, and its checkpoint is a state of this log."""
    try:
        head = verify_receipt(case).verdict.checkpoint
    except LogError as error:
        yield str(error)
        return
    log = case.log
    if log is None:
        return
    if head.origin != log.head.origin:
        yield f"The receipt belongs to another log: {head.origin}."
    elif head.size > log.head.size or log.root_of(head.size) != head.root:
        yield "The receipt was signed for a state that is not part of this log."


def verify_receipt(case: Case) -> receipt.Verified[receipt.Transfer]:
    """Verify the receipt with the auditor's own Ed25519. Raises LogError."""
    given = case.given
    if given is None:
        raise policy.NotTrustedError("No receipt was given.")
    return receipt.verify_receipt(
        given.canonical, given.salt, given.inner_path, given.tlog_proof, case.trusted, ed25519.verify
    )
