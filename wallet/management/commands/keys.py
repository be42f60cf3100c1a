"""`manage.py keys`: see, rotate and withdraw the issuer's keys. docs/OPERATING.md tells when."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.models import Till
from wallet.services import keys

STATES = {
    "signs": "signs since {day}",
    "comes": "published, signs from {day}",
    "verifies": "what it signed lives until {day}",
    "next": "pinned by tills, made {day}",
    "stolen": "withdrawn {day}: stolen",
    "gone": "gone since {day}",
}
AFTER = {
    "pass": "{passes} passes are withdrawn; phones fetch new ones. Tills online know it within an hour.",
    "status": "Lists are signed by another key now. Tills offline keep the lists that they have.",
    "receipt": "Receipts are signed by another key now, old ones too when they are asked for again.",
    "bundle": "The next bundle key signs now. Let every till that is offline come online.",
    "bundle-next": "Another next key is made. Let every till that is offline come online.",
}


class Command(BaseCommand):
    """Each does the same when it is called twice."""

    help = "The issuer's keys: list, rotate [--now], promote-bundle, compromise KID."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of the four."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="every key, and what it does now")
        rotate = what.add_parser("rotate", help="what beat does each hour")
        rotate.add_argument("--now", action="store_true", help="plan new keys, though no old one is due")
        what.add_parser("promote-bundle", help="let the next bundle key sign before its year")
        what.add_parser("compromise", help="withdraw a stolen key").add_argument("kid")

    def handle(self, *, what: str, **options: Any) -> None:
        """Do it, and show how the keys are after it."""
        now = timezone.now()
        if what == "rotate":
            keys.rotate(now, early=options["now"])
        elif what == "promote-bundle":
            keys.promote_bundle(now)
        elif what == "compromise":
            self._compromise(options["kid"])
        for key in keys.standing(now):
            words = STATES[key.state].format(day=key.day)
            self.stdout.write(f"{key.use:<8} {key.kid:<43}  {words}")

    def _compromise(self, kid: str) -> None:
        try:
            done = keys.compromise(kid, settings.MUNICIPALITY, timezone.now())
        except keys.UnknownKeyError as error:
            if Till.objects.filter(thumbprint=kid).exists():
                raise CommandError("That is a till's key. Suspend the till at the desk.") from error
            raise CommandError(f"No key is called {kid}. `keys list` names them.") from error
        self.stdout.write(AFTER[done.use].format(passes=done.passes))
