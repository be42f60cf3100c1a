"""A phone: activation, nonces, state and passes. Specs 02 and 04."""

from __future__ import annotations

from dataclasses import replace

from tests.actors import Caller, Phone, Till
from tests.conformance.conftest import Programme, Target
from tests.conformance.wire import ReadingWire
from wallet.protocol import pass_
from wallet.protocol.keyring import Keyring
from wallet.protocol.signing import PrivateKey

STATE = "/api/v1/wallet/state"


def test_a_code_lets_one_key_in(target: Target, wire: ReadingWire, phone: Phone, till: Till) -> None:
    assert phone.activate(target.activation_code).status == 201
    stranger = Phone(wire)
    wrong = stranger.activate("22222-22222")
    assert (wrong.status, wrong.code) == (404, "unknown_code")
    assert stranger.call("GET", STATE).code == "wallet_auth_failed"


def test_each_call_is_proved_by_a_fresh_nonce_once(wire: ReadingWire, phone: Phone, till: Till) -> None:
    def called(proof: str) -> str | None:
        return wire.call("GET", STATE, headers={"DPoP": proof}).code

    assert wire.call("GET", STATE).code == "wallet_auth_failed"
    without = Caller(wire, phone.key).proof("GET", STATE)
    answer = wire.call("GET", STATE, headers={"DPoP": without})
    assert answer.code == "use_dpop_nonce" and answer.headers["DPoP-Nonce"]
    assert called(replace_nonce(phone, "AAAA")) == "use_dpop_nonce"
    phone.nonce = answer.headers["DPoP-Nonce"]
    proof = phone.proof("GET", STATE)
    assert [called(proof), called(proof)] == [None, "wallet_auth_failed"]
    assert called(phone.proof("POST", STATE)) == "wallet_auth_failed"
    assert called(phone.proof("GET", STATE + "s")) == "wallet_auth_failed"


def replace_nonce(phone: Phone, nonce: str) -> str:
    """A proof with another nonce."""
    return Caller(phone.wire, phone.key, nonce=nonce).proof("GET", STATE)


def test_there_is_a_pass_for_each_proof(
    phone: Phone, till: Till, programme: Programme, ring: Keyring
) -> None:
    before = len(phone.passes)
    assert phone.refill(programme.prg, 4, reserve=True).status == 201
    made = phone.passes[before:]
    read = [pass_.check(held.token, ring) for held in made]
    assert [one.holder for one in read] == [held.key.public.jwk for held in made]
    assert [one.once for one in read] == [True, True, True, False]
    assert len({one.jti for one in read}) == len({one.idx for one in read}) == 4
    assert {(one.iss, one.iat, one.exp, one.prg) for one in read} == {
        (phone.issuer, read[0].iat, read[0].exp, programme.prg)
    }
    assert read[0].iat == pass_.week_start(phone.state["server_time"])
    assert sum(one.ofl for one in read) <= phone.voucher(programme.prg)["balance"]
    phone.passes = [held for held in phone.passes if held.claims["once"]]


def test_a_pass_is_made_for_a_new_key_of_ones_own_voucher(
    phone: Phone, till: Till, programme: Programme
) -> None:
    used, new = phone.passes[0].key, PrivateKey.generate()
    voucher = phone.voucher(programme.prg)["id"]
    never = "11111111-1111-4111-8111-111111111111"

    def asked(*keys: PrivateKey, voucher: str = voucher) -> str | None:
        proofs = [phone.key_proof(key) for key in keys]
        body = {"voucher": voucher, "proofs": proofs, "reserve": False}
        return phone.call("POST", "/api/v1/wallet/passes", body).code

    assert asked(used) == asked(new, new) == "bad_proof"
    assert asked(new, voucher=never) == "unknown_voucher"
    elsewhere = replace(phone, _issuer="https://elsewhere.example").key_proof(new)
    body = {"voucher": voucher, "proofs": [elsewhere], "reserve": False}
    assert phone.call("POST", "/api/v1/wallet/passes", body).code == "bad_proof"
    assert phone.call("POST", "/api/v1/wallet/passes", {"voucher": voucher}).code == "malformed_request"
