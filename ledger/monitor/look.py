"""One look at a log: the checkpoint, every leaf, and what each witness signed last.

Nothing is taken from a server's word: signatures are verified, the leaves must hash to the signed root, and
every checkpoint that was ever seen, here or at a witness, must be a state of this log. What the log signed is
kept first, so that nothing that goes wrong afterwards can hide it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from ledger.audit import ed25519, seen, source
from ledger.log import LogError, checkpoint, entry, note, policy, tiles
from ledger.monitor import looked
from ledger.monitor.reading import Read, Reader

Open = Callable[[str], tiles.Fetch]


@dataclass(frozen=True)
class Witness:
    """What a witness signed last: `size` leaves at `at` (epoch seconds); `problem` when it cannot be said.

    `shown` is what it showed when the log had signed that: it counts, whatever the problem.
    """

    size: int = 0
    at: int = 0
    problem: str = ""
    shown: note.Note | None = None


@dataclass(frozen=True)
class Look:
    """What was seen; `before` are the earlier looks with the same store."""

    head: checkpoint.Checkpoint
    cosigned: dict[str, int]
    quorum: bool
    read: Read
    witnesses: dict[str, Witness]
    contradictions: list[str]
    before: looked.Looks

    @cached_property
    def leaves(self) -> dict[int, entry.Leaf]:
        """The leaves that can be read, by index, without those of top-ups."""
        return self.read.leaves()

    @property
    def signed_at(self) -> int:
        """When a witness signed the checkpoint last (epoch seconds; 0: nobody did)."""
        return max(self.cosigned.values(), default=0)


@dataclass(frozen=True)
class Watch:
    """Whom to believe, where to remember, and how to open a witness's address."""

    trusted: policy.Policy
    store: Path | None
    ask: Open
    reader: Reader = field(default_factory=Reader)

    def look(self, fetch: tiles.Fetch, now: int) -> Look:
        """Look once, at `now` (epoch seconds); with a store, remember what was signed.

        Raises source.UnreachableError; LogError when what is served is not a log that the policy knows.
        """
        trusted, served = self.trusted.at(now), note.Note.parse(_required(fetch, "checkpoint"))
        head = checkpoint.parse(served.text)
        others = seen.load(self.store, trusted, head.origin) if self.store else []
        self._keep([served])
        trusted.signer(served, ed25519.verify)
        witnesses = {
            n: _told(self.ask, trusted, n, head.origin) for n, w in trusted.witnesses.items() if w.url
        }
        shown = [witness.shown for witness in witnesses.values() if witness.shown]
        self._keep(shown)
        others += [checkpoint.parse(one.text) for one in shown]
        cosigned, read = _cosigned(trusted, served), self.reader.read(fetch, head.size)
        return Look(
            head,
            cosigned,
            trusted.counts(frozenset(cosigned)),
            read,
            witnesses,
            _known(_contradictions(partial(self.reader.read, fetch), head, read, others)),
            looked.load(self.store, head.origin) if self.store else [],
        )

    def _keep(self, notes: list[note.Note]) -> None:
        if self.store:
            for one in notes:
                seen.save(self.store, self.trusted, one)


def _required(fetch: tiles.Fetch, path: str) -> bytes:
    try:
        return fetch(path)
    except FileNotFoundError as error:
        raise source.UnreachableError(f"There is no {path} there.") from error


_EARLY = "it signs with a time that is yet to come."
_NOT_ITS = "it shows a checkpoint that it did not sign."


def _told(ask: Open, trusted: policy.Policy, name: str, origin: str) -> Witness:
    """What a witness says that it signed last."""
    path = f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
    try:
        shown = note.Note.parse(ask(trusted.witnesses[name].url)(path))
        trusted.one_key().signer(shown, ed25519.verify)
    except FileNotFoundError:
        return Witness(problem="it never signed this log.")
    except (source.UnreachableError, LogError) as error:
        return Witness(problem=str(error))
    head = checkpoint.parse(shown.text)
    if head.origin != origin:
        return Witness(problem="it shows another log.")
    at, problem = _signed(trusted, name, shown)
    return Witness(head.size, at, problem, shown)


def _signed(trusted: policy.Policy, name: str, shown: note.Note) -> tuple[int, str]:
    """When a witness signed a note, or 0 and why that does not count."""
    try:
        line = note.find(shown, trusted.witnesses[name].key, ed25519.verify)
    except LogError as error:
        return 0, str(error)
    if not line:
        return 0, _NOT_ITS
    at = _cosigned(trusted, note.Note(shown.text, (line,))).get(name, 0)
    return at, "" if at else _EARLY


def _cosigned(trusted: policy.Policy, served: note.Note) -> dict[str, int]:
    """Who cosigned; nobody when one line is false. That is no reason to look no further."""
    try:
        return trusted.cosigned(served, ed25519.verify)
    except LogError:
        return {}


def _known(found: Iterator[str]) -> list[str]:
    """What was found. Raises source.UnreachableError when that is nothing, and not all was looked at."""
    sure: list[str] = []
    try:
        sure.extend(found)
    except source.UnreachableError:
        if not sure:
            raise
    return sure


def _contradictions(
    longer: Callable[[int], Read],
    head: checkpoint.Checkpoint,
    read: Read,
    others: list[checkpoint.Checkpoint],
) -> Iterator[str]:
    """What cannot be true together. Raises source.UnreachableError where the log does not answer."""
    if not read.gap and read.root(head.size) != head.root:
        yield f"The {head.size} leaves do not hash to the root that was signed."
    for other in sorted(set(others), key=lambda one: (one.size, one.root)):
        if not _fits(longer, head, read, other):
            yield f"Signed before: {other.size} leaves that are not those of the {head.size} shown now."
    if isinstance(read.gap, source.UnreachableError):
        raise read.gap


def _fits(
    longer: Callable[[int], Read], head: checkpoint.Checkpoint, read: Read, other: checkpoint.Checkpoint
) -> bool:
    """Is this a state of the log? Of what could not be read nothing is said."""
    if other.size == head.size:
        return other.root == head.root
    if other.size < head.size:
        return other.size > read.size or read.root(other.size) == other.root
    return _is_ahead(longer, head, other)


def _is_ahead(
    longer: Callable[[int], Read], head: checkpoint.Checkpoint, other: checkpoint.Checkpoint
) -> bool:
    """A witness signs a moment before the log shows it: the files of the longer log must be there."""
    try:
        more = longer(other.size)
    except LogError:
        return False
    if isinstance(more.gap, source.UnreachableError):
        raise more.gap
    return not more.gap and (more.root(other.size), more.root(head.size)) == (other.root, head.root)
