"""Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature); all cryptography is here.

1. A note is text that ends in a newline, an empty line, and signature lines.
2. A signature line is "— <key name> base64(key id || signature)". Key name and id together
   name the key; lines of unknown keys are passed over, a line of a known key must verify.
3. Type 0x01 (a log) signs the text. Type 0x04 (a witness) signs a header, the time and the
   text, and carries the time in front of its signature.
4. Type 0x06 (a log, beside 0x01) is ML-DSA-44 (FIPS 204), which a quantum computer does not break.
   It signs a structure of its name, the time, and the origin, size and root of the checkpoint.
5. Keys travel as text: vkey "<name>+<id>+<base64>", skey "PRIVATE+KEY+<name>+<id>+<base64>".
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from ledger.log import LogError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
    from cryptography.hazmat.primitives.hpke import Suite

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
ML_DSA_44 = 0x06
SEED_BYTES = 32
MAX_NOTE_BYTES = 65536
MAX_SIGNATURES = 64
DASH = "\u2014"

Ed25519Verify = Callable[[bytes, bytes, bytes], bool]
"""(32-byte public key, message, 64-byte signature) -> does it verify?"""


class NoteError(LogError):
    """The bytes are not a note, a signature line or a key in the form of the specification."""


class BadSignatureError(LogError):
    """A line carries the name and id of a known key, but its signature does not verify."""


class CannotVerifyError(LogError):
    """This machine has no library for this kind of signature."""


# `cryptography` is imported inside the functions that use it, so that the auditor, who
# brings a verifier of his own, runs on a machine that does not have it.


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Does `signature` (64 bytes) by `public` (32 bytes) cover `message`? (RFC 8032)"""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def can_verify(algorithm: int) -> bool:
    """Can this machine verify that type of signature? Ed25519 it always can."""
    if algorithm != ML_DSA_44:
        return True
    try:
        import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
    except ImportError:
        return False
    return True


def _mldsa_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Does `signature` (2420 bytes) by `public` (1312 bytes) cover `message`? (FIPS 204)"""
    if not can_verify(ML_DSA_44):
        raise CannotVerifyError(
            "ML-DSA signatures need the library cryptography, at least 47, which is not here."
        )
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415

    try:
        mldsa.MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(algorithm: int, seed: bytes) -> "Ed25519PrivateKey | MLDSA44PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    if algorithm == ML_DSA_44:
        from cryptography.hazmat.primitives.asymmetric import mldsa  # noqa: PLC0415

        return mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def encrypt_to(public: bytes, data: bytes, info: bytes) -> bytes:
    """`data` for the owner of an X25519 key (32 bytes) alone (RFC 9180, base mode, AES-128-GCM)."""
    from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415

    return bytes(_hpke().encrypt(data, x25519.X25519PublicKey.from_public_bytes(public), info))


def _hpke() -> "Suite":
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415

    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name; `str()` gives the vkey text."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey of type 0x01, 0x04 or 0x06. Raises NoteError."""
        name, key_id, material = _split_key(text, _PUBLIC_BYTES)
        key = cls(name, material[0], material[1:])
        if key.key_id.hex() != key_id:
            raise NoteError(f"The id of the key {name} does not fit the key.")
        return key

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, type, public key)."""
        tagged = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(tagged).digest()[:4]

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"


@dataclass(frozen=True)
class SignerKey:
    """A private key with its name; `text()` gives the skey, `repr` never shows the seed."""

    verifier: VerifierKey
    _seed: bytes

    @classmethod
    def from_seed(cls, name: str, algorithm: int, seed: bytes) -> "SignerKey":
        """The key of a 32-byte seed. Raises NoteError on a name or type that cannot be used."""
        _check_name(name)
        _check_length(name, algorithm, seed, dict.fromkeys(_PUBLIC_BYTES, SEED_BYTES))
        public = _private(algorithm, seed).public_key().public_bytes_raw()
        return cls(VerifierKey(name, algorithm, public), seed)

    def sign(self, message: bytes) -> bytes:
        """The bare signature over `message`."""
        return _private(self.verifier.algorithm, self._seed).sign(message)

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """Read an skey. Raises NoteError (never with the key in its text)."""
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise NoteError("A private key starts with PRIVATE+KEY+.")
        seeds = dict.fromkeys(_PUBLIC_BYTES, SEED_BYTES)
        name, key_id, material = _split_key(text.removeprefix(prefix), seeds)
        key = cls.from_seed(name, material[0], material[1:])
        if key.verifier.key_id.hex() != key_id:
            raise NoteError(f"The id of the private key {name} does not fit the key.")
        return key

    def text(self) -> str:
        """The skey text: a secret."""
        material = base64.b64encode(bytes([self.verifier.algorithm]) + self._seed).decode()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.key_id.hex()}+{material}"

    def __repr__(self) -> str:
        return f"SignerKey({self.verifier})"


@dataclass(frozen=True)
class Signature:
    """One signature line; `body` is what follows the key id."""

    name: str
    key_id: bytes
    body: bytes

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read one line without its newline. Raises NoteError."""
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != DASH:
            raise NoteError("A signature line is a dash, a key name and base64.")
        _check_name(parts[1])
        blob = decode_base64(parts[2])
        if len(blob) < 5:
            raise NoteError("A signature is shorter than a key id and one byte.")
        return cls(parts[1], blob[:4], blob[4:])

    @property
    def timestamp(self) -> int:
        """Epoch seconds of a cosignature (types 0x04 and 0x06)."""
        return int.from_bytes(self.body[:8], "big")

    def line(self) -> str:
        """The line with its newline."""
        return f"{DASH} {self.name} {base64.b64encode(self.key_id + self.body).decode()}\n"


