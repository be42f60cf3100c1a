"""Which vouchers a phone may see and spend from. The rules, in order:

1. A holder's own.
2. On an adult's phone also those of the children of the household. A child is under 18, by birth date and the
   municipality's day. Nobody sees another adult's, and a child nobody else's.
3. On a helper's phone those of the holder it helps, under the programmes of the mandate, until its last day.
4. A pass whose phone no longer reaches its voucher is revoked: when the phone calls, when somebody moves, and
   every ten minutes by beat. Nothing else keeps this, so that a payment need not ask for ages and households.

Spec 02 §6.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from wallet.models import Device, Helper, Holder, Household, IssuedPass, Voucher

ADULT_YEARS = 18


def of(device: Device, now: datetime) -> QuerySet[Voucher]:
    """The vouchers that a phone reaches."""
    holder, helper = device.holder, device.helper
    own = Q(holder=holder)
    if helper is not None:
        return of_helper(helper, now)
    if not is_child(holder.birth_date, now):
        own |= Q(
            holder__household=holder.household_id,
            holder__birth_date__gt=child_born_after(now),
            holder__erased_at=None,
        )
    return Voucher.objects.filter(own, muni=device.muni_id)


def phones(voucher: Voucher, now: datetime) -> dict[UUID, int | None]:
    """The phones that are let in and reach a voucher: `of` the other way round. One query.

    Of a helper's with the cents that the mandate allows in a month, of the others with None.
    """
    holder, programme = voucher.holder, voucher.programme
    own = Q(helper=None, holder=holder)
    if is_child(holder.birth_date, now):
        grown_up = Q(holder__birth_date__lte=child_born_after(now))
        own |= grown_up & Q(helper=None, holder__household=holder.household_id)
    helping = Q(helper__holder=holder, helper__revoked_at=None, helper__until__gt=now)
    helping &= Q(helper__per_purchase__gte=programme.unit_cents)
    found = Device.objects.filter(own | helping, muni=voucher.muni_id, revoked_at=None)
    rows = found.values_list("pk", "helper__per_month", "helper__programmes")
    return {pk: month for pk, month, only in rows if not only or programme.number in only}


def of_helper(helper: Helper, now: datetime) -> QuerySet[Voucher]:
    """The vouchers of a mandate of which one purchase buys something; none when it is over."""
    if is_over(helper, now):
        return Voucher.objects.none()
    own = Voucher.objects.filter(holder=helper.holder_id, programme__unit_cents__lte=helper.per_purchase)
    return own.filter(programme__number__in=helper.programmes) if helper.programmes else own


def is_over(helper: Helper, now: datetime) -> bool:
    """Was the mandate ended, or has its last day passed?"""
    return helper.revoked_at is not None or helper.until <= now


def child_born_after(now: datetime) -> date:
    """Who was born after this day is a child on the municipality's day."""
    today = timezone.localdate(now)
    try:
        return today.replace(year=today.year - ADULT_YEARS)
    except ValueError:  # 29 February; 18 years before there was none
        return today.replace(year=today.year - ADULT_YEARS, day=28)


def is_child(born: date, now: datetime) -> bool:
    """Is somebody born on this day under 18?"""
    return born > child_born_after(now)


def first_name(name: str) -> str:
    """All of a holder's name that a helper or a household's phone needs."""
    return name.partition(" ")[0]


def names(vouchers: Iterable[Voucher]) -> dict[UUID, str]:
    """What a phone calls the holders of these vouchers: by first name, two of one first name by all of it."""
    whole = {voucher.holder_id: voucher.holder.name for voucher in vouchers}
    first = Counter(map(first_name, whole.values()))
    return {
        holder: name if first[first_name(name)] > 1 else first_name(name) for holder, name in whole.items()
    }


def relation(voucher: Voucher, device: Device) -> str:
    """Whose a voucher is to the reader of this phone: `self`, `child` or `helped`."""
    if device.helper_id:
        return "helped"
    return "self" if voucher.holder_id == device.holder_id else "child"


def end_beyond(device: Device, now: datetime) -> None:
    """Revoke the passes on this phone that it may not have any more."""
    passes = _living(IssuedPass.objects.filter(device=device), now)
    beyond = passes.exclude(voucher__in=of(device, now))
    if beyond.exists():
        beyond.update(revoked_at=now)


def end_all_beyond(muni: int, now: datetime) -> int:
    """Revoke all passes beyond their phone's reach: who turned 18, moved, or helps no longer. How many."""
    return _end_beyond(IssuedPass.objects.filter(muni=muni), now)


def end_after_move(holder: Holder, home: Household, now: datetime) -> None:
    """In a transaction: the same, at once, on the phones of a household and of the holder who left it.

    The phones first: a refill holds its phone's row, so its passes are there to be revoked, or never come.
    """
    phones = Device.objects.filter(Q(holder=holder) | Q(holder__household=home), helper=None, revoked_at=None)
    held = phones.select_for_update(of=("self",), no_key=True).order_by("pk")
    _end_beyond(IssuedPass.objects.filter(device__in=list(held)), now)


def _end_beyond(some: QuerySet[IssuedPass], now: datetime) -> int:
    passes = _living(some, now)
    over = passes.filter(Q(device__helper__revoked_at__isnull=False) | Q(device__helper__until__lte=now))
    day = child_born_after(now)
    child_at_home = Q(
        voucher__holder__household=F("device__holder__household"),
        voucher__holder__birth_date__gt=day,
        voucher__holder__erased_at=None,
        device__holder__birth_date__lte=day,
    )
    others = passes.filter(device__helper=None).exclude(device__holder=F("voucher__holder"))
    return over.update(revoked_at=now) + others.exclude(child_at_home).update(revoked_at=now)


def _living(passes: QuerySet[IssuedPass], now: datetime) -> QuerySet[IssuedPass]:
    return passes.filter(revoked_at=None, expires_at__gt=now)
