"""What sales without a connection cost the guarantee, why, and a programme that carries it by two people."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger import api as ledger
from ledger.models import Transfer
from tests.services.test_sync import empty, forged, revoked, show
from tests.worlds import CLOTHES, ZOO, Town
from wallet.models import Case, LossCover, Staff, YearClose
from wallet.services import guarantee, periods
from wallet.services.guarantee import Why
from wallet.services.refused import Refused
from wallet.services.sync import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(town: Town) -> datetime:
    """A day of next month, after sales that cost the guarantee € 13 in three ways."""
    till, other = town.till(), town.till(town.other_till_row)
    first, second = town.passes(count=2)
    other.sell_offline(show(first), 100, CLOTHES)
    assert other.upload().status == 200
    till.sell_offline(show(first), 300, CLOTHES)
    till.sell_offline(forged(second, jti="AAAAAAAAAAAAAAAA"), 400, CLOTHES)
    revoked(town, till, second, 3600)
    assert till.upload().status == 200
    return next_month(timezone.now())


def next_month(day: datetime) -> datetime:
    return (timezone.localtime(day).replace(day=1) + timedelta(days=40)).replace(day=2)


def second() -> Staff:
    return Staff.objects.get(username="two-of-finance")


def test_each_reason_is_told_and_the_sum_is_what_the_books_say(town: Town, later: datetime) -> None:
    till = town.till()
    short, high, *town.spare = town.passes(count=3)
    empty(town, till, short, 200)
    till.sell_offline(show(high), 1600, CLOTHES)
    assert till.upload().status == 200
    above, at = Case.objects.get(code="over_offline_limit"), timezone.now()
    cases.close(case=above, choice="pay", reason="x", staff=town.staff, now=at)
    [cost] = guarantee.of_town(town.muni, later)
    [month] = cost.months
    assert month.why == {
        Why.DECIDED: 100, Why.TWICE: 300, Why.LEAKED: 400, Why.WITHDRAWN: 600, Why.SHORT: 500 + 1500,
    }  # fmt: skip
    assert cost.left == cost.to_carry == ledger.guarantee_cost(town.muni.pk)


@pytest.mark.usefixtures("later")
def test_what_came_back_is_taken_off_and_this_month_waits(town: Town) -> None:
    [cost] = guarantee.of_town(town.muni, timezone.now())
    assert (cost.left, cost.to_carry) == (1300, 0)
    with pytest.raises(Refused):
        guarantee.ask(programme=cost.programme, staff=town.staff, now=timezone.now())


def test_two_people_let_a_programme_carry_it_once_a_month(town: Town, later: datetime) -> None:
    programme = town.programmes[CLOTHES]
    cover = guarantee.ask(programme=programme, staff=town.staff, now=later)
    assert guarantee.ask(programme=programme, staff=town.staff, now=later) == cover
    for refused in (
        lambda: guarantee.ask(programme=programme, staff=second(), now=later),
        lambda: guarantee.approve(cover=cover, staff=town.staff, now=later),
    ):
        with pytest.raises(Refused):
            refused()
    assert ledger.guarantee_cost(town.muni.pk) == cover.cents == 1300
    guarantee.approve(cover=cover, staff=second(), now=later)
    moved = Transfer.objects.get(kind=17)
    assert (moved.amount, moved.debit_id, moved.reason) == (1300, programme.fund, f"{cover.month:%Y-%m}")
    assert ledger.guarantee_cost(town.muni.pk) == 0
    [cost] = guarantee.of_town(town.muni, later)
    assert (cost.left, cost.to_carry, cost.waiting) == (0, 0, None)
    for again in (
        lambda: guarantee.ask(programme=programme, staff=second(), now=later),
        lambda: guarantee.approve(cover=cover, staff=second(), now=later),
    ):
        with pytest.raises(Refused):
            again()


def test_a_programme_is_not_closed_before_it_carried_its_part(town: Town, later: datetime) -> None:
    programme = town.programmes[CLOTHES]
    with pytest.raises(Refused, match="garantie"):
        periods.ask(programme=programme, staff=town.staff, now=later)
    assert not YearClose.objects.exists()
    asked = YearClose.objects.create(
        muni=town.muni, programme=programme, made_by=town.staff, made_at=timezone.now()
    )
    with pytest.raises(Refused, match="garantie"):
        periods.approve(close=asked, staff=second(), now=later)
    cover = guarantee.ask(programme=programme, staff=town.staff, now=later)
    with pytest.raises(Refused, match="garantie"):  # it waits for another person
        periods.approve(close=asked, staff=second(), now=later)
    guarantee.approve(cover=cover, staff=second(), now=later)
    with pytest.raises(Refused, match="nog niet af"):  # from here on the books decide
        periods.approve(close=asked, staff=second(), now=later)
    asked.refresh_from_db()
    assert asked.status == "waiting"
    assert periods.ask(programme=town.programmes[ZOO], staff=town.staff, now=later).status == "waiting"


def test_what_was_refused_can_be_asked_again(town: Town, later: datetime) -> None:
    asked = guarantee.ask(programme=town.programmes[CLOTHES], staff=town.staff, now=later)
    guarantee.refuse(cover=asked, staff=town.staff, now=later)
    again = guarantee.ask(programme=town.programmes[CLOTHES], staff=second(), now=later)
    assert (again.pk != asked.pk, again.cents) == (True, 1300)


def test_a_refund_after_a_month_was_carried_is_taken_off_the_next(town: Town, later: datetime) -> None:
    first = guarantee.ask(programme=town.programmes[CLOTHES], staff=town.staff, now=later)
    guarantee.approve(cover=first, staff=second(), now=later)
    [cost] = guarantee.of_town(town.muni, next_month(later))
    cost.months.insert(0, guarantee.Month(cost.until, {Why.BACK: -200, Why.SHORT: 150}))
    assert (cost.left, cost.to_carry) == (-50, 0)
    cost.months[0].why[Why.SHORT] = 450
    assert cost.to_carry == 250


def test_more_than_the_fund_holds_or_the_guarantee_cost_is_not_carried(town: Town, later: datetime) -> None:
    cover = guarantee.ask(programme=town.programmes[CLOTHES], staff=town.staff, now=later)
    for cents in (1301, 10**12):
        LossCover.objects.update(cents=cents)
        cover.refresh_from_db()
        with pytest.raises(Refused):
            guarantee.approve(cover=cover, staff=second(), now=later)
        cover.refresh_from_db()
        assert (cover.status, ledger.guarantee_cost(town.muni.pk)) == ("waiting", 1300)


def test_the_database_wants_two_people_and_once_a_month(town: Town, later: datetime) -> None:
    cover = guarantee.ask(programme=town.programmes[CLOTHES], staff=town.staff, now=later)
    rows = LossCover.objects.filter(pk=cover.pk)
    for name, changes in (
        ("loss_cover_two_people", {"status": "booked"}),
        ("loss_cover_two_people", {"status": "booked", "decided_by": town.staff}),
        ("loss_cover_positive", {"cents": 0}),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**changes)
    said = {
        "muni": town.muni,
        "programme": cover.programme,
        "made_by": second(),
        "made_at": later,
        "cents": 1,
    }
    with pytest.raises(IntegrityError), transaction.atomic():  # one waits
        LossCover.objects.create(month=next_month(later).date(), **said)
    rows.update(status="booked", decided_by=second())
    with pytest.raises(IntegrityError), transaction.atomic():  # once a month
        LossCover.objects.create(month=cover.month, **said)
    LossCover.objects.create(month=next_month(later).date(), **said)
