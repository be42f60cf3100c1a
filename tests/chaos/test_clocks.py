"""The server's clock jumps: batches keep their order, and nothing is sealed in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # the engine has no part in it


def _settle_at(site: Site, moment: datetime) -> str:
    done = site.town("settle_at", str(int(moment.timestamp())))
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def test_a_clock_that_jumps_a_day_ahead_and_back_an_hour(site: Site) -> None:
    now = datetime.now(UTC)
    paid = site.pay(3)
    assert _settle_at(site, now) == "1"
    paid |= site.pay(3)
    assert _settle_at(site, now + timedelta(days=1)) == "2"
    paid |= site.pay(3)
    for back in (timedelta(hours=1), timedelta(seconds=10)):
        assert "ClockWentBack" in _settle_at(site, now + timedelta(days=1) - back)
    assert site.check()["waiting"] == 3
    # Two seconds are no jump: clocks are set right all the time.
    assert _settle_at(site, now + timedelta(days=1) - timedelta(seconds=1)) == "3"
    assert set(site.check()["payments"]) == paid
    assert site.audit().returncode == 0
