"""One look at a log: the checkpoint, every leaf, and what each witness signed last.

Nothing is taken from a server's word: signatures are verified, the leaves must hash to the signed root, and
every checkpoint that was ever seen, here or at a witness, must be a state of this log.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ledger.audit import ed25519, seen, source
from ledger.log import LogError, checkpoint, entry, merkle, note, policy, tiles


@dataclass(frozen=True)
class Witness:
    """What a witness signed last: `size` leaves at `at` (epoch seconds); `problem` when it cannot be said."""

    size: int = 0
    at: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Look:
    """What was seen. `contradictions` are sentences; `known` is the size that was seen before."""

    head: checkpoint.Checkpoint
    cosigned: dict[str, int]
    quorum: bool
    leaves: list[entry.Leaf]
    witnesses: dict[str, Witness] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    known: int = 0

    @property
    def signed_at(self) -> int:
        """When a witness signed the checkpoint last (epoch seconds; 0: nobody did)."""
        return max(self.cosigned.values(), default=0)


Open = Callable[[str], tiles.Fetch]


def look(fetch: tiles.Fetch, trusted: policy.Policy, store: Path | None, ask: Open) -> Look:
    """Look once; with `store`, remember. `ask` opens a witness's address.

    Raises source.UnreachableError; LogError when what is served is not a log that the policy knows.
    """
    served = note.Note.parse(_required(fetch, "checkpoint"))
    trusted.signer(served, ed25519.verify)
    head, cosigned = checkpoint.parse(served.text), trusted.cosigned(served, ed25519.verify)
    try:
        raw = list(tiles.Tree(fetch, head.size).leaves())
    except FileNotFoundError as error:
        raise source.UnreachableError(f"A part of the log is not there: {error}.") from error
    hashes = [merkle.leaf_hash(leaf) for leaf in raw]
    one_key = trusted.one_key()
    before = seen.load(store, one_key, head.origin) if store else []
    notes = {
        name: _last_signed(ask, head.origin, one_key, name)
        for name, witness in trusted.witnesses.items()
        if witness.url
    }
    found = [n for n in notes.values() if isinstance(n, note.Note)]
    if store:
        for one in (served, *found):
            seen.save(store, one_key, one)
    others = [*before, *(checkpoint.parse(one.text) for one in found)]
    return Look(
        head,
        cosigned,
        trusted.counts(frozenset(cosigned)),
        [entry.parse(leaf) for leaf in raw],
        {name: _witness(trusted, name, one) for name, one in notes.items()},
        list(_contradictions(fetch, head, hashes, others)),
        max((old.size for old in before), default=0),
    )


def _required(fetch: tiles.Fetch, path: str) -> bytes:
    try:
        return fetch(path)
    except FileNotFoundError as error:
        raise source.UnreachableError(f"There is no {path} there.") from error


def _last_signed(ask: Open, origin: str, trusted: policy.Policy, name: str) -> note.Note | str:
    """The note that a witness signed last, or why there is none."""
    path = f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
    try:
        found = note.Note.parse(ask(trusted.witnesses[name].url)(path))
        trusted.signer(found, ed25519.verify)
        if checkpoint.parse(found.text).origin != origin:
            return "it shows another log."
        if not note.find(found, trusted.witnesses[name].key, ed25519.verify):
            return "it shows a checkpoint that it did not sign."
    except FileNotFoundError:
        return "it never signed this log."
    except (source.UnreachableError, LogError) as error:
        return str(error)
    return found


def _witness(trusted: policy.Policy, name: str, found: note.Note | str) -> Witness:
    if isinstance(found, str):
        return Witness(problem=found)
    line = note.find(found, trusted.witnesses[name].key, ed25519.verify)
    return Witness(checkpoint.parse(found.text).size, line.timestamp if line else 0)


def _contradictions(
    fetch: tiles.Fetch, head: checkpoint.Checkpoint, hashes: list[bytes], others: list[checkpoint.Checkpoint]
) -> Iterator[str]:
    if merkle.root(hashes) != head.root:
        yield f"The {head.size} leaves do not hash to the root that was signed."
    for other in dict.fromkeys(others):
        if other.size <= head.size:
            fits = merkle.root(hashes[: other.size]) == other.root
        else:
            fits = _is_ahead(fetch, head, other)
        if not fits:
            yield f"Signed before: {other.size} leaves that are not those of the {head.size} shown now."


def _is_ahead(fetch: tiles.Fetch, head: checkpoint.Checkpoint, other: checkpoint.Checkpoint) -> bool:
    """A witness signs a moment before the log shows it: the files of the longer log must be there."""
    try:
        tree = tiles.Tree(fetch, other.size)
        longer = [merkle.leaf_hash(leaf) for leaf in tree.leaves()]
    except (FileNotFoundError, LogError):
        return False
    return (merkle.root(longer), merkle.root(longer[: head.size])) == (other.root, head.root)
