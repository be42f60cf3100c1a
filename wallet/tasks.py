"""Celery rings the bell; what there is to do stands in the tables. It may run twice, late or never."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from wallet.services import announce, erasures, grant, keys, reach, status, sync
from wallet.services import sweep as sweeping


@shared_task(name="wallet.resume_bookings")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def resume_bookings() -> None:
    """Go on with top-ups whose booking stopped half way."""
    grant.resume(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.announce")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def tell_the_log() -> None:
    """Put new keys, changed rules and the past months' erasures in the public log."""
    announce.announce(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.judge_overdue")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def judge_overdue() -> None:
    """Decide about sales that waited too long for a record before them."""
    sync.judge_overdue(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.sweep")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def sweep() -> None:
    """Bring back what is left of programmes that are over."""
    sweeping.sweep(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.rotate_keys")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def rotate_keys() -> None:
    """Publish keys that are soon needed, and put away those that are over."""
    keys.rotate(timezone.now())


@shared_task(name="wallet.publish_status")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def publish_status() -> None:
    """Publish which passes count no longer."""
    status.publish(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.end_passes")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def end_passes() -> None:
    """Revoke passes on phones that may not have them any more: a child turned 18, a mandate ended."""
    reach.end_all_beyond(settings.MUNICIPALITY, timezone.now())


@shared_task(name="wallet.erase")  # type: ignore[untyped-decorator,no-untyped-call]  # celery has no types
def erase() -> None:
    """Erase the holders of whom two people said so, where that is possible by now."""
    erasures.carry_out(settings.MUNICIPALITY, timezone.now())
