"""Programmes: made at the desk as data, with the budget that a decision gives them.

The budget is the ledger's: once another person approved the decision (budgets.py), ALLOCATE moves it from the
appropriation to the programme's fund. What is granted sits in pots; what is spent left them. Nothing about
money is kept here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Municipality, Programme, Redemption, Staff, Voucher
from wallet.services import budgets, catalogue, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


@dataclass(frozen=True)
class Picture:
    """Where a programme's budget is now, in cents. The four add up: allocated = left + in_pots + spent."""

    programme: Programme
    allocated: int
    left: int
    in_pots: int
    spent: int

    @property
    def given(self) -> int:
        """What left the fund: in pots or spent."""
        return self.in_pots + self.spent


@transaction.atomic
def new_programme(  # noqa: PLR0913 - a programme is its rules
    *,
    muni: Municipality,
    number: int,
    name: str,
    name_en: str,
    icon: str,
    kind: str,
    starts: date,
    ends: date,
    budget: int,
    decision_ref: str,
    staff: Staff,
    now: datetime,
    unit_cents: int = 1,
    categories: Sequence[str] = (),
    floor: int = 1_500,
    bound_above: int | None = None,
    max_redemption: int = 15_000,
    grace_days: int = 14,
    series: str | None = None,
    series_en: str | None = None,
    per_person: int | None = None,
    card_ofl: int = 0,
) -> Programme:
    """Make a programme; its `budget` (cents) waits for another person to approve it. Raises Refused.

    Without `bound_above` an open code may carry the whole of `max_redemption`. `per_person` is the most that
    one voucher can be given in all, in units; `card_ofl` what a signed card may pay in a day without a
    connection, in units (0: nothing).
    """
    if ends < starts:
        raise Refused(_("The last day comes before the first. Change one of the two."), "ends")
    if budget < 1:  # the form's own field; `propose` would name another
        raise Refused(_("Write a budget above € 0,00."), "budget")
    fund = books.open_account(muni=muni.pk, code=books.Code.FUND, fund=number)
    try:
        with transaction.atomic():
            programme = Programme.objects.create(
                muni=muni,
                number=number,
                name=name,
                name_en=name_en,
                icon=icon,
                kind=kind,
                unit_cents=unit_cents,
                starts=starts,
                ends=ends,
                grace_days=grace_days,
                categories=list(categories),
                floor=floor,
                bound_above=max_redemption if bound_above is None else bound_above,
                max_redemption=max_redemption,
                series=series,
                series_en=series_en,
                per_person=per_person,
                card_ofl=card_ofl,
                fund=fund,
            )
    except IntegrityError as error:
        raise Refused(_("Another programme has this number. Choose another number."), "number") from error
    books.name_fund(
        muni=muni.pk,
        number=number,
        name=name,
        name_en=name_en,
        from_on=starts,
        until_on=ends,
        grace_days=grace_days,
    )
    trail.record(staff=staff, verb=Verb.PROGRAMME_ADDED, subject=programme, reason=decision_ref, now=now)
    budgets.propose(programme=programme, amount=budget, decision_ref=decision_ref, staff=staff, now=now)
    catalogue.changed(muni.pk)
    return programme


def next_number(muni: Municipality) -> int:
    """The first programme number after the highest in use."""
    last = Programme.objects.filter(muni=muni).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def pictures(programmes: Sequence[Programme]) -> list[Picture]:
    """Budget, granted and spent of each programme, in three queries."""
    in_pots = _in_pots(programmes)
    spent = _spent(programmes)
    left = books.balances([programme.fund for programme in programmes])
    return [
        Picture(
            programme,
            left[programme.fund] + in_pots[programme.pk] + spent[programme.pk],
            left[programme.fund],
            in_pots[programme.pk],
            spent[programme.pk],
        )
        for programme in programmes
    ]


def _in_pots(programmes: Sequence[Programme]) -> dict[int, int]:
    rows = Voucher.objects.filter(programme__in=programmes).values_list("programme_id", "pot")
    pots = list(rows)
    balance = books.balances([pot for _programme, pot in pots])
    total = {programme.pk: 0 for programme in programmes}
    for programme, pot in pots:
        total[programme] += balance[pot]
    return total


def _spent(programmes: Sequence[Programme]) -> dict[int, int]:
    rows = (
        Redemption.objects.filter(voucher__programme__in=programmes)
        .values_list("voucher__programme_id")
        .annotate(cents=Sum((F("approved") - F("refunded")) * F("unit_cents")))
    )
    total = {programme.pk: 0 for programme in programmes}
    return total | dict(rows)
