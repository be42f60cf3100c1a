"""`manage.py demo_bank`: the bank of the demo, which answers the payment files that were released."""

import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger.management.demobank import DemoBank

PAUSE = 5  # seconds between rounds


class Command(BaseCommand):
    """Answers files every five seconds, or once."""

    help = (
        "Answer the payment files in BANK_DIR/out with pain.002 and camt.053, as a bank does. No money moves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Once or for ever; what the accounts are; another time than now."""
        parser.add_argument("--once", action="store_true", help="one round, then stop")
        parser.add_argument("--seed", type=int, default=13, help="which accounts cannot be paid")
        parser.add_argument("--at", type=datetime.fromisoformat, help="with --once: pretend that it is then")

    def handle(self, *, once: bool, seed: int, at: datetime | None, **_: Any) -> None:
        """Answer what is there."""
        if not settings.BANK_IBAN:
            raise CommandError("BANK_IBAN is not set: which account is it about?")
        folder = Path(settings.BANK_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        bank = DemoBank(folder, settings.BANK_IBAN, settings.FUNDING_IBAN, seed)
        while True:
            answered = bank.round(at or timezone.now())
            if answered:
                self.stdout.write(f"{answered} payment file(s) answered")
            if once:
                return
            time.sleep(PAUSE)
