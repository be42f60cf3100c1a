"""`manage.py log_keys`: the keys of the public logs, and next year's before it begins."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger import api, shards
from ledger.log import note
from ledger.models import Log


class Command(BaseCommand):
    """Lists the keys, or makes the next ones: keys rotate with the log, once a year."""

    help = "List the log's keys; with `rotate`, make next year's and print what partners must know."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("what", nargs="?", choices=["list", "rotate"], default="list")

    def handle(self, *, what: str, **_: Any) -> None:
        """Print."""
        muni = settings.MUNICIPALITY
        if what == "rotate":
            self.stdout.write(shards.for_partners(shards.prepare(api.setup_log(muni, timezone.now()))))
            return
        for log in Log.objects.filter(muni=muni).order_by("id"):
            for vkey in log.vkeys:
                key = note.VerifierKey.parse(vkey)
                kind = "ML-DSA-44" if key.algorithm == note.ML_DSA_44 else "Ed25519"
                state = "closed" if log.closed else "open"
                self.stdout.write(f"{log.origin}  {state:6}  {kind:9}  {key.key_id.hex()}")
