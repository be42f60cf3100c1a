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
        parser.add_argument("--only", choices=["seal", "sign"], help="one half: sign is where the key is")
        parser.add_argument("--now", action="store_true", help="seal what waits, also when it is not due")

    def handle(self, *, once: bool, now: bool, only: str | None, **_: Any) -> None:
        """Run rounds and say what each did."""
        while True:
            self.stdout.write(_round(only, now))
            if once:
                return
            time.sleep(PAUSE)


def _round(only: str | None, now: bool) -> str:
    said, muni = [], settings.MUNICIPALITY
    if only != "sign":
        batch = api.seal(muni, timezone.now(), force=now)
        said.append(f"batch {batch} sealed" if batch else "no batch sealed")
    if only != "seal":
        done = api.sign(muni, timezone.now())
        said.append(f"{done.size} leaves published" if done.size else "nothing to publish")
        said.append("witnessed" if done.witnessed else "no quorum yet")
    return ", ".join(said)
