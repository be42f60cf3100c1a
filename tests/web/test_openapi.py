"""The API's own description names every call, what it wants, what it answers and how it refuses."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from django.apps import apps
from django.contrib.staticfiles.finders import get_finders
from django.test import Client

from wallet.custody import custody
from wallet.models import Municipality
from wallet.protocol import keyring
from wallet.protocol.refusals import Code

GIVING_BACK = {"200", "201", "400", "401", "403", "404", "409", "422"}
CALLS = {
    ("/api/v1/config", "get"): {"200"},
    ("/api/v1/shops", "get"): {"200"},
    ("/api/v1/wallet/nonce", "get"): {"200"},
    ("/api/v1/wallet/devices", "post"): {"201", "400", "401", "404", "422", "429"},
    ("/api/v1/wallet/state", "get"): {"200", "401"},
    ("/api/v1/wallet/passes", "post"): {"201", "400", "401", "404", "409", "422", "429"},
    ("/api/v1/wallet/lost", "post"): {"200", "400", "404", "429"},
    ("/api/v1/wallet/helpers/{helper}", "delete"): {"204", "401"},
    ("/api/v1/wallet/cover", "get"): {"200", "401", "404", "409"},
    ("/api/v1/wallet/proofs/{redemption}", "get"): {"200", "401", "404", "409"},
    ("/api/v1/tills/enrol", "post"): {"201", "400", "401", "403", "404", "422", "429"},
    ("/api/v1/tills/bundle", "get"): {"200", "401", "403"},
    ("/api/v1/tills/logged", "post"): {"200", "400", "401", "403"},
    ("/api/v1/tills/proofs/{redemption}", "get"): {"200", "401", "403", "404", "409"},
    ("/api/v1/tills/proofs/batches/{batch}", "get"): {"200", "401", "403", "404", "409"},
    ("/api/v1/tills/records", "post"): {"200", "400", "401"},
    ("/api/v1/tills/cases", "get"): {"200", "401"},
    ("/api/v1/redemptions", "post"): {
        *("200", "201", "400", "401", "403", "404", "409", "410", "422", "423", "429")
    },
    ("/api/v1/redemptions/{redemption}/void", "post"): GIVING_BACK,
    ("/api/v1/redemptions/{redemption}/refunds", "post"): GIVING_BACK,
}


@pytest.fixture(scope="module")
def document() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Client().get("/api/v1/openapi.json")
    assert found.status_code == 200
    return json.loads(found.content)


def test_it_is_openapi_3_1_and_names_every_call(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert {(path, verb) for path, verbs in document["paths"].items() for verb in verbs} == set(CALLS)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_each_call_says_what_it_answers_and_how_it_refuses(document: Any, call: tuple[str, str]) -> None:
    path, verb = call
    told = document["paths"][path][verb]
    assert told["description"]
    assert set(told["responses"]) - {"503"} == CALLS[call]
    for status, answer in told["responses"].items():
        if status == "204":
            assert "content" not in answer
            continue
        kind = "application/json" if status.startswith("2") else "application/problem+json"
        assert list(answer["content"]) == [kind], status
        assert "$ref" in answer["content"][kind]["schema"]
    if verb == "post":
        assert told["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    wants_proof = path.startswith(("/api/v1/wallet", "/api/v1/tills")) and not path.endswith(
        ("nonce", "/lost")
    )
    assert (told.get("security") == [{"dpop": []}]) == wants_proof


def test_the_problem_document_lists_every_code(document: Any) -> None:
    codes = json.dumps(document["components"]["schemas"])
    assert all(f'"{code.value}"' in codes for code in Code)


def test_the_page_for_people_runs_under_the_strict_policy() -> None:
    page = Client().get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in text and 'src="/static/drf_spectacular_sidecar/' in text
    assert text.count("<script") == text.count("<script src=")
    script = Client().get("/api/v1/docs?script=")
    assert script.status_code == 200 and script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/openapi.json" in script.content


def test_every_file_of_the_page_for_people_is_collected() -> None:
    text = Client().get("/api/v1/docs").content.decode()
    named = set(re.findall(r'(?:src|href)="/static/([^"]+)"', text))
    left_out = apps.get_app_config("staticfiles").ignore_patterns
    collected = {path for finder in get_finders() for path, _ in finder.list(left_out)}
    assert named and named <= collected


def test_the_keys_are_for_anyone() -> None:
    found = Client().get("/.well-known/jwks.json")
    assert found["Access-Control-Allow-Origin"] == "*" and "max-age=3600" in found["Cache-Control"]
    ring = keyring.from_jwks(json.loads(found.content), "http://localhost:8000")
    assert ring.keys() == custody().ring.keys()
    assert {key.vp_use for key in ring.values()} == {"pass", "status", "receipt", "card"}


@pytest.mark.django_db
def test_a_face_learns_whom_to_call_before_anyone_signs_in() -> None:
    Municipality.objects.create(number=14, name="Teststad", phone="14 050", hours="9-17", address="")
    body = Client().get("/api/v1/config").json()
    assert set(body) == {"municipality", "issuer", "log_url", "policy_url", "server_time"}
    assert body["municipality"] == {"name": "Teststad", "phone": "14 050", "hours": "9-17"}
