"""How long a redemption takes to read its record and check three signatures."""

from __future__ import annotations

import time

from django.conf import settings

from wallet.custody import custody
from wallet.protocol import presentation, record
from wallet.services import catalogue


def whole(records: list[str], muni: int) -> float:
    """CPU seconds to check records of sales: the till's signature, the pass's and the phone's."""
    known, ring = catalogue.fresh(muni), custody().ring
    started = time.process_time()
    for token in records:
        presentation.check(record.check(token, known.key_of, settings.ISSUER).pres or "", ring)
    return time.process_time() - started
