"""Each refusal that a stranger can bring about has its own code, and uses up no pass. Specs 03, 04 and 05."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.actors import HeldPass, Phone, Till
from tests.conformance.conftest import Programme
from tests.conformance.test_till import new_pass
from wallet.protocol import pass_, presentation
from wallet.protocol.signing import PrivateKey


@dataclass(frozen=True)
class Try:
    """What a presentation can be made of."""

    held: HeldPass
    till: Till
    sale: int

    def forged(self, key: PrivateKey, **changes: Any) -> str:
        """The pass under another key, or with other claims."""
        read = self.held._read()
        fields = {name: getattr(read, name) for name in read.__slots__} | changes
        return pass_.issue(pass_.Pass(**fields), key)

    def proved(self, token: str) -> str:
        """With a fresh proof by the pass's own key."""
        return presentation.present(
            token, presentation.open_proof(int(time.time()), self.sale), self.held.key
        )


PRESENTATIONS: dict[str, tuple[Callable[[Try], str], str]] = {
    "no code of ours": (lambda one: "https://example.org", "malformed_qr"),
    "a code of another version": (lambda one: "VP9:AAAA", "malformed_qr"),
    "a pass without a proof": (lambda one: one.held.token, "bad_proof"),
    "a proof that is spoiled": (lambda one: spoiled(one.held.show(time.time(), one.sale)), "bad_proof"),
    "a proof of another pass": (
        lambda one: (
            one.forged(PrivateKey.generate(), kid=one.held._read().kid, jti="AAAAAAAAAAAAAAAA")
            + "~"
            + one.held.show(time.time(), one.sale).partition("~")[2]
        ),
        "bad_signature",
    ),
    "a pass by a stranger's key": (
        lambda one: one.proved(one.forged(PrivateKey.generate())),
        "bad_signature",
    ),
    "a pass by a key that nobody knows": (
        lambda one: one.proved(one.forged(PrivateKey.generate(), kid="AAAA")),
        "unknown_key",
    ),
    "a proof of ten minutes ago": (lambda one: one.held.show(time.time() - 600, one.sale), "proof_stale"),
    "a proof of in ten minutes": (
        lambda one: one.held.show(time.time() + 600, one.sale),
        "proof_from_future",
    ),
    "an answer to another shop": (
        lambda one: one.held.answer(time.time(), one.sale, one.till.merchant + 1, "AAECAwQFBgc"),
        "wrong_audience",
    ),
    "less allowed than asked": (
        lambda one: one.held.show(time.time(), max(1, one.sale - 1)),
        "amount_over_max",
    ),
}


def spoiled(text: str) -> str:
    """With another signature."""
    return text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]


@pytest.fixture(scope="module")
def held(phone: Phone, till: Till, programme: Programme) -> HeldPass:
    """One pass for all refusals: none of them uses it up."""
    return new_pass(phone, programme)


@pytest.mark.parametrize("name", PRESENTATIONS)
def test_a_presentation_that_is_not_right(
    name: str, held: HeldPass, till: Till, programme: Programme
) -> None:
    make, code = PRESENTATIONS[name]
    sale = max(2, programme.sale)
    assert till.redeem(make(Try(held, till, sale)), sale, programme.prg, cur=programme.cur).code == code


def test_a_sale_that_is_not_right(held: HeldPass, till: Till, programme: Programme) -> None:
    def asked(**changes: Any) -> str | None:
        fields: dict[str, Any] = {"amt": 1, "prg": programme.prg, "cur": programme.cur, **changes}
        return till.redeem(held.show(time.time(), 10), **fields).code

    other = "TKT" if programme.cur == "EUR" else "EUR"
    assert asked(amt=0) == asked(cur=other) == "amount_invalid"
    assert asked(prg=programme.prg % 65_535 + 1) == "wrong_programme"
    assert asked(aud="https://elsewhere.example") == asked(till="nobody") == "till_auth_failed"
    assert asked(mode="off", stl=1) == "malformed_record"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "malformed_request"),
        ([], "malformed_request"),
        ({"record": 1}, "malformed_request"),
        ({"record": "x", "more": 1}, "malformed_request"),
        ({"record": "x"}, "malformed_record"),
    ],
    ids=str,
)
def test_a_body_that_is_not_right(till: Till, body: Any, code: str) -> None:
    answer = till.wire.call("POST", "/api/v1/redemptions", body, {"Idempotency-Key": "x"})
    assert (answer.status, answer.code) == (400, code)


def test_a_pass_is_spent_once(held: HeldPass, till: Till, programme: Programme) -> None:
    def shown() -> str:
        return held.show(time.time(), programme.sale)

    assert till.redeem(shown(), programme.sale, programme.prg, cur=programme.cur).status == 201
    again = till.redeem(shown(), 1, programme.prg, cur=programme.cur)
    assert (again.status, again.code) == (409, "already_redeemed")


def test_a_payment_that_nobody_made_is_not_undone(till: Till, programme: Programme) -> None:
    never = "11111111-1111-4111-8111-111111111111"
    for verb in ("void", "refunds"):
        assert till.give_back(verb, never, 1, programme.prg, cur=programme.cur).code == "unknown_redemption"
