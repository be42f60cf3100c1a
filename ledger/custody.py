"""What must not be in the database: the log's signing keys, what they signed last, and the key over receipts.

1. A log's keys (Ed25519 and ML-DSA-44, one file) and its state are files in SIGNER_DIR (mode 0700), which no
   backup of the database restores.
2. The state (size and root signed last) is on disk before a signature leaves: after a crash, or on an old
   database, the signer knows how far it went and refuses to go back.
3. A party's key is HMAC(key in KEYS_DIR, seed in the database). Without either nobody opens a receipt, so
   deleting the seed erases a person from the log.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ledger.log import checkpoint, durable, note


class SignerRefuses(Exception):  # noqa: N818 - it says what it does
    """Signing this would contradict what was signed before."""


@dataclass(frozen=True)
class Signed:
    """The last state that the signer vouched for: `size` leaves under `root` (32 bytes)."""

    size: int
    root: bytes


def make_log_keys(origin: str) -> list[note.VerifierKey]:
    """The public keys of a log; its private keys are made when there are none."""
    path = _signer_file(origin, "key")
    if not path.exists():
        kinds = (note.ED25519, note.ML_DSA_44)
        made = [
            note.SignerKey.from_seed(origin, kind, secrets.token_bytes(note.SEED_BYTES)) for kind in kinds
        ]
        durable.write(_signer_file(origin, "state"), b"0\n", 0o600)
        durable.write(path, "".join(f"{key.text()}\n" for key in made).encode(), 0o400)
    return [key.verifier for key in _log_keys(origin)]


def sign(state: checkpoint.Checkpoint, now: int) -> note.Note:
    """Sign a log's state at `now` (epoch seconds). The caller has checked that it extends `signed()`.

    Raises SignerRefuses below what was signed, or beside it, or when that is not known any more.
    """
    last = signed(state.origin)
    if last is None:
        raise SignerRefuses(f"{state.origin}: what was signed last is not known (the state file is gone).")
    if state.size < last.size or (state.size == last.size and last.size and state.root != last.root):
        raise SignerRefuses(f"{state.origin}: {last.size} leaves were signed, these are other {state.size}.")
    remember(state)
    text = state.text()
    first, *more = _log_keys(state.origin)
    return note.Note(text, (note.sign(text, first), *(note.cosign(text, key, now) for key in more)))


def remember(state: checkpoint.Checkpoint) -> None:
    """Write down, on disk before this returns, that this state was signed."""
    text = f"{state.size}\n{state.root.hex()}\n"
    durable.write(_signer_file(state.origin, "state"), text.encode(), 0o600)


def signed(origin: str) -> Signed | None:
    """What the signer vouched for last; size 0 for a new log, None when its memory is lost."""
    try:
        size, _, root = _signer_file(origin, "state").read_text().partition("\n")
    except FileNotFoundError:
        return None
    return Signed(int(size), bytes.fromhex(root.strip()))


def memory(origin: str) -> Path:
    """The file in which the signer remembers."""
    return _signer_file(origin, "state")


def _log_keys(origin: str) -> list[note.SignerKey]:
    return [note.SignerKey.parse(line) for line in _signer_file(origin, "key").read_text().split()]


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
        durable.write(path, secrets.token_bytes(32), 0o400)
    return path.read_bytes()
