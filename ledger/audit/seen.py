"""Checkpoints that this auditor saw before, one file each, in a folder of the auditor's own.

A note is kept when a log of the policy signed it with its Ed25519 key, whatever else was wrong with it: two
notes that cannot both be true are the proof that a log was rewritten. Files are never removed.
"""

import hashlib
from pathlib import Path

from ledger.audit import ed25519
from ledger.log import LogError, checkpoint, note, policy


class SeenError(LogError):
    """A checkpoint that was kept cannot be read any more."""


def load(folder: Path, trusted: policy.Policy, origin: str) -> list[checkpoint.Checkpoint]:
    """The states of log `origin` that were seen; one that no log of the policy signed does not count.

    Raises SeenError.
    """
    files = sorted(_home(folder, origin).glob("*.note"))
    notes = [_read(file) for file in files]
    return [checkpoint.parse(kept.text) for kept in notes if _signed(kept, trusted)]


def _read(file: Path) -> note.Note:
    try:
        return note.Note.parse(file.read_bytes())
    except LogError as error:
        raise SeenError(f"{file} is damaged, so nothing can be compared with it: {error}") from error


def save(folder: Path, trusted: policy.Policy, served: note.Note) -> None:
    """Keep a checkpoint that its log signed."""
    if not _signed(served, trusted):
        return
    head = checkpoint.parse(served.text)
    home = _home(folder, head.origin)
    home.mkdir(parents=True, exist_ok=True)
    target = home / f"{head.size:016d}-{head.root.hex()[:16]}.note"
    half = target.with_suffix(".half")  # a crash leaves no half note behind
    half.write_bytes(served.encode())
    half.replace(target)


def _home(folder: Path, origin: str) -> Path:
    return folder / hashlib.sha256(origin.encode()).hexdigest()


def _signed(kept: note.Note, trusted: policy.Policy) -> bool:
    try:
        trusted.one_key().signer(kept, ed25519.verify)
    except LogError:
        return False
    return True
