"""The phone's door: who may come in, and what it is told."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from ledger import api as books
from tests.actors import Caller, Phone
from tests.worlds import CLOTHES, ZOO, Town
from wallet.custody import custody
from wallet.models import Device
from wallet.protocol import dpop, receipt
from wallet.protocol.signing import PrivateKey, sign
from wallet.services import grant, nonces

pytestmark = pytest.mark.django_db
STATE = "/api/v1/wallet/state"


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.phone()


def proof(phone: Caller, **changes: Any) -> str:
    """A DPoP proof for reading the state, with some members changed."""
    made = {
        "key": phone.key,
        "jti": "j" * 16,
        "method": "GET",
        "url": phone.wire.url + STATE,
        "iat": int(time.time()),
        "nonce": nonces.make(timezone.now()),
    }
    return dpop.write(**{**made, **changes})


def test_a_nonce_is_for_anyone_and_is_not_stored_on_the_way(town: Town) -> None:
    answer = town.wire().call("GET", "/api/v1/wallet/nonce")
    assert answer.status == 200 and set(answer.body) == {"nonce", "server_time"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert nonces.checker(timezone.now())(answer.body["nonce"])


def test_each_answer_carries_the_next_nonce_and_the_version(phone: Phone) -> None:
    answer = phone.call("GET", STATE)
    assert answer.headers["API-Version"] == "1"
    assert nonces.checker(timezone.now())(answer.headers["DPoP-Nonce"])


def test_without_a_fresh_nonce_the_phone_is_told_to_take_one(phone: Phone) -> None:
    old = nonces.make(timezone.now() - timedelta(seconds=nonces.LIFE_SECONDS + 1))
    for nonce in (None, old, "A" * 28, "nonsense"):
        answer = phone.wire.call("GET", STATE, headers={"DPoP": proof(phone, nonce=nonce)})
        assert (answer.status, answer.code) == (401, "use_dpop_nonce")
        assert answer.headers["DPoP-Nonce"]


def test_a_proof_opens_the_door_once(phone: Phone) -> None:
    made = proof(phone)
    assert phone.wire.call("GET", STATE, headers={"DPoP": made}).status == 200
    again = phone.wire.call("GET", STATE, headers={"DPoP": made})
    assert (again.status, again.code) == (401, "wallet_auth_failed")


def test_a_proof_for_another_call_or_by_another_key_opens_nothing(phone: Phone) -> None:
    stranger = PrivateKey.generate()
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": phone.key.public.jwk}
    claims = {"jti": "k" * 16, "htm": "GET", "htu": phone.wire.url + STATE, "iat": 0}
    claims["nonce"] = nonces.make(timezone.now())
    bad = {
        "another method": proof(phone, method="POST"),
        "another address": proof(phone, url=phone.wire.url + "/api/v1/wallet/passes"),
        "another server": proof(phone, url="https://elsewhere.example" + STATE),
        "a key that nobody enrolled": proof(phone, key=stranger),
        "a signature by another key": sign(claims, stranger, header),
        "another type": sign(claims, phone.key, {**header, "typ": "kb+jwt"}),
        "a private key in the header": sign(
            claims, phone.key, {**header, "jwk": {**phone.key.public.jwk, "d": "A"}}
        ),
        "a short jti": sign({**claims, "jti": "k"}, phone.key, header),
        "no token": "nonsense",
        "nothing": "",
        "two proofs": proof(phone) + "," + proof(phone),
    }
    for name, token in bad.items():
        answer = phone.wire.call("GET", STATE, headers={"DPoP": token})
        assert (answer.status, answer.code) == (401, "wallet_auth_failed"), name
    assert phone.wire.call("GET", STATE).code == "wallet_auth_failed"
    assert phone.wire.call("GET", STATE, headers={"DPoP": sign(claims, phone.key, header)}).status == 200


def test_the_state_is_what_the_holder_has(town: Town, phone: Phone) -> None:
    phone.refill(CLOTHES, 3, reserve=True)
    state = phone.refresh()
    assert set(state) == {
        "server_time", "holder", "municipality", "log", "vouchers", "activity", "revoked", "helpers",
        "helping",
    }  # fmt: skip
    assert state["municipality"] == {"name": "Teststad", "phone": "14 050", "hours": "ma-vr 9-17"}
    assert state["log"] == {"url": books.log_url(), "policy_url": books.policy_url()}
    clothes, zoo = phone.voucher(CLOTHES), phone.voucher(ZOO)
    assert (clothes["kind"], clothes["currency"], clothes["balance"], clothes["live_passes"]) == (
        "money",
        "EUR",
        15_000,
        2,
    )
    assert (zoo["kind"], zoo["currency"], zoo["balance"], zoo["unit_cents"]) == ("tickets", "TKT", 3, 750)
    assert clothes["name_en"] == "Programme 12" and clothes["suspended"] is False
    assert clothes["valid_from"] < state["server_time"] < clothes["valid_until"]


def test_what_happened_is_told_newest_first_with_a_receipt_of_ones_own(town: Town, phone: Phone) -> None:
    phone.refill(CLOTHES, 2)
    phone.refill(ZOO, 1)
    till = town.till()
    paid = till.redeem(phone.take(CLOTHES).show(till.clock(), 500), 500, CLOTHES).body
    tickets = till.redeem(phone.take(ZOO).show(till.clock(), 2), 2, ZOO, cur="TKT").body
    back = till.give_back("refunds", paid["id"], 200, CLOTHES).body
    line = grant.GrantLine.objects.filter(voucher=town.voucher(CLOTHES)).get()
    grant.undo_line(line=line, staff=town.staff, reason="wrong", now=timezone.now())
    activity = phone.refresh()["activity"]
    told = [(item["kind"], item["amount"], item["prg"], item["merchant"]) for item in activity]
    assert told[0][:3] == ("correction", -14_700, CLOTHES)
    assert told[1:4] == [
        ("refund", 200, CLOTHES, "Test Kleding"),
        ("redemption", -2, ZOO, "Test Kleding"),
        ("redemption", -500, CLOTHES, "Test Kleding"),
    ]
    assert {item[0] for item in told[4:]} == {"top_up"}
    assert [item["id"] for item in activity[1:4]] == [back["id"], tickets["id"], paid["id"]]
    read = receipt.check(activity[3]["receipt"], custody().receipt_key.private.public)
    assert (read.aud, read.jti, read.amt, read.res) == ("w", paid["id"], 500, "approved")
    assert activity[0]["receipt"] is None and not any(item["logged"] for item in activity)


def test_a_phone_sees_its_own_holder_only(town: Town, phone: Phone) -> None:
    neighbour = town.phone(town.neighbour)
    phone.refill(CLOTHES, 1)
    till = town.till()
    paid = till.redeem(phone.take(CLOTHES).show(till.clock(), 500), 500, CLOTHES).body
    assert not any(item["id"] == paid["id"] for item in neighbour.refresh()["activity"])
    answer = neighbour.call("GET", f"/api/v1/wallet/proofs/{paid['id']}")
    assert (answer.status, answer.code) == (404, "unknown_redemption")


def test_a_payment_that_is_not_in_the_log_yet_says_when_to_ask_again(town: Town, phone: Phone) -> None:
    phone.refill(CLOTHES, 1)
    till = town.till()
    paid = till.redeem(phone.take(CLOTHES).show(till.clock(), 500), 500, CLOTHES).body
    answer = phone.call("GET", f"/api/v1/wallet/proofs/{paid['id']}")
    assert (answer.status, answer.code, answer.body["retry"]) == (409, "not_logged_yet", True)
    assert answer.body["facts"]["next_at"] >= int(timezone.now().timestamp()) - 1


def test_a_revoked_phone_is_a_stranger(phone: Phone) -> None:
    Device.objects.update(revoked_at=timezone.now())
    assert phone.call("GET", STATE).code == "wallet_auth_failed"


def test_a_nonce_of_another_server_is_not_ours(settings: Any) -> None:
    made = nonces.make(timezone.now())
    settings.SECRET_KEY = "another"
    assert not nonces.checker(timezone.now())(made)


def test_the_wallets_call_for_activation_needs_its_own_keys_proof(town: Town) -> None:
    cache.clear()
    phone = Phone(town.wire())
    answer = phone.wire.call(
        "POST", "/api/v1/wallet/devices", {"code": "AAAAA-AAAAA", "jwk": phone.key.public.jwk}
    )
    assert answer.code == "wallet_auth_failed"
