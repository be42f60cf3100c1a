"""`manage.py anchor`: what beat does each hour, without Celery; `--deploy` makes the contract for evm."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import anchoring, anchors, api


class Command(BaseCommand):
    """Carries checkpoints outside, where that is due."""

    help = "Anchor the public log where that is due; --deploy puts the contract on the chain first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The contract is made once."""
        parser.add_argument("--deploy", action="store_true", help="make the contract and print its address")

    def handle(self, *, deploy: bool, **_: Any) -> None:
        """Say what was anchored."""
        if deploy:
            self.stdout.write(f"EVM_CONTRACT={_deploy()}")
            return
        for made in api.anchor(settings.MUNICIPALITY, timezone.now()):
            self.stdout.write(f"{made.log.origin} {made.size} {made.kind}")


def _deploy() -> str:
    try:
        from ledger.anchors import evm  # noqa: PLC0415 - its package is optional

        return evm.deploy(anchoring.options())
    except (ModuleNotFoundError, anchors.AnchorError) as error:
        raise CommandError(f"The contract was not made: {error}") from error
