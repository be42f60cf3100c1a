"""`manage.py prove_cover`: the proof of cover, on demand."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import api


class Command(BaseCommand):
    """Proves what all pots hold, and says whether every euro is there."""

    help = "Prove cover: all pots under one root in the public log, and what stands behind them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Today's proof, or one more."""
        parser.add_argument("--again", action="store_true", help="one more proof, also when today has one")

    def handle(self, *, again: bool, **_: Any) -> None:
        """Prove, and say the gap in cents. Raises CommandError while no log is open."""
        proof = api.prove_cover(settings.MUNICIPALITY, timezone.now(), again)
        if proof is None:
            raise CommandError("No log is open. Run `manage.py settle` until it is, then try again.")
        said = "every euro is there" if proof.gap >= 0 else "NOT COVERED"
        self.stdout.write(f"cover of {proof.day}, proof {proof.no}: gap {proof.gap} cents, {said}")
