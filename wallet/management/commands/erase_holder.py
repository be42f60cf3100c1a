"""`manage.py erase_holder NUMBER --staff NAME --reason WHY`: erase one holder."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wallet.models import Holder, Staff
from wallet.services import erase
from wallet.services.refused import Refused


class Command(BaseCommand):
    """Erases a holder: receipts open no more, the name is gone, the books stay."""

    help = "Erase a holder. This cannot be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom, who says so and why."""
        parser.add_argument("number", help="the holder's number")
        parser.add_argument("--staff", required=True, help="user name of who decided it")
        parser.add_argument("--reason", required=True, help="why, for the trail")

    def handle(self, *, number: str, staff: str, reason: str, **_: Any) -> None:
        """Erase, or say why not."""
        try:
            holder = Holder.objects.get(muni=settings.MUNICIPALITY, number=number)
            person = Staff.objects.get(muni=settings.MUNICIPALITY, username=staff)
            erase.erase_holder(holder=holder, staff=person, reason=reason, now=timezone.now())
        except (Holder.DoesNotExist, Staff.DoesNotExist, Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("erased")
