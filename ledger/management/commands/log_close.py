"""`manage.py log_close`: end the public log now and go on in a new one, with new keys."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api, shards


class Command(BaseCommand):
    """Closes the log and opens the next. A new year does this by itself; this is for any other day."""

    help = "Close the public log and open the next one; print what partners must know."

    def handle(self, **_: Any) -> None:
        """Say what to send to whom; while witnesses have not seen the end, say how to go on."""
        log = api.close_log(settings.MUNICIPALITY, timezone.now())
        if log.closed:
            self.stdout.write(f"{log.origin} is closed and waits for its witnesses.")
            self.stdout.write("The next opens by itself (manage.py settle).")
            return
        self.stdout.write(f"{log.origin} is open.\n\n{shards.for_partners(log.origin)}")
