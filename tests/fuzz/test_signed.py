"""What is rightly signed and still makes no sense: records and proofs by a phone and a till of ours."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import FUZZED, Callers, in_order
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES
from wallet.protocol import dpop, keyproof, record, signing
from wallet.protocol.signing import PrivateKey, header
from wallet.protocol.strict import b64

pytestmark = pytest.mark.django_db

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-1, 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=60)
    | st.sampled_from(["", "\x00", "VP1:", "VP2:0", "VPC1:A", "VPC2:", "x~y", "till:", "é", "9" * 40])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SALE = ["amt", "cur", "prg", "part", "pres", "card", "ref"]
MEMBERS = ["iss", "aud", "iat", "jti", "txn", "mode", *SALE, "seq", "prev", "bnd", "stl", "more"]
CHANGES = st.dictionaries(st.sampled_from(MEMBERS), VALUES, min_size=1, max_size=3)


def sign(claims: dict[str, Any], key: PrivateKey, head: dict[str, Any]) -> str:
    """A token with a right signature, whatever stands in it: the product's own signer would refuse."""
    text = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{text}.{b64(signing._ES256.sign(text.encode(), key._key))}"


def signed(callers: Callers, claims: dict[str, Any]) -> str:
    """A record by our own till, whatever it says."""
    key = callers.till.key
    return sign(claims, key, dict(header(record.TYP, key.public.thumbprint)))


def claims_of(callers: Callers, mode: str) -> dict[str, Any]:
    """The claims of a good record."""
    held, till = callers.phone.passes[0], callers.till
    more: dict[str, Any] = {"stl": int(till.clock())} if mode == "off" else {}
    subject = {"pres": held.show(till.clock(), 1)} if mode in ("on", "off") else {"ref": str(uuid.uuid4())}
    return till.draft(1, CLOTHES, mode=mode, **subject, **more).claims()


@pytest.mark.parametrize("mode", ["on", "off", "void", "refund"])
def test_a_record_with_any_claims_is_answered_in_order(mode: str, callers: Callers) -> None:
    number = str(uuid.uuid4())

    @FUZZED
    @given(changes=CHANGES, gone=st.sets(st.sampled_from(["pres", "seq", "iss", "mode"]), max_size=1))
    def tried(changes: dict[str, Any], gone: set[str]) -> None:
        claims = {**claims_of(callers, mode), **changes}
        token = signed(callers, {name: value for name, value in claims.items() if name not in gone})
        wire, till = callers.till.wire, callers.till
        in_order(
            wire.call(
                "POST", "/api/v1/redemptions", {"record": token}, {"Idempotency-Key": claims_txn(claims)}
            )
        )
        for verb in ("void", "refunds"):
            in_order(wire.call("POST", f"/api/v1/redemptions/{number}/{verb}", {"record": token}))
        in_order(till.call("POST", "/api/v1/tills/records", {"records": [token]}))

    tried()


def claims_txn(claims: dict[str, Any]) -> str:
    """The record's txn where it can stand in a header."""
    txn = claims.get("txn")
    return txn if isinstance(txn, str) and txn.isascii() and txn.isprintable() and txn else "x"


def test_a_pin_or_an_upload_of_any_kind_is_answered_in_order(callers: Callers) -> None:
    @FUZZED
    @given(pin=VALUES, records=VALUES, key=st.text(max_size=40))
    def tried(pin: Any, records: Any, key: str) -> None:
        cache.clear()
        token = signed(callers, {**claims_of(callers, "on"), "card": "VPC1:AAAA"})
        headers = {
            "Idempotency-Key": key.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "")
        }
        in_order(
            callers.till.wire.call("POST", "/api/v1/redemptions", {"record": token, "pin": pin}, headers)
        )
        in_order(callers.till.call("POST", "/api/v1/tills/records", {"records": records}))
        in_order(callers.till.call("POST", "/api/v1/tills/records", records))

    tried()


def test_a_proof_of_any_kind_opens_nothing_and_breaks_nothing(callers: Callers) -> None:
    before = snapshot()
    phone = callers.phone
    path = "/api/v1/wallet/state"

    @FUZZED
    @given(
        head=st.dictionaries(st.sampled_from(["alg", "typ", "jwk", "kid", "crit"]), VALUES, max_size=2),
        body=CHANGES,
    )
    def tried(head: dict[str, Any], body: dict[str, Any]) -> None:
        good = {"alg": "ES256", "jwk": phone.key.public.jwk, "typ": dpop.TYP}
        claims = {"jti": "j" * 16, "htm": "GET", "htu": phone.wire.url + path, "iat": 1, "nonce": phone.nonce}
        token = sign({**claims, **body}, phone.key, {**good, **head})
        answer = phone.wire.call("GET", path, headers={"DPoP": token})
        in_order(answer)
        assert answer.status == 401

    tried()
    assert snapshot() == before


def test_a_key_or_key_proof_of_any_kind_gets_no_pass(callers: Callers) -> None:
    before = snapshot()
    phone, voucher = callers.phone, callers.phone.voucher(CLOTHES)["id"]

    @FUZZED
    @given(jwk=VALUES, claims=CHANGES, proof=st.text(max_size=80))
    def tried(jwk: Any, claims: dict[str, Any], proof: str) -> None:
        key = PrivateKey.generate()
        good = {"aud": phone.issuer, "iat": 1, "nonce": phone.nonce or ""}
        head = {"alg": "ES256", "jwk": key.public.jwk, "typ": keyproof.TYP}
        for text in (
            proof,
            sign({**good, **claims, "more": 1}, key, head),
            sign(good, key, {**head, "jwk": jwk}),
        ):
            body = {"voucher": voucher, "proofs": [text], "reserve": False}
            answer = phone.call("POST", "/api/v1/wallet/passes", body)
            in_order(answer)
            assert answer.status >= 400
        for path in ("/api/v1/wallet/devices", "/api/v1/tills/enrol"):
            cache.clear()
            in_order(phone.call("POST", path, {"code": proof, "jwk": jwk, "name": "x"}))

    tried()
    assert snapshot() == before
