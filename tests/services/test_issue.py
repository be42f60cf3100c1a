"""Passes: each with a key of its own, together never worth more offline than the balance, all alike."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actors import Phone
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, LATER, ZOO, Town
from wallet.custody import custody
from wallet.models import IssuedPass, Programme, Voucher
from wallet.protocol import keyproof, pass_, statuslist
from wallet.protocol.signing import PrivateKey
from wallet.services import issue, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(town: Town) -> Phone:
    return town.phone()


def test_there_is_a_pass_for_each_proof_in_their_order_and_the_issuer_signed_it(phone: Phone) -> None:
    assert phone.refill(CLOTHES, 8).status == 201
    for held in phone.passes:
        read = pass_.check(held.token, custody().ring)
        assert read.holder == held.key.public.jwk
        assert (read.prg, read.once) == (CLOTHES, True)
    assert IssuedPass.objects.count() == 8


def test_passes_of_a_week_look_alike_but_for_their_number_key_and_place(town: Town) -> None:
    mine, theirs = town.phone(), town.phone(town.neighbour)
    mine.refill(CLOTHES, 3)
    theirs.refill(CLOTHES, 3)
    claims = [held.claims for held in mine.passes + theirs.passes]
    for name in ("iss", "aud", "iat", "exp", "prg", "ofl", "once"):
        assert len({each[name] for each in claims}) == 1, name
    assert len({each["jti"] for each in claims}) == 6
    assert len({each["cnf"]["jwk"]["x"] for each in claims}) == 6
    assert len({each["status"]["status_list"]["idx"] for each in claims}) == 6
    issued = claims[0]
    assert issued["iat"] == pass_.week_start(int(timezone.now().timestamp()))
    assert issued["exp"] - issued["iat"] == 21 * pass_.DAY
    assert set(issued) == {"iss", "aud", "iat", "exp", "jti", "cnf", "status", "prg", "ofl", "once"}


def test_a_pass_ends_with_its_programme(phone: Phone) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    Programme.objects.filter(number=CLOTHES).update(ends=tomorrow)
    phone.refill(CLOTHES, 1)
    ends = phone.passes[0].claims["exp"] - timezone.now().timestamp()
    assert 0 < ends <= 3 * pass_.DAY


def test_the_last_pass_is_the_reserve_when_asked_for(phone: Phone) -> None:
    phone.refill(CLOTHES, 9, reserve=True)
    assert [held.claims["once"] for held in phone.passes] == [True] * 8 + [False]
    assert phone.passes[-1].claims["ofl"] == 0


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(floor=st.integers(0, 2500), batches=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_offline_limits_never_add_up_to_more_than_the_balance(
    town: Town, floor: int, batches: list[int]
) -> None:
    Programme.objects.filter(number=CLOTHES).update(floor=floor)
    phone = town.phone()
    for count in batches:
        assert phone.refill(CLOTHES, count).status == 201
    limits = [held.claims["ofl"] for held in phone.passes]
    assert sum(limits) <= town.balance()
    assert all(limit in (0, 500, 1000, 1500) and limit <= floor for limit in limits)


def test_tickets_have_limits_in_tickets(phone: Phone) -> None:
    phone.refill(ZOO, 3)
    assert [held.claims["ofl"] for held in phone.passes] == [2, 1, 0]  # three tickets, two at most offline


def test_a_key_is_used_for_one_pass_only(phone: Phone) -> None:
    phone.refill(CLOTHES, 1)
    used, fresh = phone.passes[0].key, PrivateKey.generate()
    before = snapshot()
    for keys in ([used], [fresh, fresh], [fresh, used]):
        body = {"voucher": phone.voucher(CLOTHES)["id"], "proofs": [phone.key_proof(key) for key in keys]}
        assert phone.call("POST", "/api/v1/wallet/passes", body).code == "bad_proof"
    assert snapshot() == before


def test_a_proof_that_is_not_right_gets_no_pass(phone: Phone) -> None:
    phone.refresh()
    key = PrivateKey.generate()
    now, nonce = int(phone.clock()), str(phone.nonce)
    good = keyproof.write(key, phone.issuer, now, nonce)
    bad = {
        "nonsense": "bad_proof",
        good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"): "bad_proof",
        keyproof.write(key, "https://elsewhere.example", now, nonce): "bad_proof",
        keyproof.write(key, phone.issuer, now, "A" * 28): "use_dpop_nonce",
    }
    before = snapshot()
    for proof, code in bad.items():
        body = {"voucher": phone.voucher(CLOTHES)["id"], "proofs": [good, proof]}
        assert phone.call("POST", "/api/v1/wallet/passes", body).code == code
    assert snapshot() == before


def test_passes_are_for_ones_own_voucher_while_it_runs(town: Town, phone: Phone) -> None:
    theirs = str(town.voucher(CLOTHES, town.neighbour).pk)
    for voucher in (theirs, str(uuid.uuid4())):
        body = {"voucher": voucher, "proofs": [phone.key_proof(PrivateKey.generate())]}
        assert phone.call("POST", "/api/v1/wallet/passes", body).code == "unknown_voucher"
    assert phone.refill(LATER, 1).code == "voucher_not_started"
    Voucher.objects.filter(holder=town.holder).update(suspended_at=timezone.now())
    assert phone.refill(CLOTHES, 1).code == "voucher_suspended"
    Voucher.objects.filter(holder=town.holder).update(suspended_at=None)
    Programme.objects.filter(number=CLOTHES).update(ends=timezone.localdate() - timedelta(days=1))
    assert phone.refill(CLOTHES, 1).code == "voucher_ended"
    assert IssuedPass.objects.count() == 0


def test_a_phone_holds_a_few_dozen_living_passes_at_most(phone: Phone) -> None:
    for _ in range(issue.LIVING_AT_MOST // 9):
        assert phone.refill(CLOTHES, 9).status == 201
    assert phone.refill(CLOTHES, 9).code == "rate_limited"


@pytest.mark.parametrize(
    "change",
    [{"proofs": []}, {"proofs": "x"}, {"proofs": ["x"] * 10}, {"voucher": "1"}, {"reserve": "perhaps"}],
)
def test_a_request_of_another_shape_is_named_as_such(phone: Phone, change: dict[str, object]) -> None:
    body = {"voucher": phone.voucher(CLOTHES)["id"], "proofs": ["x"], **change}
    answer = phone.call("POST", "/api/v1/wallet/passes", body)
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert answer.body["facts"] == {"members": next(iter(change))}


def test_a_spent_or_withdrawn_pass_is_marked_in_the_status_list_and_no_other(
    town: Town, phone: Phone
) -> None:
    phone.refill(CLOTHES, 4)
    spent, taken, *rest = phone.passes
    assert town.till().redeem(spent.show(phone.clock(), 500), 500, CLOTHES).status == 201
    IssuedPass.objects.filter(pk=taken.claims["jti"]).update(revoked_at=timezone.now())
    place = spent.claims["status"]["status_list"]
    path = place["uri"].removeprefix(phone.issuer)
    found = phone.wire._client.get(path)
    assert found.status_code == 200 and found["Content-Type"] == "application/statuslist+jwt"
    read = statuslist.check(found.content.decode(), custody().status_key.private.public, place["uri"])
    marked = [read.withdrawn(held.claims["status"]["status_list"]["idx"]) for held in phone.passes]
    assert marked == [True, True, False, False] and len(rest) == 2
    assert sum(bin(byte).count("1") for byte in read.bits) == 2


def test_there_is_no_list_for_other_weeks(town: Town) -> None:
    newest = status.number_of(timezone.now())
    client = town.wire()._client
    assert [client.get(f"/status/{number}").status_code for number in (newest + 1, newest - 3, 0)] == [
        404
    ] * 3


@pytest.mark.django_db(transaction=True)
def test_a_refill_at_the_instant_of_a_payment_promises_no_more_than_is_left(real_town: Town) -> None:
    phone, till = real_town.phone(), real_town.till()
    phone.refill(CLOTHES, 1)
    record = till.sale(phone.take(CLOTHES).answer(0, 14_000, till.merchant, "AAECAwQFBgc"), 14_000, CLOTHES)
    answers = at_once([lambda: phone.refill(CLOTHES, 9), lambda: till.send(record)])
    assert [answer.status for answer in answers] == [201, 201]
    promised = issue.living(real_town.voucher(CLOTHES), timezone.now()).aggregate(sum=Sum("ofl"))["sum"] or 0
    assert promised <= real_town.balance() == 1000
