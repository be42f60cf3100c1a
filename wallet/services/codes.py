"""One-time codes on paper: ten characters that no eye confuses.

1. Crockford's base32 without I, L, O and U: 50 bits, written in two blocks, `ABCDE-FGHJK`.
2. Reading forgives: small letters, spaces and dashes; O is read as 0, I and L as 1.
3. Only the HMAC under the server's secret is kept. Spec 02.
"""

import secrets

from django.utils.crypto import salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
LIFE_DAYS = 7
_READ_AS = str.maketrans("OIL", "011", "- ")


def draw() -> str:
    """Draw a code, as it is printed."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def digest(code: str) -> bytes | None:
    """The HMAC-SHA-256 of a typed code (32 bytes); None when it cannot be a code at all."""
    letters = code.upper().translate(_READ_AS)
    if len(letters) != LENGTH or not set(letters) <= set(ALPHABET):
        return None
    return salted_hmac("wallet.code", letters, algorithm="sha256").digest()
