"""The checks: a table of functions that look at a view and name what is wrong with it.

A check that rests on another one (`needs`) is not done when that one found something: it
would only report the same fault again, in other words. The ids are those of spec 09-audit.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ledger.audit import ed25519
from ledger.audit.view import Row, View
from ledger.log import LogError, entry, merkle, policy, receipt, state, tiles

MAX_FINDINGS = 20

Check = Callable[[View], Iterator[str]]


@dataclass(frozen=True)
class Result:
    """What one check found: no findings and no `skipped` means that all is well."""

    id: str
    title: str
    findings: list[str] = field(default_factory=list)
    skipped: str = ""


def signatures(view: View) -> Iterator[str]:
    """The log signed the checkpoint and the policy's quorum of witnesses cosigned it."""
    try:
        view.trusted.check(view.signed, ed25519.verify)
    except LogError as error:
        yield str(error)


def tree(view: View) -> Iterator[str]:
    """Entries hash to tiles, tiles to the tiles above, and all of it to the root."""
    yield from _bundles(view)
    hashes = view.hashes
    for row in view.levels:
        yield from _tiles(row, hashes)
        full = len(hashes) // tiles.WIDTH
        hashes = [merkle.root(hashes[i * tiles.WIDTH : (i + 1) * tiles.WIDTH]) for i in range(full)]
    if merkle.root(view.hashes) != view.head.root:
        yield f"The {view.head.size} entries do not hash to the root that was signed."


def _bundles(view: View) -> Iterator[str]:
    for at, path in enumerate(view.bundles.paths):
        if view.bundles.files[at] is None:
            yield f"{path} is not there."
        elif None in view.decoded[at]:
            yield f"{path} does not hold {view.bundles.widths[at]} entries."


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


def numbering(view: View) -> Iterator[str]:
    """Each leaf can be read; the first one opens the log; batches count up by one."""
    last: int | None = None
    opened: entry.Open | None = None
    closed: int | None = None
    for index, raw in enumerate(view.leaves):
        try:
            leaf = entry.parse(raw or b"")
        except LogError as error:
            yield f"Leaf {index} cannot be read: {error}"
            continue
        if isinstance(leaf, entry.Open):
            if index:
                yield f"Leaf {index} opens a log that is already open."
            opened = opened or leaf
        elif index == 0:
            yield "The first leaf does not open the log."
        if opened and leaf.muni != opened.muni:
            yield f"Leaf {index} is of municipality {leaf.muni}, the log of {opened.muni}."
        if closed is not None:
            yield f"Leaf {index} comes after leaf {closed}, which closed the log."
        if isinstance(leaf, entry.Batch):
            yield from _next_number(index, leaf.no, last, opened)
            last = leaf.no
        if isinstance(leaf, entry.Close):
            closed = index


def _next_number(index: int, no: int, last: int | None, opened: entry.Open | None) -> Iterator[str]:
    if last is None:
        last = (opened.last_batch or 0) if opened else 0
    if no != last + 1:
        yield f"Leaf {index} is batch {no}, where batch {last + 1} belongs."


def history(view: View) -> Iterator[str]:
    """The log extends every checkpoint that was seen before."""
    for old in view.seen:
        if old.size > view.head.size:
            yield f"The log has {view.head.size} leaves; it was signed with {old.size} before."
        elif merkle.root(view.hashes[: old.size]) != old.root:
            yield f"The first {old.size} leaves are not those that were signed before: they were changed."


def commitments(view: View) -> Iterator[str]:
    """The commitments of each batch and to each merchant's line: under the root that the leaf names."""
    for batch in view.batches.values():
        yield from _under_root(view, batch, "commitments", batch.commitments, batch.tx_root, batch.n)
        lines = (batch.merchant_commitments, batch.merchant_root)
        yield from _under_root(view, batch, "merchants' commitments", *lines)
        raw = view.addenda.get(batch.merchant_lines) if batch.merchant_lines else None
        if raw is not None and hashlib.sha256(raw).hexdigest() != batch.merchant_lines:
            yield f"Batch {batch.no}: the lines for the auditor are others than the leaf names."


def _under_root(
    view: View, batch: entry.Batch, what: str, name: str, root: str, n: int | None = None
) -> Iterator[str]:
    raw = view.addenda[name]
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


def once(view: View) -> Iterator[str]:
    """No transfer is settled in two batches."""
    owner: dict[bytes, int] = {}
    for batch in view.batches.values():
        raw = view.addenda[batch.commitments] or b""
        for at in range(0, len(raw), merkle.HASH_BYTES):
            value = raw[at : at + merkle.HASH_BYTES]
            if owner.setdefault(value, batch.no) != batch.no:
                yield f"A transfer of batch {owner[value]} is in batch {batch.no} again."


def sums(view: View) -> Iterator[str]:
    """Every sum fits, and every opening is the closing before it."""
    standing = view.start
    for index, leaf in view.sums.items():
        what = f"Batch {leaf.no}" if isinstance(leaf, entry.Batch) else f"Leaf {index}"
        for sentence in [*leaf.sums(), *state.follows(standing, leaf)]:
            yield f"{what}: {sentence}"
        standing = standing.after(leaf)


def own_receipt(view: View) -> Iterator[str]:
    """The receipt that was given holds, and its checkpoint is a state of this log."""
    if view.given is None:
        return
    try:
        head = verify_receipt(view.given, view.trusted).verdict.checkpoint
    except LogError as error:
        yield str(error)
        return
    if head.origin != view.head.origin:
        yield f"The receipt belongs to another log: {head.origin}."
    elif head.size > view.head.size or merkle.root(view.hashes[: head.size]) != head.root:
        yield "The receipt was signed for a state that is not part of this log."


def verify_receipt(given: receipt.Receipt, trusted: policy.Policy) -> receipt.Verified:
    """Verify a receipt with the auditor's own Ed25519. Raises LogError."""
    return receipt.verify_receipt(
        given.canonical, given.salt, given.inner_path, given.tlog_proof, trusted, ed25519.verify
    )


TABLE: list[tuple[str, str, tuple[str, ...], Check]] = [
    ("A8", "Signed by the log and by enough witnesses", (), signatures),
    ("A7", "Entries, tiles and root fit together", (), tree),
    ("A6", "Leaves and batches follow each other without a gap", ("A7",), numbering),
    ("A9", "Nothing that was signed before was changed", ("A7",), history),
    ("A4", "The commitments of each batch are complete", ("A7",), commitments),
    ("A5", "No transfer was settled twice", ("A7", "A4"), once),
    ("A11", "Every sum fits and goes on from the one before", ("A6",), sums),
    ("R", "The receipt holds and is in this log", ("A7",), own_receipt),
]


def run(view: View, not_asked: dict[str, str]) -> list[Result]:
    """Do the checks in order; `not_asked` says by id why a check was not asked for."""
    done: dict[str, Result] = {}
    for id_, title, needs, check in TABLE:
        broken = [need for need in needs if done[need].findings or done[need].skipped]
        reason = not_asked.get(id_) or (f"it rests on {', '.join(broken)}" if broken else "")
        done[id_] = Result(id_, title, [] if reason else _limited(check(view)), reason)
    return list(done.values())


def _limited(findings: Iterator[str]) -> list[str]:
    found: list[str] = []
    for sentence in findings:
        if len(found) == MAX_FINDINGS:
            return [*found, "There is more of this; the rest is not named."]
        found.append(sentence)
    return found
