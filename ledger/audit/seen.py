"""Checkpoints that this auditor saw before, one file each, in a folder of the auditor's own.

A note is kept when a log of the policy signed it with its Ed25519 key, whatever else was wrong with it: two
notes that cannot both be true are the proof that a log was rewritten. Files are never removed; a note that is
seen again only adds lines.
"""

import hashlib
from pathlib import Path

from ledger.audit import ed25519
from ledger.log import LogError, checkpoint, durable, note, policy


class SeenError(LogError):
    """A checkpoint that was kept cannot be read any more."""


def load(folder: Path, trusted: policy.Policy, origin: str) -> list[checkpoint.Checkpoint]:
    """The states of log `origin` that were seen; one that no log of the policy signed does not count.

    Raises SeenError.
    """
    files = sorted(home(folder, origin).glob("*.note"))
    notes = [_read(file) for file in files]
    return [checkpoint.parse(kept.text) for kept in notes if _signed(kept, trusted)]


def _read(file: Path) -> note.Note:
    try:
        return note.Note.parse(file.read_bytes())
    except LogError as error:
        raise SeenError(f"{file} is damaged, so nothing can be compared with it: {error}") from error


def save(folder: Path, trusted: policy.Policy, served: note.Note) -> None:
    """Keep a checkpoint that its log signed, with every line that the policy can verify. Raises SeenError."""
    if not _signed(served, trusted):
        return
    head = checkpoint.parse(served.text)
    target = home(folder, head.origin) / f"{head.size:016d}-{head.root.hex()}.note"
    kept = _read(target) if target.exists() else note.Note(served.text, ())
    known = {(line.name, line.key_id) for line in kept.signatures}
    more = [line for line in _verified(served, trusted) if (line.name, line.key_id) not in known]
    if more:
        durable.write(target, kept.add(*more).encode())


def home(folder: Path, origin: str) -> Path:
    """The folder of one log."""
    return folder / hashlib.sha256(origin.encode()).hexdigest()


def _verified(served: note.Note, trusted: policy.Policy) -> list[note.Signature]:
    """Lines of the log and its witnesses: others could fill the note, or take a witness's place in it."""
    keys = [source.key for source in (*trusted.logs, *trusted.witnesses.values())]
    found = [_line(served, key) for key in keys]
    return [line for line in found if line]


def _line(served: note.Note, key: note.VerifierKey) -> note.Signature | None:
    try:
        return note.find(served, key, ed25519.verify)
    except LogError:
        return None


def _signed(kept: note.Note, trusted: policy.Policy) -> bool:
    try:
        trusted.one_key().signer(kept, ed25519.verify)
    except LogError:
        return False
    return True
