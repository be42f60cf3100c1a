"""`manage.py rounds`: what beat and the worker do every minute, without Celery."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api as books
from wallet.services import announce, erasures, grant, keys, reach, status, sync


class Command(BaseCommand):
    """Does what may have been left, and what came in. Safe to run at any time."""

    help = "Read what came from the bank, book what stopped half way, rotate keys, tell the public log."

    def handle(self, **_: Any) -> None:
        """Do one round and say what it did."""
        muni, now = settings.MUNICIPALITY, timezone.now()
        taken = books.mailbox.collect(muni, now)
        booked = grant.resume(muni, now)
        reach.end_all_beyond(muni, now)
        status.publish(muni, now)
        keys.rotate(now)
        announce.announce(muni, now)
        sync.judge_overdue(muni, now)
        erasures.carry_out(muni, now)
        self.stdout.write(f"{len(taken)} files of the bank read, {booked} top-ups booked")
