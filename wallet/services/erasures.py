"""Erasing a holder on request. The rules, in order:

1. One person writes down who asks and why, when nothing that people must do first is left (`in_the_way`).
2. Another person, who may erase, approves; it cannot be undone.
3. The worker erases: the web's role may not. What still waits for the public log, or came in between, makes
   it wait for the next round.

What erasing does is in `erase`.
"""

import logging
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from wallet.models import ErasureRequest, Holder, Municipality, Staff
from wallet.services import decisions, erase, holders, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

log = logging.getLogger(__name__)
Status = ErasureRequest.Status


class InTheWay(StrEnum):
    """What somebody has to do before a holder can be erased."""

    MONEY = "money"
    TOP_UP = "top-up"


def in_the_way(holder: Holder) -> list[InTheWay]:
    """What is left to do first."""
    left = holders.balances(holder.vouchers.select_related("programme"))
    found = [InTheWay.MONEY] if any(left.values()) else []
    return [*found, InTheWay.TOP_UP] if erase.top_up_waits(holder) else found


@transaction.atomic
def ask(*, holder: Holder, reason: str, staff: Staff, now: datetime) -> ErasureRequest:
    """Ask another person to erase a holder. Asked again by the same person, it is the same request.

    Raises Refused.
    """
    holder = holders.require_present(holder)
    known = of_holder(holder)
    if known and known.made_by_id == staff.pk:
        return known
    if in_the_way(holder):
        raise Refused(_("Something has to be done first. Nothing was asked."))
    try:
        with transaction.atomic():
            made = ErasureRequest.objects.create(
                muni_id=holder.muni_id, holder=holder, reason=reason, made_by=staff, made_at=now
            )
    except IntegrityError as error:
        raise Refused(
            _("Somebody asked for this already. Open the page again to decide about it.")
        ) from error
    trail.record(staff=staff, verb=Verb.ERASURE_ASKED, subject=holder, reason=reason, now=now)
    return made


@transaction.atomic
def approve(*, request: ErasureRequest, staff: Staff, now: datetime) -> None:
    """Another person says yes: the worker erases the holder. Raises Refused."""
    holders.require_present(request.holder)
    decisions.approve(request, staff, now)
    trail.record(staff=staff, verb=Verb.ERASURE_APPROVED, subject=request.holder, now=now)


@transaction.atomic
def refuse(*, request: ErasureRequest, staff: Staff, now: datetime) -> None:
    """Another person says no, or whoever asked withdraws it. Raises Refused."""
    decisions.refuse(request, staff, now)
    trail.record(staff=staff, verb=Verb.ERASURE_REFUSED, subject=request.holder, now=now)


def of_holder(holder: Holder) -> ErasureRequest | None:
    """The request about a holder that was not refused."""
    rows = ErasureRequest.objects.filter(holder=holder).exclude(status=Status.REFUSED)
    return rows.select_related("made_by", "decided_by").first()


def waiting(muni: Municipality) -> QuerySet[ErasureRequest]:
    """What waits for a second person, the oldest first."""
    return ErasureRequest.objects.filter(muni=muni, status=Status.WAITING).order_by("made_at")


def own(muni: Municipality, request_id: UUID) -> ErasureRequest | None:
    """A request of this municipality."""
    return ErasureRequest.objects.filter(muni=muni, pk=request_id).select_related("holder").first()


def carry_out(muni: int, now: datetime) -> int:
    """Erase who was asked for and approved, where that is possible by now. How many."""
    rows = ErasureRequest.objects.filter(muni=muni, status=Status.BOOKED, holder__erased_at=None)
    return sum(_erased(one, now) for one in rows.select_related("holder", "decided_by"))


def _erased(request: ErasureRequest, now: datetime) -> bool:
    if request.decided_by is None:
        raise ValueError("nobody approved this erasure")
    try:
        erase.erase_holder(holder=request.holder, staff=request.decided_by, reason=request.reason, now=now)
    except Refused:
        log.info("erasure %s waits: money, a top-up or the public log is in the way", request.pk)
        return False
    return True
