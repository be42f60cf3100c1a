"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger import api
from ledger.showcase import reading


@shared_task(name="ledger.settle")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def settle() -> None:
    """One round of settlement for this municipality, and the public figures brought up to date."""
    api.settle(settings.MUNICIPALITY, timezone.now())
    reading.keep_up(settings.MUNICIPALITY)
