"""Looks at what others say: witnesses and mirrors must know the same log as we were shown."""

from collections.abc import Iterator

from ledger.audit import ed25519
from ledger.audit.case import Case
from ledger.audit.check import Note
from ledger.audit.outside import Told
from ledger.audit.view import View
from ledger.log import LogError, checkpoint, merkle, note, policy, tiles


def same_for_all(case: Case) -> Iterator[str | Note]:
    """Nobody was shown another log: every note that the log signed is a state of this one, or this one of it."""
    log = case.view()
    for told in case.told or []:
        if told.shown is None:
            yield Note(f"The {told.who} {told.why_not}.")
            continue
        yield from _compare(log, case.trusted, told, told.shown)


def _compare(log: View, trusted: policy.Policy, told: Told, shown: note.Note) -> Iterator[str | Note]:
    try:
        other = checkpoint.parse(shown.text)
        trusted.signer(shown, ed25519.verify)
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
