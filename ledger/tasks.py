"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger import api


@shared_task(name="ledger.seal")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def seal() -> None:
    """Seal what is due, and ring for the signer."""
    if api.seal(settings.MUNICIPALITY, timezone.now()):
        sign.delay()


@shared_task(name="ledger.sign")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def sign() -> None:
    """Publish what is not published, and ask the witnesses. Runs where the signing key is (SIGNER_QUEUE)."""
    api.sign(settings.MUNICIPALITY, timezone.now())
