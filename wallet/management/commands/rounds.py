"""`manage.py rounds`: what beat and the worker do every minute, without Celery."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api as books
from wallet.services import announce, grant, sync


class Command(BaseCommand):
    """Does what may have been left, and what came in. Safe to run at any time."""

    help = "Read what came from the bank, book what stopped half way, tell the public log of keys and rules."

    def handle(self, **_: Any) -> None:
        """Do one round and say what it did."""
        muni, now = settings.MUNICIPALITY, timezone.now()
        taken = books.mailbox.collect(muni, now)
        booked = grant.resume(muni, now)
        announce.announce(muni, now)
        sync.judge_overdue(muni, now)
        self.stdout.write(f"{len(taken)} files of the bank read, {booked} top-ups booked")
