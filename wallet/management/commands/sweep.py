"""`manage.py sweep`: what beat and the worker do every night, without Celery."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from wallet.services import sweep


class Command(BaseCommand):
    """Sweeps every programme that is over. May be stopped and run again."""

    help = "Bring back what is left of programmes that are over, and close their pots."

    def handle(self, **_: Any) -> None:
        """Sweep and say what it did."""
        done = sweep.sweep(settings.MUNICIPALITY, timezone.now())
        for number, swept in done.items():
            self.stdout.write(f"programme {number}: {swept.pots} pots closed, {swept.cents} cents back")
        if not done:
            self.stdout.write("nothing to sweep")
