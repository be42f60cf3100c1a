"""Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature); all Ed25519 is here.

1. A note is text that ends in a newline, an empty line, and signature lines.
2. A signature line is "— <key name> base64(key id || signature)". Key name and id together
   name the key; lines of unknown keys are passed over, a line of a known key must verify.
3. Type 0x01 (a log) signs the text. Type 0x04 (a witness) signs a header, the time and the
   text, and carries the time in front of its signature.
4. Keys travel as text: vkey "<name>+<id>+<base64>", skey "PRIVATE+KEY+<name>+<id>+<base64>".
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ledger.log import LogError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE_BYTES = 65536
MAX_SIGNATURES = 64
DASH = "\u2014"

Ed25519Verify = Callable[[bytes, bytes, bytes], bool]
"""(32-byte public key, message, 64-byte signature) -> does it verify?"""


class NoteError(LogError):
    """The bytes are not a note, a signature line or a key in the form of the specification."""


class BadSignatureError(LogError):
    """A line carries the name and id of a known key, but its signature does not verify."""


# `cryptography` is imported inside the two functions that use it, so that the auditor, who
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


def _private(seed: bytes) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name; `str()` gives the vkey text."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey of type 0x01 or 0x04. Raises NoteError."""
        name, key_id, material = _split_key(text)
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
        _check_key(name, bytes([algorithm]) + seed)
        return cls(VerifierKey(name, algorithm, _private(seed).public_key().public_bytes_raw()), seed)

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """Read an skey. Raises NoteError (never with the key in its text)."""
        prefix = "PRIVATE+KEY+"
        if not text.startswith(prefix):
            raise NoteError("A private key starts with PRIVATE+KEY+.")
        name, key_id, material = _split_key(text.removeprefix(prefix))
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
        """Epoch seconds of a cosignature (type 0x04)."""
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
    return _signature(key, _private(key._seed).sign(text.encode()))


def cosign(text: str, key: SignerKey, now: int) -> Signature:
    """A witness's signature (0x04) over the text of a checkpoint at `now` (epoch seconds)."""
    _require_type(key, COSIGNATURE_V1)
    if not 0 < now < 1 << 63:
        raise NoteError("The time of a cosignature is not within 63 bits.")
    message = _cosigned_message(text, now)
    return _signature(key, now.to_bytes(8, "big") + _private(key._seed).sign(message))


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
    if len(found.body) != 72 or not 0 < found.timestamp < 1 << 63:
        return False
    return ed25519(key.public, _cosigned_message(text, found.timestamp), found.body[8:])


def _cosigned_message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _signature(key: SignerKey, body: bytes) -> Signature:
    return Signature(key.verifier.name, key.verifier.key_id, body)


def _require_type(key: SignerKey, algorithm: int) -> None:
    if key.verifier.algorithm != algorithm:
        raise NoteError(f"The key {key.verifier.name} is not of type {algorithm:#04x}.")


def _split_key(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)  # base64 itself may hold plus signs
    if len(parts) != 3:
        raise NoteError("A key is a name, an id and base64 with plus signs between.")
    material = decode_base64(parts[2])
    _check_key(parts[0], material)
    return parts[0], parts[1], material


def _check_key(name: str, material: bytes) -> None:
    _check_name(name)
    if len(material) != 33 or material[0] not in (ED25519, COSIGNATURE_V1):
        raise NoteError(f"The key {name} is not an Ed25519 key of type 0x01 or 0x04.")


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
