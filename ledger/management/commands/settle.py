"""`manage.py settle`: what beat and the worker do, without Celery."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api

PAUSE = 10  # seconds between rounds


class Command(BaseCommand):
    """Seals, publishes and asks the witnesses, every ten seconds or once."""

    help = "Settle: seal what is due, publish it, ask the witnesses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Once or for ever; when due or now."""
        parser.add_argument("--once", action="store_true", help="one round, then stop")
        parser.add_argument("--now", action="store_true", help="seal what waits, also when it is not due")

    def handle(self, *, once: bool, now: bool, **_: Any) -> None:
        """Run rounds and say what each did."""
        while True:
            done = api.settle(settings.MUNICIPALITY, timezone.now(), force=now)
            sealed = f"batch {done.batch} sealed" if done.batch else "no batch sealed"
            published = f"{done.size} leaves published" if done.size else "nothing to publish"
            self.stdout.write(f"{sealed}, {published}, {'witnessed' if done.witnessed else 'no quorum yet'}")
            if once:
                return
            time.sleep(PAUSE)
