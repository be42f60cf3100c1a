"""How long checking signatures takes: bare, and as a redemption does it."""

from __future__ import annotations

import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from wallet.custody import custody
from wallet.protocol import presentation, record
from wallet.services import catalogue


def bare(count: int) -> float:
    """CPU seconds for `count` P-256 verifications by `cryptography` alone."""
    key, message, scheme = ec.generate_private_key(ec.SECP256R1()), b"x" * 400, ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(message, scheme), key.public_key()
    started = time.process_time()
    for _ in range(count):
        public.verify(signature, message, scheme)
    return time.process_time() - started


def whole(records: list[str], muni: int) -> float:
    """CPU seconds to check records of sales: the till's signature, the pass's and the phone's."""
    known, ring = catalogue.fresh(muni), custody().ring
    started = time.process_time()
    for token in records:
        presentation.check(record.check(token, known.key_of, settings.ISSUER).pres or "", ring)
    return time.process_time() - started
