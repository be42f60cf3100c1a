"""Letting something pass: one person asks with a reason, another decides, and the public log says so.

Nobody decides about their own request; the database says so too, here and in the ledger.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ledger import api as ledger
from wallet.models import Municipality, OverrideRequest, Staff
from wallet.services import decisions, publiclog, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


@transaction.atomic
def ask(
    *, muni: Municipality, what: str, code: str, reason: str, staff: Staff, now: datetime
) -> OverrideRequest:
    """Ask another person to let something pass. Asked again by the same person, it is the same request.

    Raises Refused.
    """
    known = asked(muni, what)
    if known and known.made_by_id == staff.pk:
        return known
    try:
        with transaction.atomic():
            request = OverrideRequest.objects.create(
                muni=muni, what=what, code=code, reason=reason, made_by=staff, made_at=now
            )
    except IntegrityError as error:
        raise Refused(
            _("Somebody asked for this already. Open the page again to decide about it.")
        ) from error
    trail.record(staff=staff, verb=Verb.OVERRIDE_ASKED, subject=request, reason=reason, now=now)
    return request


@transaction.atomic
def approve(*, request: OverrideRequest, staff: Staff, now: datetime) -> ledger.Override:
    """Another person lets it pass: a leaf in the public log says so. Raises Refused."""
    decisions.approve(request, staff, now)
    with publiclog.needed():
        made = ledger.overrides.make(
            request.muni_id,
            request.pk,
            request.what,
            request.code,
            request.reason,
            request.made_by.actor,
            staff.actor,
            now,
        )
    trail.record(staff=staff, verb=Verb.OVERRIDE_APPROVED, subject=request, now=now)
    return made


@transaction.atomic
def refuse(*, request: OverrideRequest, staff: Staff, now: datetime) -> None:
    """Another person says no, or whoever asked withdraws it. Raises Refused."""
    decisions.refuse(request, staff, now)
    trail.record(staff=staff, verb=Verb.OVERRIDE_REFUSED, subject=request, now=now)


def asked(muni: Municipality, what: str) -> OverrideRequest | None:
    """The request for this that was not refused."""
    rows = OverrideRequest.objects.filter(muni=muni, what=what)
    return rows.exclude(status=OverrideRequest.Status.REFUSED).select_related("made_by", "decided_by").first()


def approved(muni: Municipality, what: str) -> ledger.Override | None:
    """The override that two people made for this, if they did."""
    request = asked(muni, what)
    if request is None or request.status != OverrideRequest.Status.BOOKED:
        return None
    return ledger.Override.objects.get(pk=request.pk)


def waiting(muni: Municipality) -> QuerySet[OverrideRequest]:
    """What waits for a second person, the oldest first."""
    rows = OverrideRequest.objects.filter(muni=muni, status=OverrideRequest.Status.WAITING)
    return rows.select_related("made_by").order_by("made_at")


def own(muni: Municipality, request_id: UUID) -> OverrideRequest | None:
    """A request of this municipality."""
    return OverrideRequest.objects.filter(muni=muni, pk=request_id).first()
