"""Ed25519 (RFC 8032) by `ecdsa`, a pure Python library.

The log and the witnesses sign with `cryptography`. The auditor uses another library: a fault
in one of them cannot hide itself, and the auditor's machine needs nothing that is compiled.
"""

from typing import Any

from ecdsa.curves import Ed25519
from ecdsa.errors import MalformedPointError
from ecdsa.keys import BadSignatureError, VerifyingKey

_KEY: Any = VerifyingKey  # the library has no types


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Does `signature` (64 bytes) by `public` (32 bytes) cover `message`?"""
    try:
        return bool(_KEY.from_string(public, curve=Ed25519).verify(signature, message))
    except (BadSignatureError, MalformedPointError, ValueError):
        return False
