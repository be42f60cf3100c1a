"""`manage.py log_compromised ORIGIN`: a log's key was stolen or lost. docs/spec/07-log.md, section 8."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import shards
from ledger.models import Log


class Command(BaseCommand):
    """Gives the log up and goes on in a new one from the last state that witnesses saw."""

    help = "A log's key was stolen: go on in a new log, and print what partners must do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which log."""
        parser.add_argument("origin", help="such as log.example/log/gm0014/2026")

    def handle(self, *, origin: str, **_: Any) -> None:
        """Do it, publish it, and say what to send to whom."""
        now = timezone.now()
        try:
            log = Log.objects.get(muni=settings.MUNICIPALITY, origin=origin)
            new = shards.give_up(log, now)
        except Log.DoesNotExist as error:
            raise CommandError(f"There is no log {origin}. `manage.py log_keys` lists them.") from error
        except shards.CannotContinue as error:
            raise CommandError(str(error)) from error
        shards.finish(new, now)
        self.stdout.write(f"The keys of {origin} are named as stolen in {new.origin}.\n\n")
        self.stdout.write(f"Ask each witness, today, to empty the list of keys of this log:\n{origin}\n\n")
        self.stdout.write(
            "Leave its lines in the policy file: without witnesses nobody believes anything new there,\n"
            "and what they signed before stays true.\n\n"
        )
        self.stdout.write(shards.for_partners(new.origin))
