"""A month can be closed when nothing of it is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from ledger import api, month, payouts
from ledger.api import Code, Kind
from ledger.models import Log
from tests.ledger.banking import ONE
from tests.ledger.conftest import MUNI, Town
from tests.ledger.test_kinds import offline


def open_things() -> dict[str, int]:
    found = month.still_open(MUNI, timezone.localdate())
    return {one.what: one.n for one in found}


def test_a_month_is_open_until_all_of_it_is_in_a_witnessed_batch(
    town: Town, witnesses: Callable[[Log], None], capsys: pytest.CaptureFixture[str]
) -> None:
    witnesses(api.setup_log(MUNI, town.now))
    town.pay(100)
    assert open_things() == {"unsealed": 6}
    api.seal(MUNI, town.now, force=True)
    assert open_things() == {"unwitnessed": 1}
    with pytest.raises(SystemExit):
        call_command("month", f"{timezone.localdate():%Y-%m}")
    api.sign(MUNI, town.now)
    assert open_things() == {"unexported": 1}
    assert payouts.export(MUNI, 1, ONE, town.now).file is None  # the shop has no account: it stays due
    assert open_things() == {}
    call_command("month", f"{timezone.localdate():%Y-%m}")
    assert capsys.readouterr().out == "1 unwitnessed\nnothing is open\n"


def test_unexplained_money_and_the_guarantees_cost_keep_it_open(
    town: Town, witnesses: Callable[[Log], None]
) -> None:
    witnesses(api.setup_log(MUNI, town.now))
    offline(town, 10, 40)
    ends = (town.account(Code.BANK), town.account(Code.UNIDENTIFIED))
    town.post(town.posting(Kind.UNMATCHED, *ends, 7))
    town.settle()
    assert open_things() == {"unexported": 1, "guarantee": 40, "unidentified": 7}
    assert month.still_open(MUNI, timezone.localdate().replace(year=2020)) == []


def test_what_came_later_keeps_no_month_open_and_what_went_later_closes_it(town: Town) -> None:
    came = (town.account(Code.BANK), town.account(Code.UNIDENTIFIED))
    town.post(town.posting(Kind.UNMATCHED, *came, 7))
    this, before = town.now.date(), town.now.date() - timedelta(days=31)
    town.now += timedelta(days=31)
    town.post(town.posting(Kind.UNMATCHED, *came, 5))
    assert [unidentified(day) for day in (before, this, town.now.date())] == [0, 7, 12]
    town.post(town.posting(Kind.UNMATCHED, *reversed(came), 7))
    assert [unidentified(day) for day in (before, this, town.now.date())] == [0, 0, 5]


def unidentified(day: date) -> int:
    return sum(one.n for one in month.still_open(MUNI, day) if one.what == "unidentified")


@pytest.mark.parametrize(
    ("day", "end"), [("2026-06-15", "2026-07-01"), ("2026-12-01", "2027-01-01"), ("2026-11-30", "2026-12-01")]
)
def test_a_month_ends_where_the_next_begins(day: str, end: str) -> None:
    assert month._end(date.fromisoformat(day)).date().isoformat() == end
