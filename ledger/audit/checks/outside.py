"""Looks at what others say: witnesses and mirrors must know the same log, and stamps must be of its past."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from ledger import anchors
from ledger.audit import ed25519, source
from ledger.audit.case import Case
from ledger.audit.check import Note, Nothing
from ledger.audit.outside import Told
from ledger.audit.view import View
from ledger.log import LogError, checkpoint, note, policy, tiles


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
        return log.root_of(other.size) == other.root
    longer = tiles.Tree(log.fetch, other.size)
    try:
        return longer.root() == other.root and longer.range_hash(0, log.head.size) == log.head.root
    except (FileNotFoundError, LogError, source.UnreachableError):
        return False  # what is not served, for whatever reason, shows nothing


STAMP_DAYS = 9  # a stamp a week, and some days for one that failed


def stamped(case: Case) -> Iterator[str | Note | Nothing]:
    """Each time stamp is of a state of this log, and no batch waited long for one (spec 12-anchors)."""
    log, found = case.view(), _Stamps()
    try:
        listed = anchors.parse_index(source.optional(log.fetch)(anchors.INDEX) or b"")
    except LogError as error:
        yield str(error)
        return
    for size, kind in listed:
        found.take(case, log, size, kind)
    late = list(_late(log, found))
    yield from [*found.false, *late]
    yield from (Note(f"Stamps of kind {kind} were not verified: {why}") for kind, why in found.open.items())
    if found.times:
        yield Note(f"{len(found.times)} time stamps were verified.")
    elif found.open:
        yield Nothing("the time stamps of others could not be verified")
    elif not (found.false or late):
        yield Nothing("the log has no time stamps of others")


@dataclass
class _Stamps:
    """What the stamps of a log come to: when a state existed, what is false, and what cannot be said here.

    `undecided` is the largest state of which that cannot be said; of kinds that nobody knows it is nothing.
    """

    times: dict[int, datetime] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    undecided: int = 0

    def take(self, case: Case, log: View, size: int, kind: str) -> None:
        """Verify one more."""
        if kind not in anchors.KINDS:
            self.open[kind] = "this kind is not known here."
            return
        try:
            at = _stamp(case, log, size, kind)
            self.times[size] = min(at, self.times.get(size, at))
        except anchors.UndecidedError as error:
            self.open[kind] = f"{str(error).rstrip('.')}."
            self.undecided = max(size, self.undecided)
        except (LogError, FileNotFoundError) as error:
            self.false.append(f"The {kind} stamp of {size} leaves does not hold: {_why(error)}")


def _why(error: Exception) -> str:
    return "it is not there." if isinstance(error, FileNotFoundError) else f"{str(error).rstrip('.')}."


def _stamp(case: Case, log: View, size: int, kind: str) -> datetime:
    """When a state was stamped. Raises AnchorError, FileNotFoundError."""
    if size > log.head.size:
        raise anchors.AnchorError("The log is shorter than that.")
    token = log.fetch(anchors.path(size, kind))
    anchor = anchors.open_anchor(kind, case.stamps or {})
    text = checkpoint.Checkpoint(log.head.origin, size, log.root_of(size)).text().encode()
    return datetime.fromtimestamp(anchor.verify(token, text), UTC)


def _late(log: View, found: _Stamps) -> Iterator[str]:
    """Batches that were stamped long after their last day, or are long without a stamp."""
    sizes = sorted(found.times)
    newest = max((batch.to_day for batch in log.batches.values()), default="")
    for index, batch in log.batches.items():
        after = bisect_right(sizes, index)
        first = found.times[sizes[after]].date() if after < len(sizes) else None
        if first and _days(batch.to_day, first) > STAMP_DAYS:
            yield f"Batch {batch.no} of {batch.to_day} was first stamped on {first}."
        elif (
            not first
            and index >= found.undecided
            and _days(batch.to_day, date.fromisoformat(newest)) > STAMP_DAYS
        ):
            yield f"Batch {batch.no} of {batch.to_day} has no stamp yet."


def _days(start: str, end: date) -> int:
    return (end - date.fromisoformat(start)) // timedelta(days=1)
