"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledger import api

_log = logging.getLogger(__name__)


@shared_task(name="ledger.settle")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def settle() -> None:
    """One round of settlement for this municipality."""
    api.settle(settings.MUNICIPALITY, timezone.now())


# A hundred thousand pots on a busy machine take longer than a ring of settlement may.
@shared_task(name="ledger.prove_cover", time_limit=900)  # type: ignore[untyped-decorator,no-untyped-call]
def prove_cover() -> None:
    """The day's proof of cover, when it is time. First it is told when the last one is long ago."""
    now = timezone.now()
    state = api.cover_state(settings.MUNICIPALITY, now)
    if state.late:
        _log.error("The last proof of cover of municipality %s is of %s.", settings.MUNICIPALITY, state.at)
    api.prove_cover_when_due(settings.MUNICIPALITY, now)
