"""`manage.py log_setup`: the municipality's public log, its key and first leaf."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api


class Command(BaseCommand):
    """Makes the log when it is not there, and prints its public key for the policy and the witnesses."""

    help = "Make the public log if there is none; print its verifier key."

    def handle(self, **_: Any) -> None:
        """Print the verifier key alone, so that a script can use it."""
        self.stdout.write(api.setup_log(settings.MUNICIPALITY, timezone.now()).vkey)
