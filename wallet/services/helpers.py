"""Helpers: a neighbour or caseworker who pays for a holder. The rules, in order:

1. The desk makes a mandate with a reason: which programmes, how much a purchase, how much a calendar month,
   until which day (a year ahead at most). It is never changed: another one is made, and this one ended.
2. The limits are in cents, over all programmes together; a ticket counts for what it costs.
3. The helper gets a letter with a code of its own, and its own passes. It sees those vouchers, its own
   payments and the holder's first name; of a balance no more than it may still spend this month.
4. Online the limits hold at each payment, also at once. Offline a pass carries at most what one purchase may
   take, and all passes together at most what the month leaves when they are issued.
5. The desk ends a mandate, or the holder by phone, or the helper by its own: phone, passes, card end at once.

A shop cannot tell a helper from a holder: it hears the refusals that anybody can get. Spec 02 §6 and 05 §8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Device, Helper, Holder, IssuedPass, LetterOrder, Redemption, Staff
from wallet.services import enrol, holders, orders, reach, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

AT_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Mandate:
    """What a helper may: limits in cents, no programmes means all, and the last day itself is included."""

    name: str
    programmes: Sequence[int]
    per_purchase: int
    per_month: int
    last_day: date


@transaction.atomic
def new_helper(
    *, helper_id: UUID, holder: Holder, mandate: Mandate, reason: str, staff: Staff, now: datetime
) -> Helper:
    """Make a mandate and ask for its letter; once for a `helper_id`. Raises Refused."""
    holders.require_present(holder)
    known = holder.helpers.filter(pk=helper_id).first()
    if known:
        return known
    _require_sense(mandate, now)
    made = Helper.objects.create(
        pk=helper_id,
        muni_id=holder.muni_id,
        holder=holder,
        name=mandate.name,
        programmes=sorted(mandate.programmes),
        per_purchase=mandate.per_purchase,
        per_month=mandate.per_month,
        until=_midnight(mandate.last_day + timedelta(days=1)),
        made_by=staff,
        made_at=now,
        reason=reason,
    )
    orders.order(holder=holder, helper=made, why=LetterOrder.Why.HELPER, staff=staff, now=now)
    trail.record(staff=staff, verb=Verb.HELPER_ADDED, subject=made, reason=reason, now=now)
    return made


def _require_sense(mandate: Mandate, now: datetime) -> None:
    today = timezone.localdate(now)
    if mandate.per_purchase > mandate.per_month:
        raise Refused(_("A purchase cannot be more than a month."), "per_purchase")
    if not today <= mandate.last_day <= today + timedelta(days=AT_MOST_DAYS):
        raise Refused(_("Choose a day from today, at most a year ahead."), "last_day")


def stop(*, helper: Helper, reason: str, staff: Staff, now: datetime) -> None:
    """End a mandate at the desk. Ended once, it stays so."""
    if _end(helper, now):
        trail.record(staff=staff, verb=Verb.HELPER_STOPPED, subject=helper, reason=reason, now=now)


def stop_by_phone(device: Device, helper_id: UUID, now: datetime) -> None:
    """End a mandate by the holder's phone, or by the helper's own. Afterwards no such helper of them pays."""
    within = device.holder.helpers.filter(pk=helper_id)
    if device.helper_id:
        within = within.filter(pk=device.helper_id)
    for helper in within:
        _end(helper, now)


@transaction.atomic
def _end(helper: Helper, now: datetime) -> bool:
    """End the mandate, its phone, its passes, its card and its codes. Was it this call that did?"""
    enrol.hold_still(helper.holder_id)
    enrol.revoke_all(helper.devices.all(), now)
    enrol.end_codes(helper.holder, helper, now)
    helper.cards.filter(revoked_at=None).update(revoked_at=now)
    helper.letter_orders.filter(done_at=None).update(done_at=now)
    return bool(Helper.objects.filter(pk=helper.pk, revoked_at=None).update(revoked_at=now))


# --- limits -------------------------------------------------------------------------------------------------
def month_start(now: datetime) -> datetime:
    """When the calendar month of the municipality began."""
    return _month_of(now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0))


@lru_cache(maxsize=4)  # each payment asks; midnight falls on a quarter of an hour in every time zone
def _month_of(quarter: datetime) -> datetime:
    return _midnight(timezone.localdate(quarter).replace(day=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())


def left(helper: Helper, now: datetime) -> int:
    """The cents that a helper may still spend this month; what was given back counts as not spent."""
    if reach.is_over(helper, now):
        return 0
    paid = helper.redemptions.filter(at__gte=month_start(now)).aggregate(
        cents=Sum((F("approved") - F("refunded")) * F("unit_cents"))
    )
    return max(0, helper.per_month - (paid["cents"] or 0))


def left_to_promise(helper: Helper, now: datetime) -> int:
    """In a transaction: the cents that new passes may carry offline. No payment by the helper is between."""
    held = Helper.objects.select_for_update(no_key=True).get(pk=helper.pk)
    living = IssuedPass.objects.filter(
        device__helper=held, revoked_at=None, online_only_at=None, expires_at__gt=now, ofl__gt=0
    ).exclude(redemptions__once=True)
    promised = living.aggregate(cents=Sum(F("ofl") * F("voucher__programme__unit_cents")))["cents"] or 0
    return max(0, left(held, now) - promised)


# --- what is told -------------------------------------------------------------------------------------------
def of_holder(holder: Holder, now: datetime) -> QuerySet[Helper, Helper]:
    """The mandates that are in force, each with `last_used`: when it paid last."""
    return with_last_used(holder).filter(revoked_at=None, until__gt=now)


def with_last_used(holder: Holder) -> QuerySet[Helper, Helper]:
    """Every mandate of a holder, newest first, each with `last_used`."""
    newest = Redemption.objects.filter(helper=OuterRef("pk")).order_by("-at").values("at")[:1]
    return holder.helpers.annotate(last_used=Subquery(newest)).order_by("-made_at")


def told(helper: Any) -> dict[str, Any]:
    """A mandate as the holder's phone shows it: limits in cents, times in epoch seconds."""
    return {
        "id": str(helper.pk),
        "name": helper.name,
        "programmes": helper.programmes,
        "per_purchase": helper.per_purchase,
        "per_month": helper.per_month,
        "until": int(helper.until.timestamp()),
        "last_used": int(helper.last_used.timestamp()) if helper.last_used else None,
    }
