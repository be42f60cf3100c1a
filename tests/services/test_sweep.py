"""What nobody spent goes back when a programme is over; nobody loses it a day early."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from ledger.models import Fund
from tests.worlds import CLOTHES, ZOO, Town
from wallet.models import GrantBatch
from wallet.services import grant, holders, sweep

pytestmark = pytest.mark.django_db


def end_of_grace(town: Town) -> date:
    programme = town.programmes[CLOTHES]
    return programme.ends + timedelta(days=programme.grace_days)


def at(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 0, 30))


def test_the_books_know_a_programmes_name_and_end(town: Town) -> None:
    programme = town.programmes[CLOTHES]
    found = Fund.objects.get(muni=14, number=CLOTHES)
    assert (found.name, found.name_en, found.from_on) == (programme.name, programme.name_en, programme.starts)
    assert (found.until_on, found.grace_days) == (programme.ends, programme.grace_days)


def test_every_voucher_is_swept_on_the_day_after_the_days_of_grace(town: Town) -> None:
    last = end_of_grace(town)
    assert sweep.sweep(14, at(last)) == {}
    assert town.balance() == 15_000
    done = sweep.sweep(14, at(last + timedelta(days=1)))
    assert (done[CLOTHES].pots, done[CLOTHES].cents) == (2, 30_000)
    assert (town.balance(), town.balance(ZOO)) == (0, 0)
    assert sweep.sweep(14, at(last + timedelta(days=1))) == {}


def test_a_programme_waits_for_a_top_up_that_is_being_booked(town: Town) -> None:
    town.top_up(100)
    GrantBatch.objects.filter(programme=town.programmes[CLOTHES]).update(status=GrantBatch.Status.BOOKING)
    done = sweep.sweep(14, at(end_of_grace(town) + timedelta(days=1)))
    assert CLOTHES not in done and ZOO in done


def test_what_one_programme_cannot_do_holds_up_no_other(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    Fund.objects.filter(number=CLOTHES).update(grace_days=99)
    done = sweep.sweep(14, at(end_of_grace(town) + timedelta(days=1)))
    assert CLOTHES not in done and ZOO in done
    assert f"Programme {CLOTHES} of municipality 14 is not swept" in caplog.text


def test_a_programme_older_than_the_names_of_funds_is_named_and_swept(town: Town) -> None:
    old, known = town.programmes[CLOTHES], list(Fund.objects.order_by("pk").values())
    old.pk, old.number, old.name = None, 60, "Vroeger"
    old.fund = grant.books.open_account(muni=14, code=grant.books.Code.FUND, fund=old.number)
    old.save()
    holders.new_voucher(holder=town.holder, programme=old, staff=town.staff, now=timezone.now())
    over = at(end_of_grace(town) + timedelta(days=1))
    assert old.number not in sweep.sweep(14, over)
    import_module("wallet.migrations.0009_fund_names").name_funds(apps, None)
    *same, new = Fund.objects.order_by("pk").values()
    assert (same, new["name"], new["until_on"]) == (known, "Vroeger", old.ends)
    assert old.number in sweep.sweep(14, over)


def test_a_top_up_is_not_approved_when_its_programme_is_over(town: Town) -> None:
    town.muni.four_eyes_above = 10
    town.muni.save()
    town.top_up(100, ref="late")
    batch = GrantBatch.objects.get(decision_ref="late")
    other = type(town.staff).objects.create(username="second", muni=town.muni)
    with pytest.raises(grant.Refused):
        grant.approve(batch=batch, staff=other, now=at(town.programmes[CLOTHES].ends + timedelta(days=1)))
    grant.approve(batch=batch, staff=other, now=timezone.now())


def test_the_command_says_what_it_did(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep")
    assert capsys.readouterr().out == "nothing to sweep\n"
