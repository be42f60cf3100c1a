"""`manage.py export_books FOLDER`: the books as beancount and CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ledger import exports


class Command(BaseCommand):
    """Writes the whole books; nobody's name is in them."""

    help = "Write the books as a beancount file and as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("folder", type=Path, help="made when it is not there")

    def handle(self, *, folder: Path, **_: Any) -> None:
        """Write and say where."""
        exports.write(settings.MUNICIPALITY, folder)
        self.stdout.write(f"{folder}/books.beancount, accounts.csv, transfers.csv, batches.csv")
