"""A municipality with one holder, made by the product's own services."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils import timezone

from benchmarks import programme
from wallet.models import Municipality, Staff
from wallet.services import enrol, grant, holders

CENTS = 10_000


def code_of_a_letter() -> str:
    """The code with which a holder puts a pass on a phone; there is money on it."""
    now = timezone.now()
    muni = Municipality.objects.create(number=settings.MUNICIPALITY, name="Gemeente Voorbeeld")
    staff, second = (Staff.objects.create_user(name, muni=muni) for name in "ab")
    runs = programme.approved(muni=muni, number=1, budget=10**6, staff=staff, second=second, now=now)
    home = holders.new_household(muni=muni, street="-", postcode="-", town="-")
    born = date(2000, 1, 1)
    holder = holders.new_holder(household=home, name="Bench", birth_date=born, staff=staff, now=now)
    voucher = holders.new_voucher(holder=holder, programme=runs, staff=staff, now=now)
    grant.top_up(voucher=voucher, amount=CENTS, reason="-", decision_ref="-", staff=staff, now=now)
    return enrol.make_activation_code(holder, now)
