"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger import api


@shared_task(name="ledger.settle")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def settle() -> None:
    """One round of settlement for this municipality."""
    api.settle(settings.MUNICIPALITY, timezone.now())


@shared_task(name="ledger.bank_files")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def bank_files() -> None:
    """Read what came from the bank."""
    api.mailbox.collect(settings.MUNICIPALITY, timezone.now())
