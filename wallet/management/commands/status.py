"""`manage.py status`: how old the lists of withdrawn passes are. For whatever watches the site."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.services import status


class Command(BaseCommand):
    """Exit code 1 when they are late."""

    help = "Say whether the lists of withdrawn passes are published in time; exit code 1 when not."

    def handle(self, **_: Any) -> None:
        """Look, and change nothing."""
        age = status.late(settings.MUNICIPALITY, timezone.now())
        if age is not None:
            raise CommandError(
                f"The list of withdrawn passes is {age // 60} minutes old: look at the worker."
            )
        self.stdout.write("The lists of withdrawn passes are in time.")
