"""What must not be in the database: the log's signing key, what it signed last, and the key over receipts.

1. A log's key and its state are files in SIGNER_DIR (mode 0700), which no backup of the database restores.
2. The state (size and root signed last) is on disk before a signature leaves: after a crash, or on an old
   database, the signer knows how far it went and refuses to go back.
3. A party's key is HMAC(key in KEYS_DIR, seed in the database). Without either nobody opens a receipt, so
   deleting the seed erases a person from the log.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ledger.log import checkpoint, note


class SignerRefuses(Exception):  # noqa: N818 - it says what it does
    """Signing this would contradict what was signed before."""


@dataclass(frozen=True)
class Signed:
    """The last state that the signer vouched for: `size` leaves under `root` (32 bytes)."""

    size: int
    root: bytes


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a whole file in place, on disk before this returns; readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_log_key(origin: str) -> note.VerifierKey:
    """The public key of a log; its private key is made when there is none."""
    path = _signer_file(origin, "key")
    if not path.exists():
        key = note.SignerKey.from_seed(origin, note.ED25519, secrets.token_bytes(32))
        write_durably(path, key.text().encode(), 0o400)
        write_durably(_signer_file(origin, "state"), b"0\n", 0o600)
    return _log_key(origin).verifier


def sign(state: checkpoint.Checkpoint) -> note.Note:
    """Sign a log's state. The caller has checked that it extends `signed()`.

    Raises SignerRefuses below what was signed, or beside it.
    """
    last = signed(state.origin)
    if state.size < last.size or (state.size == last.size and last.size and state.root != last.root):
        raise SignerRefuses(f"{state.origin}: {last.size} leaves were signed, these are other {state.size}.")
    write_durably(_signer_file(state.origin, "state"), f"{state.size}\n{state.root.hex()}\n".encode(), 0o600)
    key = _log_key(state.origin)
    return note.Note(state.text(), (note.sign(state.text(), key),))


def signed(origin: str) -> Signed:
    """What the signer vouched for last; size 0 for a new log. A lost state file is an error."""
    size, _, root = _signer_file(origin, "state").read_text().partition("\n")
    return Signed(int(size), bytes.fromhex(root.strip()))


def _log_key(origin: str) -> note.SignerKey:
    return note.SignerKey.parse(_signer_file(origin, "key").read_text())


def _signer_file(origin: str, what: str) -> Path:
    folder = Path(settings.SIGNER_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:16]}.{what}"


def party_keys(seeds: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
    """The keys (32 bytes) of parties whose rows hold these seeds."""
    secret = _receipts_key()
    return {party: hmac.digest(secret, seed, "sha256") for party, seed in seeds.items()}


def _receipts_key() -> bytes:
    path = Path(settings.KEYS_DIR) / "receipts"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, secrets.token_bytes(32), 0o400)
    return path.read_bytes()
