"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger import api
from ledger.showcase import reading

_log = logging.getLogger(__name__)


@shared_task(name="ledger.seal")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def seal() -> None:
    """Seal what is due, and ring for the signer; bring the public figures up to what it signed before."""
    if api.seal(settings.MUNICIPALITY, timezone.now()):
        sign.delay()
    reading.keep_up(settings.MUNICIPALITY)  # not where the key is: the signer reads no cache


@shared_task(name="ledger.sign")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def sign() -> None:
    """Publish, and ask the witnesses. Runs where the key is."""
    api.sign(settings.MUNICIPALITY, timezone.now())


# A hundred thousand pots on a busy machine take longer than a ring of settlement may.
@shared_task(name="ledger.prove_cover", time_limit=900)  # type: ignore[untyped-decorator,no-untyped-call]
def prove_cover() -> None:
    """The day's proof of cover, when it is time and a log is open. First it is told when the last is old."""
    now = timezone.now()
    state = api.cover_state(settings.MUNICIPALITY, now)
    if state.late:
        _log.error("The last proof of cover of municipality %s is of %s.", settings.MUNICIPALITY, state.at)
    api.prove_cover_when_due(settings.MUNICIPALITY, now)


@shared_task(name="ledger.anchor")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def anchor() -> None:
    """Carry checkpoints outside, where that is due."""
    api.anchor(settings.MUNICIPALITY, timezone.now())


@shared_task(name="ledger.bank_files")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def bank_files() -> None:
    """Read what came from the bank."""
    api.mailbox.collect(settings.MUNICIPALITY, timezone.now())
