"""The end of a programme: what nobody spent goes back to it, and each voucher's pot is closed.

1. Not before the last day and the days of grace are over; the database says so too.
2. Not while a top-up of it is being booked: its pots still get money.
3. It may be stopped anywhere and run again, every day. What one programme cannot do holds up no other.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from ledger import api as books
from wallet.models import GrantBatch, Programme

logger = logging.getLogger(__name__)


def over(muni: int, now: datetime) -> list[Programme]:
    """Programmes whose pots can be swept."""
    today = timezone.localdate(now)
    booking = GrantBatch.objects.filter(muni=muni, status=GrantBatch.Status.BOOKING)
    ended = Programme.objects.filter(muni=muni, ends__lt=today).exclude(pk__in=booking.values("programme"))
    return [one for one in ended if books.is_over(one.ends, one.grace_days, now)]


def sweep(muni: int, now: datetime) -> dict[int, books.Swept]:
    """Sweep every programme that is over; what was done, by programme number, where there was something."""
    return {number: swept for number, swept in _swept(muni, now) if swept.pots}


def _swept(muni: int, now: datetime) -> Iterator[tuple[int, books.Swept]]:
    for one in over(muni, now):
        try:
            yield one.number, books.sweep(muni=muni, fund=one.number, actor="sweep", now=now)
        except (books.FundNotOver, books.PostingError) as error:
            logger.error("Programme %s of municipality %s is not swept: %s", one.number, muni, error)
