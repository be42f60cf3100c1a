"""Threats of spec 13 from a shop, or from who listens between a shop and the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.models import Transfer
from tests.actors import Answer, HeldPass, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.models import Redemption
from wallet.protocol import receipt
from wallet.protocol.signing import peek

pytestmark = pytest.mark.django_db
STATE = "/api/v1/wallet/state"


def now() -> float:
    return timezone.now().timestamp()


def refused(answer: Answer, status: int, code: str) -> bool:
    return (answer.status, answer.code) == (status, code)


@pytest.mark.django_db(transaction=True)
def test_threat_replay_of_api_calls(real_town: Town) -> None:
    held, other = real_town.passes(count=2)
    till = real_town.till()
    token = till.sale(held.show(now(), 5_000), 1_000, CLOTHES)
    tills = [replace(till, wire=real_town.wire()) for _ in range(50)]
    answers = at_once([lambda t=one: t.send(token) for one in tills])
    assert sorted(answer.status for answer in answers) == [200] * 49 + [201]
    assert all(answer.body == answers[0].body for answer in answers)
    assert Redemption.objects.count() == 1 and Transfer.objects.filter(kind=5).count() == 1
    assert real_town.balance() == 14_000
    txn = peek(token)[1]["txn"]
    for shown, amount in ((held, 999), (other, 1_000)):
        changed = till.redeem(shown.show(now(), 5_000), amount, CLOTHES, txn=txn)
        assert refused(changed, 422, "idempotency_mismatch")
    assert real_town.balance() == 14_000
    heard_once(real_town)


def heard_once(town: Town) -> None:
    """A proof of a call that somebody overheard opens neither the same door nor another one."""
    phone = town.phone(town.neighbour)
    proof = phone.proof("GET", STATE)
    codes = [phone.wire.call("GET", STATE, headers={"DPoP": proof}).code for _ in range(2)]
    assert codes == [None, "wallet_auth_failed"]
    unused = phone.proof("GET", STATE)
    answer = phone.wire.call("POST", "/api/v1/wallet/passes", {}, {"DPoP": unused})
    assert refused(answer, 401, "wallet_auth_failed")


def test_threat_merchant_resubmits(town: Town, till: Till, held: HeldPass) -> None:
    shown = held.show(now(), 1_000)
    first = till.sale(shown, 600, CLOTHES)
    paid = till.send(first)
    assert paid.status == 201
    fresh = town.passes()[0].show(now(), 1_000)
    before = snapshot()
    assert refused(till.redeem(shown, 400, CLOTHES), 409, "already_redeemed")
    again = till.draft(600, CLOTHES, pres=shown, jti=peek(first)[1]["jti"])
    assert refused(till.send(till.sign(again)), 409, "already_redeemed")
    assert refused(till.redeem(fresh, 1_001, CLOTHES), 422, "amount_over_max")
    assert refused(till.redeem(fresh, 16_777_215, CLOTHES, part=True), 422, "amount_over_max")
    assert (till.send(first).body, snapshot()) == (paid.body, before)


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(most=st.integers(1, 5_000), asked=st.integers(0, 6_000), part=st.booleans())
def test_threat_merchant_overcharges(town: Town, most: int, asked: int, part: bool) -> None:
    till, phone = town.till(), town.phone()
    phone.refill(CLOTHES, 1)
    before = phone.voucher(CLOTHES)["balance"]
    answer = till.redeem(phone.take(CLOTHES).show(now(), most), asked, CLOTHES, part=part)
    approved = answer.body["approved"] if answer.status == 201 else 0
    assert 0 <= approved <= min(most, asked, before)
    allowed = 0 < asked <= min(most, 4_000)
    assert (answer.status == 201) == (allowed and (asked <= before or (part and before > 0)))
    state = phone.refresh()
    assert phone.voucher(CLOTHES)["balance"] == before - approved
    if approved:
        told_by_the_receipt(state["activity"], answer.body["id"], approved)


def told_by_the_receipt(activity: list[dict[str, Any]], payment: str, amount: int) -> None:
    """The phone's next sync shows what was taken, with the city's signature under it."""
    shown = next(one for one in activity if one["id"] == payment)
    read = receipt.check(shown["receipt"], custody().receipt_key.private.public)
    assert (shown["amount"], read.jti, read.amt, read.aud) == (-amount, payment, amount, "w")
