"""A redemption that goes straight is answered as one that takes the usual way (straight.py)."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from tests.actors import Till
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, Town
from wallet.services import redeem
from wallet.web.till.straight import Straight

pytestmark = pytest.mark.django_db(transaction=True)  # Django's handler looks after connections
PATH = "/api/v1/redemptions"
SAME = ("Content-Type", "API-Version", "X-Content-Type-Options", "Content-Length")


class UsualWay:
    """Django's own application, which counts how often it was asked."""

    def __init__(self) -> None:
        self.application, self.asked = WSGIHandler(), 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Ask it."""
        self.asked += 1
        return self.application(environ, start_response)


@dataclass
class Told:
    """An answer over WSGI."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def seen(self) -> tuple[int, dict[str, str | None], bytes]:
        """What both ways have in common."""
        return self.status, {name: self.headers.get(name) for name in SAME}, self.body


def call(application: Any, body: bytes, key: str | None, method: str = "POST") -> Told:
    """Ask a WSGI application for a redemption."""
    headers = {} if key is None else {"Idempotency-Key": key}
    made = RequestFactory().generic(method, PATH, body, content_type="application/json", headers=headers)
    environ = made.environ
    told: list[Any] = []
    found = application(environ, lambda status, headers, *_: told.extend([status, dict(headers)]))
    body = b"".join(found)
    getattr(found, "close", lambda: None)()
    return Told(
        int(told[0].partition(" ")[0]), {name.title(): value for name, value in told[1].items()}, body
    )


@pytest.fixture
def usual(real_town: Town) -> UsualWay:
    return UsualWay()


@pytest.fixture
def straight(usual: UsualWay) -> Straight:
    return Straight(usual)


@pytest.fixture
def till(real_town: Town) -> Till:
    return real_town.till()


def sale(town: Town, till: Till, amount: int = 500) -> tuple[bytes, str]:
    """The body of a payment and its key."""
    [held] = town.passes()
    drafted = till.draft(amount, CLOTHES, pres=held.show(till.clock(), amount))
    return json.dumps({"record": till.sign(drafted)}).encode(), drafted.txn


def test_a_payment_goes_straight_and_again_by_either_way(
    real_town: Town, till: Till, straight: Straight, usual: UsualWay
) -> None:
    body, key = sale(real_town, till)
    paid = call(straight, body, key)
    assert paid.status == 201 and json.loads(paid.body)["result"] == "approved"
    again = call(straight, body, key)
    assert usual.asked == 0 and not {"Set-Cookie", "Vary"} & paid.headers.keys()
    assert (again.status, again.body) == (200, paid.body)
    assert call(usual, body, key).seen == again.seen


@pytest.mark.parametrize("case", ["stranger", "shape", "record", "no key", "method", "great"])
def test_a_refusal_is_the_same_by_either_way_and_changes_nothing(
    case: str, real_town: Town, till: Till, straight: Straight, usual: UsualWay, settings: Settings
) -> None:
    body, key = sale(real_town, till)
    asked: dict[str, tuple[bytes, str | None, str]] = {
        "stranger": (body, str(uuid4()), "POST"),
        "shape": (b"[]", key, "POST"),
        "record": (b'{"record":"x"}', key, "POST"),
        "no key": (body, None, "POST"),
        "method": (body, key, "PUT"),
        "great": (body, key, "POST"),
    }
    if case == "great":
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    before = snapshot()
    told = call(straight, *asked[case])
    assert usual.asked == 1
    assert told.seen == call(usual, *asked[case]).seen
    assert told.status >= 400 and json.loads(told.body)["code"]
    assert snapshot() == before


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("gone"), 503), (ZeroDivisionError("oh"), 500)]
)
def test_what_goes_wrong_inside_is_told_and_logged_by_django(
    error: Exception,
    status: int,
    straight: Straight,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(redeem, "redeem", fail)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        told = call(straight, b'{"record":"x"}', "key")
    assert told.status == status
    [line] = [line for line in caplog.records if line.name == "django.request"]
    assert line.getMessage().endswith(PATH)
