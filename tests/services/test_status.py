"""Status lists are published by the rounds, kept over a restart, and late ones are an alarm."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.models import IssuedPass, Staff, StatusListToken
from wallet.protocol import statuslist
from wallet.services import status
from wallet.tasks import publish_status

MINUTES = timedelta(minutes=1)


def read(number: int, now: datetime) -> statuslist.StatusList:
    """The list that a request gets at `now`."""
    token = status.token(14, number, now)
    if token is None:
        raise AssertionError("no list")
    return statuslist.check(token, custody().status_key.private.public, status.uri(number))


def test_the_rounds_publish_every_living_list_and_requests_get_what_was_published(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    now = timezone.now()
    phone = town.phone()
    phone.refill(CLOTHES, 1)
    number, place = status.number_of(now), phone.passes[0].claims["status"]["status_list"]["idx"]
    status.publish(14, now)
    assert set(StatusListToken.objects.values_list("number", flat=True)) == set(status.living(now))
    IssuedPass.objects.update(revoked_at=now)
    assert not read(number, now + 9 * MINUTES).withdrawn(place)
    status.publish(14, now + 2 * MINUTES)
    newest = read(number, now + 9 * MINUTES)
    assert newest.withdrawn(place) and newest.iat == int((now + 2 * MINUTES).timestamp())
    assert StatusListToken.objects.count() == 5 and status.late(14, now + 12 * MINUTES) is None
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


def test_a_late_list_is_an_alarm_and_is_made_by_the_request(
    town: Town, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    town.passes()
    now = timezone.now()
    published = now - 25 * MINUTES - timedelta(seconds=5)
    status.publish(14, published)
    caplog.clear()
    assert status.late(14, now) == 25 * 60 + 5
    with pytest.raises(CommandError, match="25 minutes old"):
        call_command("status")
    number = status.number_of(now)
    assert read(number, now).iat == int(now.timestamp())
    assert [line.levelname for line in caplog.records if "late" in line.message] == ["ERROR"]
    assert status.late(14, now) == 25 * 60 + 5  # served, but the worker is still away
    boss = Staff.objects.create(username="boss", muni=town.muni, role=Staff.Role.ADMINISTRATOR)
    for who, told in ((boss, True), (town.staff, False)):
        client.force_login(who)
        page = client.get("/desk/").content.decode()
        assert ("De lijst van ingetrokken passen is 25 minuten oud." in page) is told
    publish_status()
    assert [line.levelname for line in caplog.records if "25 minutes old" in line.message] == ["ERROR"]
    out = StringIO()
    call_command("status", stdout=out)
    assert "in time" in out.getvalue()


def test_a_new_site_has_no_alarm_and_serves_lists_without_a_worker(town: Town, client: Client) -> None:
    now = timezone.now()
    assert status.late(14, now) is None
    number = status.number_of(now)
    assert client.get(f"/status/{number}").status_code == 200
    town.passes()
    assert status.late(14, now + 5 * MINUTES) is None
    assert status.late(14, now + 11 * MINUTES) is not None  # a pass is out, and no round published its list
