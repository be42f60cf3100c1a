"""`manage.py month 2026-06`: what keeps a month open. Exit code 1 when something does."""

import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ledger import month


class Command(BaseCommand):
    """Says what of a month is still open."""

    help = "Say what keeps a month open; exit code 1 when something does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which month."""
        parser.add_argument("month", type=lambda text: datetime.strptime(text, "%Y-%m"), help="as 2026-06")

    def handle(self, **options: Any) -> None:
        """Look and say."""
        found = month.still_open(settings.MUNICIPALITY, options["month"].date())
        for one in found:
            self.stdout.write(f"{one.n} {one.what}")
        if found:
            sys.exit(1)
        self.stdout.write("nothing is open")
