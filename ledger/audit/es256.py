"""Tokens in the house's compact form (spec 02, section 1), signed with ES256 (RFC 7515, RFC 7518).

1. Every token is verified by `cryptography` where that is installed, and a sample of them by `ecdsa` as well:
   a fault in one library cannot hide. Where only `ecdsa` is there it verifies all.
2. The header must be exactly the one that belongs to this kind of token: no token chooses how it is checked.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ecdsa.curves import NIST256p
from ecdsa.errors import MalformedPointError
from ecdsa.keys import BadSignatureError, VerifyingKey

MAX_TOKEN_BYTES = 4096
_KEY: Any = VerifyingKey  # the library has no types

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key x ‖ y, message, signature r ‖ s): does the signature cover the message?"""


class PaperError(Exception):
    """A token is not what it should be; the text says what is wrong with it, and holds none of it."""


@dataclass(frozen=True)
class Token:
    """A token in its three parts; `signed` is what the signature covers."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def read(text: str) -> Token:
    """Read a token without checking its signature. Raises PaperError."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > MAX_TOKEN_BYTES or not text.isascii():
        raise PaperError("it is not a token")
    signature = unb64(parts[2])
    if len(signature) != 64:
        raise PaperError("its signature has another length")
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Token(_object(unb64(parts[0])), _object(unb64(parts[1])), signed, signature)


def unb64(text: str) -> bytes:
    """Read base64url without padding (RFC 7515, section 2). Raises PaperError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise PaperError("it is not base64url") from error


def b64(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(text: str) -> str:
    """SHA-256 of a text of ASCII, in base64url."""
    return b64(hashlib.sha256(text.encode()).digest())


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PaperError("it is not JSON") from error
    if not isinstance(value, dict):
        raise PaperError("it is not a JSON object")
    return value


@lru_cache(maxsize=4096)
def point(x: str, y: str) -> bytes:
    """The public key of a JWK's members. Raises PaperError."""
    found = unb64(x) + unb64(y)
    if len(found) != 64:
        raise PaperError("a key is not on P-256")
    return found


def thumbprint(x: str, y: str) -> bytes:
    """The RFC 7638 thumbprint of a P-256 key (32 bytes)."""
    text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return hashlib.sha256(text.encode()).digest()


def slow(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verify with `ecdsa`, in pure Python: some hundreds a second."""
    try:
        key = _KEY.from_string(public, curve=NIST256p)
        return bool(key.verify(signature, message, hashfunc=hashlib.sha256))
    except (BadSignatureError, MalformedPointError, ValueError):
        return False


def fast() -> Verify | None:
    """A verifier by `cryptography`, some fifteen thousand a second; None where it is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - optional, see rule 1
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415
    except ImportError:
        return None
    curve, kind = ec.SECP256R1(), ec.ECDSA(hashes.SHA256())

    def verify(public: bytes, message: bytes, signature: bytes) -> bool:
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + public)
            key.verify(utils.encode_dss_signature(r, s), message, kind)
        except (InvalidSignature, ValueError):
            return False
        return True

    return verify
