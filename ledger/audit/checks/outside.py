"""Looks at what others say: witnesses and mirrors must know the same log, and stamps must be of its past."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from ledger import anchors
from ledger.audit import ed25519, source
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.outside import Told
from ledger.audit.view import View
from ledger.log import LogError, checkpoint, merkle, note, policy, tiles


def same_for_all(case: Case) -> Iterator[str | Note]:
    """Nobody was shown another log: each note that it signed is a state of this one, or this one of it."""
    log = case.view()
    for told in case.told or []:
        if told.shown is None:
            yield Note(f"The {told.who} {told.why_not}.")
            continue
        yield from _compare(log, case.trusted, told, told.shown)


def _compare(log: View, trusted: policy.Policy, told: Told, shown: note.Note) -> Iterator[str | Note]:
    try:
        other = checkpoint.parse(shown.text)
        trusted.one_key().signer(shown, ed25519.verify)
    except LogError:
        yield Note(f"The {told.who} shows a note that this log did not sign.")
        return
    if other.origin != log.head.origin:
        yield Note(f"The {told.who} shows another log.")
    elif not _extends(log, other):
        yield (
            f"The {told.who} was shown another log: {other.size} leaves with root {other.root.hex()[:16]},"
            " signed by the log itself."
        )
    else:
        yield Note(f"The {told.who} knows the same log, at {other.size} leaves.")


def _extends(log: View, other: checkpoint.Checkpoint) -> bool:
    """Is one of the two a continuation of the other? A longer one must be served by the log as well."""
    if other.size <= log.head.size:
        return merkle.root(log.hashes[: other.size]) == other.root
    longer = tiles.Tree(log.fetch, other.size)
    try:
        return longer.root() == other.root and longer.range_hash(0, log.head.size) == log.head.root
    except (FileNotFoundError, LogError):
        return False


STAMP_DAYS = 9  # a stamp a week, and some days for one that failed


def stamped(case: Case) -> Iterator[str | Note | Nothing]:
    """Each time stamp is of a state of this log, and no batch waited long for one (spec 12-anchors)."""
    log = case.view()
    raw = source.optional(log.fetch)(anchors.INDEX)
    if raw is None:
        yield Nothing("the log has no time stamps of others")
        return
    times: dict[int, datetime] = {}
    try:
        listed = anchors.parse_index(raw)
    except LogError as error:
        yield str(error)
        return
    for size, kind in listed:
        try:
            times[size] = _stamp(case, log, size, kind)
        except anchors.NotInstalledError as error:
            yield Note(f"The {kind} stamp of {size} leaves was not verified: {error}")
        except (LogError, FileNotFoundError) as error:
            yield f"The {kind} stamp of {size} leaves does not hold: {_why(error)}"
    yield from _late(log, times)
    yield Note(f"{len(times)} time stamps were verified.")


def _why(error: Exception) -> str:
    return "it is not there." if isinstance(error, FileNotFoundError) else f"{str(error).rstrip('.')}."


def _stamp(case: Case, log: View, size: int, kind: str) -> datetime:
    """When a state was stamped. Raises AnchorError, FileNotFoundError."""
    if size > log.head.size:
        raise anchors.AnchorError("The log is shorter than that.")
    text = checkpoint.Checkpoint(log.head.origin, size, merkle.root(log.hashes[:size])).text().encode()
    anchor = anchors.open_anchor(kind, case.stamps or {})
    return datetime.fromtimestamp(anchor.verify(log.fetch(anchors.path(size, kind)), text), UTC)


def _late(log: View, times: dict[int, datetime]) -> Iterator[str]:
    """Batches that were stamped long after their last day, or are long without a stamp."""
    sizes = [0, *sorted(times)]
    for before, size in pairwise(sizes):
        for index, batch in log.batches.items():
            if before <= index < size and _days(batch.to_day, times[size].date()) > STAMP_DAYS:
                yield f"Batch {batch.no} of {batch.to_day} was first stamped on {times[size].date()}."
    newest = max((batch.to_day for batch in log.batches.values()), default="")
    for index, batch in log.batches.items():
        if index >= sizes[-1] and _days(batch.to_day, date.fromisoformat(newest)) > STAMP_DAYS:
            yield f"Batch {batch.no} of {batch.to_day} has no stamp yet."


def _days(start: str, end: date) -> int:
    return (end - date.fromisoformat(start)) // timedelta(days=1)
