"""The demo's parents, a helper, and codes that block a phone: what the card needs to show them.

Codes that still work are kept from one start to the next; the others are made anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from wallet.models import ActivationCode, BlockCode, Helper, Holder, Staff
from wallet.services import codes, enrol, helpers, reach

PARENTS = 3
HELPER = "Demo Buur"
Entries = list[dict[str, Any]]


def parents(now: datetime) -> list[Holder]:
    """Adults with children at home, always the same few; their activation codes are of their own."""
    day = reach.child_born_after(now)
    adults = Holder.objects.filter(birth_date__lte=day, erased_at=None)
    return list(adults.filter(household__holders__birth_date__gt=day).distinct().order_by("number")[:PARENTS])


def family_codes(old: Entries, now: datetime) -> Entries:
    """A code for each of these parents, with the first names of the children that the phone shows too."""
    return [
        {"code": _code(old, now, parent, None), "number": parent.number, "children": _children(parent, now)}
        for parent in parents(now)
    ]


def _children(parent: Holder, now: datetime) -> list[str]:
    home = parent.household.holders.filter(birth_date__gt=reach.child_born_after(now))
    return [reach.first_name(child.name) for child in home.order_by("birth_date")]


def helper_codes(old: Entries, now: datetime) -> Entries:
    """A code for the helper of the first of these parents; for another one when that one stopped."""
    helped = [_helper(parent, now) for parent in parents(now)[:1]]
    return [{"code": _code(old, now, one.holder, one), "helps": one.holder.number} for one in helped]


def _helper(holder: Holder, now: datetime) -> Helper:
    return helpers.of_holder(holder, now).filter(name=HELPER).first() or _new_helper(holder, now)


def _new_helper(holder: Holder, now: datetime) -> Helper:
    mandate = helpers.Mandate(
        name=HELPER,
        programmes=[],
        per_purchase=2_500,
        per_month=10_000,
        last_day=timezone.localdate(now) + timedelta(days=180),
    )
    staff = Staff.objects.get(username="demo-desk")
    return helpers.new_helper(
        helper_id=uuid4(), holder=holder, mandate=mandate, reason="Demo", staff=staff, now=now
    )


def block_codes(old: Entries, now: datetime) -> Entries:
    """A code that blocks the phone of each of these parents."""
    by_digest = {codes.digest(entry["code"]): entry["code"] for entry in old}
    living = BlockCode.objects.filter(digest__in=by_digest, used_at=None, ended_at=None)
    kept = {row.holder_id: by_digest[bytes(row.digest)] for row in living}
    return [
        {"number": one.number, "code": kept.get(one.pk) or enrol.make_block_code(one, now)}
        for one in parents(now)
    ]


def _code(old: Entries, now: datetime, holder: Holder, helper: Helper | None) -> str:
    """The code of an earlier card if nobody used it and it lasts another day, else a new one."""
    by_digest = {codes.digest(entry["code"]): str(entry["code"]) for entry in old}
    rows = ActivationCode.objects.filter(digest__in=by_digest, holder=holder, helper=helper, used_at=None)
    known = rows.filter(expires_at__gt=now + timedelta(days=1)).first()
    return by_digest[bytes(known.digest)] if known else enrol.make_activation_code(holder, now, helper)
