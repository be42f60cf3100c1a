"""Nonces for DPoP and key proofs (RFC 9449 §8): made and checked without remembering any.

A nonce is the time it was made and an HMAC of it, so that every process can check what another made. It is
fresh for five minutes. That a proof is used once is the door's to remember, by its jti.
"""

import hmac
from collections.abc import Callable
from datetime import datetime

from django.utils.crypto import salted_hmac

from wallet.protocol.strict import Malformed, b64, unb64

LIFE_SECONDS = 300
_TIME_BYTES, _MAC_BYTES = 5, 16


def make(now: datetime) -> str:
    """A nonce for the next call: 28 characters."""
    made = int(now.timestamp()).to_bytes(_TIME_BYTES, "big")
    return b64(made + _mac(made))


def checker(now: datetime) -> Callable[[str], bool]:
    """A check that says whether a nonce is one of ours and still fresh at `now`."""

    def fresh(nonce: str) -> bool:
        try:
            data = unb64(nonce, _TIME_BYTES + _MAC_BYTES)
        except Malformed:
            return False
        made, mac = data[:_TIME_BYTES], data[_TIME_BYTES:]
        age = int(now.timestamp()) - int.from_bytes(made, "big")
        return hmac.compare_digest(mac, _mac(made)) and 0 <= age <= LIFE_SECONDS

    return fresh


def _mac(made: bytes) -> bytes:
    return salted_hmac("wallet.nonce", made, algorithm="sha256").digest()[:_MAC_BYTES]
