"""Every refusal is one kind of document, whatever went wrong."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from pytest_django.fixtures import Settings
from rest_framework.exceptions import MethodNotAllowed, ParseError

from tests.worlds import CLOTHES, Town
from wallet.protocol.refusals import MEANINGS, Code, Refused
from wallet.services import redeem
from wallet.web import problems


@pytest.mark.parametrize("code", [code for code in Code if MEANINGS[code].status])
def test_each_code_has_its_document(code: Code) -> None:
    answer = problems.handle(Refused(code), {})
    assert answer is not None
    body = answer.data
    assert list(body) == ["type", "title", "status", "code", "detail", "retry"]
    assert body["type"] == f"urn:meedoen:problem:{code.value}"
    assert body["status"] == answer.status_code == MEANINGS[code].status
    assert (body["title"], body["retry"]) == (MEANINGS[code].title, MEANINGS[code].retry)
    assert answer.content_type == "application/problem+json"


def test_what_there_is_to_tell_is_told_in_words_and_in_numbers() -> None:
    answer = problems.handle(Refused(Code.PROOF_STALE, minutes=4), {})
    assert answer is not None and answer.data["facts"] == {"minutes": 4}
    assert answer.data["detail"] == "The code is too old (minutes 4)."


def test_the_frameworks_own_errors_speak_the_same_language() -> None:
    for error, status in ((ParseError(), 400), (MethodNotAllowed("PUT"), 405)):
        answer = problems.handle(error, {})
        assert answer is not None
        assert (answer.status_code, answer.data["status"], answer.data["code"]) == (
            status,
            status,
            "malformed_request",
        )


def test_an_error_that_nobody_foresaw_is_not_dressed_up() -> None:
    assert problems.handle(ZeroDivisionError(), {}) is None


@pytest.mark.django_db
def test_a_wrong_method_or_type_is_a_problem_document_too(town: Town) -> None:
    wire = town.wire()
    answer = wire.call("PUT", "/api/v1/redemptions", {})
    assert (answer.status, answer.headers["Content-Type"]) == (405, "application/problem+json")
    assert "POST" in answer.headers["Allow"]
    found = wire._client.post("/api/v1/wallet/nonce", b"<x/>", content_type="text/xml")
    assert found.status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_a_fault_of_our_own_is_seen_for_what_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug
    till = town.till()
    [held] = town.passes()

    def broken(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(redeem, "redeem", broken)
    with pytest.raises(ZeroDivisionError):
        till.redeem(held.show(till.clock(), 100), 100, CLOTHES)


@pytest.mark.django_db
def test_a_database_that_is_away_sends_the_till_offline(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    till = town.till()
    [held] = town.passes()

    def away(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(redeem, "_write", away)
    answer = till.redeem(held.show(till.clock(), 100), 100, CLOTHES)
    assert (answer.status, answer.code, answer.body["retry"]) == (503, "unavailable", True)