@dataclass(frozen=True)
class Note:
    """Text and its signature lines; parsing says nothing about who signed: ask `find`."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> "Note":
        """Read a note. Raises NoteError on anything but the exact form."""
        content = _decode_text(raw)
        text, gap, tail = content.rpartition("\n\n")
        if not gap or not text:
            raise NoteError("A note is text, an empty line and signatures.")
        return cls(text + "\n", parse_lines(tail))

    def add(self, *signatures: Signature) -> "Note":
        """This note with more lines; a line that is there already is not repeated."""
        new = tuple(s for s in dict.fromkeys(signatures) if s not in self.signatures)
        return replace(self, signatures=self.signatures + new)

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode()


def parse_lines(block: str) -> tuple[Signature, ...]:
    """Signature lines, each ended by a newline, as in a note or a witness's answer."""
    lines = block.split("\n")
    if lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteError(f"A note has 1 to {MAX_SIGNATURES} signature lines, each with a newline.")
    return tuple(Signature.parse(line) for line in lines)


def sign(text: str, key: SignerKey) -> Signature:
    """A log's signature (0x01) over the text of a note."""
    _require_type(key, ED25519)
    return _signature(key, key.sign(text.encode()))


def cosign(text: str, key: SignerKey, now: int) -> Signature:
    """A signature with its time (0x04 or 0x06) over the text of a checkpoint at `now` (epoch seconds)."""
    _require_type(key, COSIGNATURE_V1, ML_DSA_44)
    if not 0 < now < 1 << 63:
        raise NoteError("The time of a cosignature is not within 63 bits.")
    return _signature(key, now.to_bytes(8, "big") + key.sign(_cosigned_message(text, key.verifier, now)))


def find(note: Note, key: VerifierKey, ed25519: Ed25519Verify = ed25519_verify) -> Signature | None:
    """The note's signature by `key`, verified; None when there is no such line.

    Raises BadSignatureError when a line names the key and does not verify.
    """
    mine = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
    for signature in mine:
        if not _verifies(note.text, signature, key, ed25519):
            raise BadSignatureError(f"The signature of {key.name} does not fit this note.")
    return mine[0] if mine else None


def decode_base64(text: str) -> bytes:
    """Standard base64 (RFC 4648, section 4) in its one canonical form. Raises NoteError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("A value is not base64.") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError("A value is base64 in another form than the standard one.")
    return data


def _verifies(text: str, found: Signature, key: VerifierKey, ed25519: Ed25519Verify) -> bool:
    if key.algorithm == ED25519:
        return len(found.body) == 64 and ed25519(key.public, text.encode(), found.body)
    time, signature = found.timestamp, found.body[8:]
    if len(signature) != _SIGNATURE_BYTES[key.algorithm] or not 0 < time < 1 << 63:
        return False
    verify = _mldsa_verify if key.algorithm == ML_DSA_44 else ed25519
    return verify(key.public, _cosigned_message(text, key, time), signature)


def _cosigned_message(text: str, key: VerifierKey, timestamp: int) -> bytes:
    if key.algorithm == COSIGNATURE_V1:
        return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
    lines = text.split("\n")
    if len(lines) != 4 or not re.fullmatch("[0-9]{1,16}", lines[1]):
        raise NoteError("Only a checkpoint is signed with this kind of key.")
    size, root = int(lines[1]), decode_base64(lines[2])
    time, start, end = (number.to_bytes(8, "big") for number in (timestamp, 0, size))
    return b"subtree/v1\n\0" + _counted(key.name) + time + _counted(lines[0]) + start + end + root


def _counted(text: str) -> bytes:
    """A text behind its length in one byte (RFC 8446, section 3.4)."""
    data = text.encode()
    if not 0 < len(data) < 256:
        raise NoteError("A name under this kind of signature has 1 to 255 bytes.")
    return bytes([len(data)]) + data


def _signature(key: SignerKey, body: bytes) -> Signature:
    return Signature(key.verifier.name, key.verifier.key_id, body)


def _require_type(key: SignerKey, *algorithms: int) -> None:
    if key.verifier.algorithm not in algorithms:
        wanted = " or ".join(f"{algorithm:#04x}" for algorithm in algorithms)
        raise NoteError(f"The key {key.verifier.name} is not of type {wanted}.")


_PUBLIC_BYTES = {ED25519: 32, COSIGNATURE_V1: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {COSIGNATURE_V1: 64, ML_DSA_44: 2420}


def _split_key(text: str, lengths: Mapping[int, int]) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)  # base64 itself may hold plus signs
    if len(parts) != 3:
        raise NoteError("A key is a name, an id and base64 with plus signs between.")
    material = decode_base64(parts[2])
    _check_name(parts[0])
    _check_length(parts[0], material[0] if material else 0, material[1:], lengths)
    return parts[0], parts[1], material


def _check_length(name: str, algorithm: int, material: bytes, lengths: Mapping[int, int]) -> None:
    if lengths.get(algorithm) != len(material):
        raise NoteError(f"The key {name} is not a whole key of type 0x01, 0x04 or 0x06.")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name):
        raise NoteError("A key name is not empty and holds no spaces and no plus sign.")


def _decode_text(raw: bytes) -> str:
    if len(raw) > MAX_NOTE_BYTES:
        raise NoteError(f"A note is larger than {MAX_NOTE_BYTES} bytes.")
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("A note is not UTF-8.") from error
    if any(c < " " and c != "\n" for c in content):
        raise NoteError("A note holds a control character.")
    return content
