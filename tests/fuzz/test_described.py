"""Every call of the OpenAPI document, with what it allows and with what it does not, by whom it is meant for.

Schemathesis makes the calls; a phone or a till that is let in sends them, each with a proof of its own.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.actors import Answer
from tests.fuzz.conftest import FUZZED, Callers, in_order
from tests.services.ledgers import snapshot

pytestmark = pytest.mark.django_db
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def operations() -> Iterator[Any]:
    """The calls of the document."""
    document = json.loads(Client(headers={"host": "localhost"}).get("/api/v1/openapi.json").content)
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        yield found.ok()


OPERATIONS = {f"{one.method.upper()} {one.path}": one for one in operations()}


def test_no_call_of_the_document_is_left_out() -> None:
    assert len(OPERATIONS) >= 17


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_of_any_shape_is_answered_in_order(name: str, callers: Callers) -> None:
    strategies = [OPERATIONS[name].as_strategy(generation_mode=mode) for mode in MODES]
    before = snapshot()

    @FUZZED
    @given(case=st.one_of(strategies))
    def tried(case: Any) -> None:
        cache.clear()  # or the first few wrong codes end the day
        answer = sent(callers, case)
        in_order(answer)
        assert answer.status < 300 or snapshot() == before

    tried()


def sent(callers: Callers, case: Any) -> Answer:
    """The case as a call of the phone or the till."""
    path = case.path.format(**{name: quote(str(value), safe="") for name, value in named(case).items()})
    who = callers.till if path.startswith("/api/v1/tills") else callers.phone
    query = urlencode({str(key): str(value) for key, value in (case.query or {}).items()})
    body = bytes_of(case.body)
    headers = {str(key): str(value) for key, value in (case.headers or {}).items()}
    headers = {key: value for key, value in headers.items() if "\n" not in value and "\r" not in value}
    if who.nonce is None:
        who.call("GET", "/api/v1/wallet/state")
    headers["DPoP"] = who.proof(case.method.upper(), path)
    answer = who.wire.call(case.method.upper(), path + (f"?{query}" if query else ""), body, headers)
    who.nonce = answer.headers.get("DPoP-Nonce", who.nonce)
    return answer


def named(case: Any) -> dict[str, Any]:
    """The places of the path, filled."""
    given_ = dict(case.path_parameters or {})
    return {name: given_.get(name, uuid.uuid4()) for name in re.findall(r"{(\w+)}", case.path)}


def bytes_of(body: Any) -> bytes:
    """What stands in the request: JSON, or the bytes themselves."""
    if isinstance(body, bytes):
        return body
    if type(body).__name__ == "NotSet":
        return b""
    return json.dumps(body, default=str).encode("utf-8", "surrogatepass")
