"""The programme that both benchmarks spend from, made by the product's own services."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from wallet.models import Municipality, Programme, Staff
from wallet.services import budgets, programmes


def approved(
    *, muni: Municipality, number: int, budget: int, staff: Staff, second: Staff, now: datetime
) -> Programme:
    """A programme of money that runs now; `second` let its budget (cents) into the books."""
    today = date.today()
    programme = programmes.new_programme(
        muni=muni, number=number, name="Bench", name_en="Bench", icon="purse", kind="money",
        starts=today - timedelta(days=1), ends=today + timedelta(days=100),
        budget=budget, decision_ref="bench", staff=staff, now=now,
    )  # fmt: skip
    budgets.approve(budget=budgets.waiting(muni).get(), staff=second, now=now)
    return programme
