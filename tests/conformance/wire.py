"""A wire that reads the schemas along: no answer passes that the specification does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.actors import Answer, HttpWire
from tests.conformance import schemas

UUID = "[0-9a-f-]{36}"
CALLS = {
    ("GET", "/api/v1/config"): (None, "config"),
    ("GET", "/api/v1/shops"): (None, "shops"),
    ("GET", "/.well-known/jwks.json"): (None, "common#jwks"),
    ("GET", "/api/v1/wallet/nonce"): (None, "nonce"),
    ("POST", "/api/v1/wallet/devices"): ("activation", "activated"),
    ("GET", "/api/v1/wallet/state"): (None, "state"),
    ("POST", "/api/v1/wallet/passes"): ("passRequest", "passes"),
    ("GET", f"/api/v1/wallet/proofs/{UUID}"): (None, "logProof"),
    ("POST", "/api/v1/wallet/lost"): ("lost", "blocked"),
    ("POST", "/api/v1/tills/enrol"): ("enrolment", "enrolled"),
    ("GET", "/api/v1/tills/bundle"): (None, "bundleAnswer"),
    ("POST", "/api/v1/tills/logged"): ("asked", "logged"),
    ("GET", f"/api/v1/tills/proofs/{UUID}"): (None, "logProof"),
    ("GET", "/api/v1/tills/proofs/batches/[0-9]+"): (None, "logProof"),
    ("POST", "/api/v1/tills/records"): ("upload", "uploaded"),
    ("GET", "/api/v1/tills/cases"): (None, "cases"),
    ("POST", "/api/v1/redemptions"): ("sale", "paid"),
    ("POST", f"/api/v1/redemptions/{UUID}/(void|refunds)"): ("reversal", "givenBack"),
}


class ReadingWire:
    """Carries calls as another wire does, and raises AssertionError at what no schema allows."""

    def __init__(self, wire: HttpWire) -> None:
        self.url, self._wire = wire.url, wire

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Carry one call."""
        answer = self._wire.call(method, path, body, headers)
        if answer.status < 400:
            self._good(method, path, (body, dict(headers or {})), answer)
        else:
            self._problem(method, path, answer)
        return answer

    def _good(self, method: str, path: str, asked: tuple[Any, dict[str, str]], answer: Answer) -> None:
        body, headers = asked
        wants, gives = _shapes(method, path)
        if wants:
            _demand(f"the body of {method} {path}", schemas.faults(wants, body))
        _demand(f"the answer to {method} {path}", schemas.faults(gives, answer.body))
        for token in schemas.tokens_in([body, headers.get("DPoP"), answer.body]):
            _demand(f"a token of {method} {path}", schemas.faults_of_token(token))

    def _problem(self, method: str, path: str, answer: Answer) -> None:
        what = f"the refusal of {method} {path} ({answer.status})"
        _demand(what, schemas.faults("problem", answer.body))
        kind = answer.headers.get("Content-Type", "")
        _demand(what, [] if kind == "application/problem+json" else [f"Content-Type {kind}"])
        same = answer.body["status"] == answer.status and answer.body["type"].endswith(answer.body["code"])
        _demand(what, [] if same else ["status or type is another one than the answer's own"])


def _shapes(method: str, path: str) -> tuple[str | None, str]:
    for (verb, pattern), (wants, gives) in CALLS.items():
        if verb == method and re.fullmatch(pattern, path.partition("?")[0]):
            return wants and f"api#{wants}", gives if "#" in gives else f"api#{gives}"
    raise AssertionError(f"no schema for {method} {path}")


def _demand(what: str, faults: list[str]) -> None:
    if faults:
        raise AssertionError(f"{what}: " + "; ".join(faults))
