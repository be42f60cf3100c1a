"""The till's door: the shapes of its calls, and what is refused before any rule is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors import Till
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.protocol import bundle

pytestmark = pytest.mark.django_db
REDEMPTIONS = "/api/v1/redemptions"


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


def test_enrolling_answers_all_that_a_till_begins_with(town: Town) -> None:
    from django.utils import timezone

    from wallet.services import enrol

    answer = Till(town.wire()).enrol(enrol.make_till_code(town.till_row, timezone.now()))
    assert set(answer.body) == {
        "till",
        "name",
        "merchant",
        "enrol_nonce",
        "bundle",
        "bundle_keys",
        "server_time",
    }
    assert answer.headers["DPoP-Nonce"] and answer.headers["Cache-Control"] == "no-store"


def test_the_bundle_is_fetched_again_with_the_tills_own_key(till: Till) -> None:
    answer = till.call("GET", "/api/v1/tills/bundle")
    assert answer.status == 200 and set(answer.body) == {"bundle", "server_time"}
    told = bundle.check(answer.body["bundle"], custody().bundle_key.private.public)
    assert told.exp - told.iat == 7 * 86_400
    assert till.wire.call("GET", "/api/v1/tills/bundle").code == "till_auth_failed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'"record"',
        b"{}",
        b'{"record": 1}',
        b'{"record": null}',
        b'{"record": "x", "more": 1}',
        b'{"record": "x", "pin": 1234}',
    ],
)
def test_a_body_of_another_shape_changes_nothing(till: Till, body: bytes) -> None:
    before = snapshot()
    answer = till.wire.call("POST", REDEMPTIONS, body, {"Idempotency-Key": "x"})
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert snapshot() == before


@pytest.mark.parametrize("record", ["", "x", "a.b.c", "é", "A" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_a_record_that_is_no_token_changes_nothing(till: Till, record: str) -> None:
    before = snapshot()
    answer = till.wire.call("POST", REDEMPTIONS, {"record": record}, {"Idempotency-Key": "x"})
    assert (answer.status, answer.code) == (400, "malformed_record")
    assert snapshot() == before


def test_a_record_signed_by_another_till_is_refused(town: Town, till: Till) -> None:
    [held] = town.passes()
    other = town.till(town.other_till_row)
    token = other.sale(held.show(till.clock(), 500), 500, CLOTHES, till=till.id)
    before = snapshot()
    assert till.send(token).code == "till_auth_failed"
    spoiled = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert other.send(spoiled).code == "till_auth_failed"
    assert snapshot() == before


def test_a_void_or_refund_of_another_shape_changes_nothing(till: Till) -> None:
    number = "11111111-1111-4111-8111-111111111111"
    before = snapshot()
    for verb in ("void", "refunds"):
        bodies: list[Any] = [{}, {"record": {}}, [], {"record": ""}]
        for body in bodies:
            answer = till.wire.call("POST", f"{REDEMPTIONS}/{number}/{verb}", body)
            assert (answer.status, answer.code) == (400, "malformed_request"), body
        token = till.sign(till.draft(1, CLOTHES, mode="void" if verb == "void" else "refund", ref=number))
        assert till.resend(verb, number, token).code == "unknown_redemption"
    assert snapshot() == before


def test_there_is_no_address_for_what_is_not_there(till: Till) -> None:
    for path in ("/api/v1/tills/records", "/api/v1/", "/api/v1/redemptions/1/void", "/api/v1/redemptions/"):
        answer = till.wire.call("POST", path, {})
        assert (answer.status, answer.code) == (404, "malformed_request"), path


def test_a_redemption_opens_no_session_and_carries_the_headers_of_the_api(town: Town, till: Till) -> None:
    [held] = town.passes()
    answer = till.redeem(held.show(till.clock(), 500), 500, CLOTHES)
    assert (answer.headers["API-Version"], answer.headers["X-Content-Type-Options"]) == ("1", "nosniff")
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers and "Vary" not in answer.headers
