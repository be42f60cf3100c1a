"""A redemption takes what it may, once, or changes nothing at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.models import Transfer
from tests.actors import Answer, HeldPass, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, LATER, SPORT, ZOO, Town
from wallet.custody import custody
from wallet.models import Device, IssuedPass, Redemption, Voucher
from wallet.protocol import pass_, presentation, receipt, record
from wallet.protocol.signing import PrivateKey, header, peek, sign
from wallet.services import merchants

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


@pytest.fixture
def held(town: Town) -> HeldPass:
    return town.passes()[0]


def show(held: HeldPass, most: int = 15_000) -> str:
    """An open presentation of now."""
    return held.show(timezone.now().timestamp(), most)


def refused(answer: Answer, status: int, code: str) -> bool:
    return (answer.status, answer.code) == (status, code)


# --- what is paid -------------------------------------------------------------------------------------------
def test_a_payment_moves_the_amount_from_the_pot_to_what_the_shop_is_owed(
    town: Town, till: Till, held: HeldPass
) -> None:
    answer = till.redeem(show(held), 2500, CLOTHES)
    assert answer.status == 201, answer
    body = answer.body
    assert list(body) == ["result", "id", "txn", "approved", "rest", "cur", "receipt", "server_time"]
    assert (body["result"], body["approved"], body["rest"], body["cur"]) == ("approved", 2500, 0, "EUR")
    assert (town.balance(), town.owed()) == (12_500, 2_500)
    transfer = Transfer.objects.get(id=body["id"])
    stored = Redemption.objects.get(pk=body["id"])
    assert (transfer.kind, transfer.amount, transfer.actor) == (5, 2500, f"till:{till.id}")
    assert (transfer.ref_type, transfer.ref_id) == ("redemption", body["id"])
    assert bytes(transfer.payload_sha256) == bytes(stored.record_sha256)
    assert transfer.effective_at == stored.at


def test_the_receipt_says_what_was_paid_and_is_signed_by_the_receipt_key(till: Till, held: HeldPass) -> None:
    body = till.redeem(show(held), 2500, CLOTHES).body
    read = receipt.check(body["receipt"], custody().receipt_key.private.public)
    assert (read.jti, read.txn, read.amt, read.prg) == (body["id"], body["txn"], 2500, CLOTHES)
    assert (read.res, read.aud, read.iat) == ("approved", f"m:{till.merchant}", body["server_time"])
    assert read.bal is None


def test_an_accepted_redemption_is_one_round_trip(till: Till, town: Town) -> None:
    first, second = town.passes(count=2)
    assert till.redeem(show(first), 100, CLOTHES).status == 201  # warms the catalogue of this process
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert till.redeem(show(second), 100, CLOTHES).status == 201
    assert len(asked) == 1, [query["sql"][:80] for query in asked]


def test_the_short_qr_is_taken_too_for_one_look_up_more(till: Till, town: Town) -> None:
    first, second = town.passes(count=2)
    till.redeem(show(first), 100, CLOTHES)
    symbol = second.short_symbol(timezone.now().timestamp(), 1000)
    with CaptureQueriesContext(connection) as asked:
        assert till.redeem(till.scan(symbol), 700, CLOTHES).status == 201
    assert len(asked) == 2


def test_the_qr_of_a_phone_is_what_a_till_redeems(till: Till, held: HeldPass) -> None:
    symbol = held.symbol(timezone.now().timestamp(), 1000)
    assert till.redeem(till.scan(symbol), 700, CLOTHES).status == 201


def short(held: HeldPass, most: int = 4000) -> str:
    """The text of the short symbol of now."""
    return held.short_symbol(timezone.now().timestamp(), most)


@pytest.mark.parametrize("named", [0, CLOTHES], ids=["left to the server", "named"])
def test_a_short_code_pays_and_the_receipt_names_the_programme(
    named: int, town: Town, till: Till, held: HeldPass
) -> None:
    answer = till.redeem(short(held), 700, named)
    assert answer.status == 201, answer
    assert peek(answer.body["receipt"])[1]["prg"] == CLOTHES
    assert (town.balance(), town.owed()) == (14_300, 700)
    back = till.give_back("void", answer.body["id"], 700, CLOTHES)
    assert (back.status, town.balance()) == (201, 15_000)


def test_a_short_code_that_leaves_the_programme_open_gets_the_same_answer_again(
    till: Till, held: HeldPass
) -> None:
    token = till.sale(short(held), 700, 0)
    first, again = till.send(token), till.send(token)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    assert refused(till.redeem(short(held), 700, 0), 409, "already_redeemed")


def test_a_sale_in_euro_buys_no_tickets_with_a_short_code(town: Town, till: Till) -> None:
    [held] = town.passes(ZOO)
    before = snapshot()
    assert refused(till.redeem(short(held, 2), 1, 0), 422, "amount_invalid")
    assert refused(till.redeem(short(held, 2), 1, CLOTHES), 422, "wrong_programme")
    assert snapshot() == before
    answer = till.redeem(short(held, 2), 1, 0, cur="TKT")
    assert (answer.status, answer.body["cur"], town.balance(ZOO)) == (201, "TKT", 1500)


def test_a_short_code_is_judged_by_the_rules_of_its_own_programme(town: Town, till: Till) -> None:
    [held] = town.passes(SPORT)
    before = snapshot()
    assert refused(till.redeem(short(held), 100, 0), 403, "category_not_allowed")
    assert snapshot() == before
    assert till_of_sport_shop(town).redeem(short(held), 100, 0).status == 201


def test_only_a_short_code_leaves_the_programme_to_the_server(till: Till, held: HeldPass) -> None:
    drafted = till.draft(700, 0, pres=show(held))
    token = sign(drafted.claims(), till.key, header(record.TYP, till.key.public.thumbprint))
    assert refused(till.send(token), 400, "malformed_record")


def test_a_part_is_paid_when_the_shop_asks_for_a_part(town: Town, till: Till) -> None:
    first, second = town.passes(SPORT, 2)  # 50 euro left, in a programme for sport shops
    merchant = till_of_sport_shop(town)
    assert merchant.redeem(show(first), 4000, SPORT).status == 201
    answer = merchant.redeem(show(second), 3000, SPORT, part=True)
    assert (answer.status, answer.body["result"]) == (201, "partial")
    assert (answer.body["approved"], answer.body["rest"]) == (1000, 2000)
    assert town.balance(SPORT) == 0


def till_of_sport_shop(town: Town) -> Till:
    town.shop.category = "sport"
    town.shop.save()
    merchants.new_branch(  # tells every process, as any change at the desk does
        merchant=town.shop, name="Sport", address="Straat 2", staff=town.staff, now=timezone.now()
    )
    return town.till()


def test_tickets_are_counted_in_tickets_and_paid_in_cents(town: Town, till: Till) -> None:
    first, second = town.passes(ZOO, 2)
    answer = till.redeem(show(first, 2), 2, ZOO, cur="TKT")
    assert (answer.status, answer.body["approved"], answer.body["cur"]) == (201, 2, "TKT"), answer
    assert (town.balance(ZOO), town.owed()) == (750, 1500)
    answer = till.redeem(show(second, 2), 2, ZOO, cur="TKT", part=True)
    assert (answer.body["result"], answer.body["approved"], answer.body["rest"]) == ("partial", 1, 1)
    assert (town.balance(ZOO), town.owed()) == (0, 2250)


def test_a_bound_presentation_is_taken_by_its_shop_above_the_limit_for_open_ones(
    town: Town, till: Till, held: HeldPass
) -> None:
    assert refused(till.redeem(show(held), 4001, CLOTHES), 422, "amount_over_max")
    answered = held.answer(timezone.now().timestamp() - 3600, 5000, till.merchant, "AAECAwQFBgc")
    assert till.redeem(answered, 5000, CLOTHES).status == 201
    assert town.owed() == 5000


def test_the_reserve_pass_is_spent_often_but_once_for_each_proof(town: Town, till: Till) -> None:
    [reserve] = town.passes(reserve=True)
    now = timezone.now().timestamp()
    assert reserve.claims["once"] is False and reserve.claims["ofl"] == 0
    assert till.redeem(reserve.show(now, 1000), 500, CLOTHES).status == 201
    assert till.redeem(reserve.show(now - 60, 1000), 500, CLOTHES).status == 201
    again = till.redeem(reserve.show(now, 1000), 500, CLOTHES)
    assert refused(again, 409, "already_redeemed")
    assert town.balance() == 14_000


def test_passes_whose_offline_limits_the_balance_no_longer_covers_are_good_online_only(
    town: Town, till: Till
) -> None:
    phone = town.phone()
    phone.refill(CLOTHES, 9)
    assert [held.claims["ofl"] for held in phone.passes] == [1500] * 9  # 135 of 150 euro
    answered = phone.passes[0].answer(timezone.now().timestamp(), 10_000, till.merchant, "AAECAwQFBgc")
    assert till.redeem(answered, 10_000, CLOTHES).status == 201
    living = IssuedPass.objects.filter(online_only_at=None).exclude(jti=phone.passes[0].claims["jti"])
    assert sum(living.values_list("ofl", flat=True)) == 4500  # 50 euro left: three passes of 15
    withheld = phone.refresh()["revoked"]
    assert len(withheld) == 5
    one = next(held for held in phone.passes if held.claims["jti"] in withheld)
    assert till.redeem(show(one), 100, CLOTHES).status == 201  # a till that asks still takes it


# --- what is refused ----------------------------------------------------------------------------------------
def forged(held: HeldPass, key: PrivateKey | None = None, **changes: Any) -> str:
    """The pass of `held` with other claims, signed by the issuer's own key or another."""
    read = replace(held._read(), **changes)
    token = pass_.issue(read, key or custody().pass_key.private)
    return presentation.present(
        token, presentation.open_proof(int(timezone.now().timestamp()), 5000), held.key
    )


def flipped(text: str) -> str:
    """The text with its last signature spoiled."""
    return text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]


def ago(seconds: int) -> float:
    return timezone.now().timestamp() - seconds


BAD_PRESENTATIONS: dict[str, tuple[Callable[[HeldPass, Till], str], int, str]] = {
    "no QR of ours": (lambda held, till: "https://example.org", 400, "malformed_qr"),
    "a pass without proof": (lambda held, till: held.token, 422, "bad_proof"),
    "a proof that is cut": (lambda held, till: show(held)[:-1], 422, "bad_proof"),
    "a proof with a spoiled signature": (lambda held, till: flipped(show(held)), 422, "bad_proof"),
    "a pass with a spoiled signature": (
        lambda held, till: flipped(held.token) + "~" + show(held).partition("~")[2],
        422,
        "bad_signature",
    ),
    "a pass signed by a stranger": (
        lambda held, till: forged(held, PrivateKey.generate(), jti="AAAAAAAAAAAAAAAA"),
        422,
        "bad_signature",
    ),
    "a pass of an unknown key": (lambda held, till: forged(held, kid="AAAA"), 422, "unknown_key"),
    "a pass that was never issued": (
        lambda held, till: forged(held, jti="AAAAAAAAAAAAAAAA"),
        404,
        "unknown_pass",
    ),
    "an issued number with another holder key": (
        lambda held, till: forged_holder(held),
        404,
        "unknown_pass",
    ),
    "a pass that has ended": (
        lambda held, till: forged(held, iat=held.claims["iat"] - 7 * pass_.DAY, exp=held.claims["iat"]),
        410,
        "pass_expired",
    ),
    "a pass under another programme": (lambda held, till: forged(held, prg=ZOO), 422, "wrong_programme"),
    "a proof of another pass": (
        lambda held, till: (
            forged(held, jti="AAAAAAAAAAAAAAAA").partition("~")[0] + "~" + show(held).partition("~")[2]
        ),
        422,
        "proof_mismatch",
    ),
    "a proof two minutes old": (lambda held, till: held.show(ago(160), 5000), 422, "proof_stale"),
    "a proof from the future": (lambda held, till: held.show(ago(-120), 5000), 422, "proof_from_future"),
    "a proof for another shop": (
        lambda held, till: held.answer(ago(0), 1000, till.merchant + 1, "AAECAwQFBgc"),
        422,
        "wrong_audience",
    ),
    "more than the phone allows": (lambda held, till: held.show(ago(0), 999), 422, "amount_over_max"),
    "a short code of no pass": (
        lambda held, till: held.short_symbol(ago(0), 5000).replace("VP2:", "VP3:"),
        400,
        "malformed_qr",
    ),
}


def forged_holder(held: HeldPass) -> str:
    thief = PrivateKey.generate()
    token = pass_.issue(replace(held._read(), holder=thief.public.jwk), custody().pass_key.private)
    return presentation.present(token, presentation.open_proof(int(ago(0)), 5000), thief)


@pytest.mark.parametrize("name", BAD_PRESENTATIONS)
def test_a_presentation_that_is_not_right_changes_nothing(
    name: str, town: Town, till: Till, held: HeldPass
) -> None:
    make, status, code = BAD_PRESENTATIONS[name]
    before = snapshot()
    answer = till.redeem(make(held, till), 1000, CLOTHES)
    assert refused(answer, status, code), answer
    assert snapshot() == before


BAD_RECORDS: dict[str, tuple[dict[str, Any], int, str]] = {
    "nothing": ({"amt": 0}, 422, "amount_invalid"),
    "more than the balance": ({"amt": 15_001, "bound": True}, 422, "amount_over_max"),
    "another unit": ({"cur": "TKT"}, 422, "amount_invalid"),
    "another programme": ({"prg": SPORT}, 422, "wrong_programme"),
    "a programme that is not there": ({"prg": 999}, 422, "wrong_programme"),
    "an offline sale": ({"mode": "off", "stl": 0}, 400, "malformed_record"),
    "another issuer": ({"aud": "https://elsewhere.example"}, 401, "till_auth_failed"),
    "another till": ({"till": str(uuid.uuid4())}, 401, "till_auth_failed"),
    "a card that is misread": ({"card": "VPC1:AAAA", "pres": None}, 400, "malformed_qr"),
}


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_record_that_is_not_right_changes_nothing(
    name: str, town: Town, till: Till, held: HeldPass
) -> None:
    changes, status, code = BAD_RECORDS[name]
    changes = dict(changes)
    amount = changes.get("amt", 1000)
    bound = changes.pop("bound", False)
    pres = held.answer(ago(0), max(1, amount), till.merchant, "AAECAwQFBgc") if bound else show(held)
    before = snapshot()
    drafted = replace(till.draft(1000, CLOTHES, pres=pres), **changes)
    answer = till.send(till.sign(drafted))
    assert refused(answer, status, code), answer
    assert snapshot() == before


def test_more_than_is_in_the_pot_is_refused_unless_a_part_will_do(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    till.redeem(first.answer(ago(0), 14_900, till.merchant, "AAECAwQFBgc"), 14_900, CLOTHES)
    before = snapshot()
    assert refused(till.redeem(show(second), 101, CLOTHES), 409, "insufficient_balance")
    assert snapshot() == before
    assert till.redeem(show(second), 101, CLOTHES, part=True).body["approved"] == 100
    third = town.passes()[0]
    assert refused(till.redeem(show(third), 1, CLOTHES, part=True), 409, "insufficient_balance")


def test_a_pass_is_spent_once_whatever_the_shop_the_amount_or_the_proof(
    town: Town, till: Till, held: HeldPass
) -> None:
    assert till.redeem(show(held), 1000, CLOTHES).status == 201
    other = town.till(town.other_till_row)
    before = snapshot()
    assert refused(till.redeem(show(held), 1000, CLOTHES), 409, "already_redeemed")
    assert refused(other.redeem(held.show(ago(40), 50), 50, CLOTHES), 409, "already_redeemed")
    assert snapshot() == before


def test_a_pass_taken_back_its_phone_or_its_voucher_is_refused(town: Town, till: Till) -> None:
    taken, phone_gone, on_hold = town.passes(count=3)
    now = timezone.now()
    IssuedPass.objects.filter(pk=taken.claims["jti"]).update(revoked_at=now)
    assert refused(till.redeem(show(taken), 100, CLOTHES), 409, "pass_revoked")
    Voucher.objects.filter(holder=town.holder).update(suspended_at=now)
    assert refused(till.redeem(show(on_hold), 100, CLOTHES), 409, "voucher_suspended")
    Voucher.objects.filter(holder=town.holder).update(suspended_at=None)
    Device.objects.filter(revoked_at=None).update(revoked_at=now)
    assert refused(till.redeem(show(phone_gone), 100, CLOTHES), 409, "pass_revoked")
    assert Redemption.objects.count() == 0


def test_a_shop_of_another_kind_is_refused(town: Town, till: Till) -> None:
    [held] = town.passes(SPORT)
    assert refused(till.redeem(show(held), 100, SPORT), 403, "category_not_allowed")


def test_a_programme_that_has_not_started_or_has_ended_is_refused(
    town: Town, till: Till, held: HeldPass
) -> None:
    later = forged(held, prg=LATER)
    assert refused(till.redeem(later, 100, LATER), 409, "voucher_not_started")
    programme = town.programmes[CLOTHES]
    programme.ends = timezone.localdate() - timedelta(days=1)
    programme.save()
    merchants.resume_till(till=town.till_row, reason="", staff=town.staff, now=timezone.now())
    assert refused(till.redeem(show(held), 100, CLOTHES), 409, "voucher_ended")


def test_a_till_that_is_switched_off_redeems_nothing_from_that_moment(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    assert till.redeem(show(first), 100, CLOTHES).status == 201
    town.till_row.refresh_from_db()
    merchants.suspend_till(till=town.till_row, reason="lost", staff=town.staff, now=timezone.now())
    before = snapshot()
    assert refused(till.redeem(show(second), 100, CLOTHES), 403, "till_suspended")
    assert snapshot() == before
    merchants.resume_till(till=town.till_row, reason="found", staff=town.staff, now=timezone.now())
    assert till.redeem(show(second), 100, CLOTHES).status == 201


def test_two_records_at_one_place_in_the_chain_do_not_both_pay(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    assert till.redeem(show(first), 100, CLOTHES, seq=7).status == 201
    assert refused(till.redeem(show(second), 100, CLOTHES, seq=7), 409, "chain_fork")


# --- the same again -----------------------------------------------------------------------------------------
def test_the_same_record_again_gets_the_same_answer_even_long_after(till: Till, held: HeldPass) -> None:
    token = till.sale(show(held), 2500, CLOTHES)
    first, again = till.send(token), till.send(token)
    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body


def test_a_retry_is_answered_when_its_qr_has_grown_old(
    monkeypatch: pytest.MonkeyPatch, till: Till, held: HeldPass
) -> None:
    token = till.sale(show(held), 2500, CLOTHES)
    first = till.send(token)
    later = timezone.now() + timedelta(minutes=30)
    monkeypatch.setattr(timezone, "now", lambda: later)
    again = till.send(token)
    assert (again.status, again.body) == (200, first.body)


def test_another_sale_under_the_same_number_is_refused(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    token = till.sale(show(first), 2500, CLOTHES)
    assert till.send(token).status == 201
    txn = peek(token)[1]["txn"]
    before = snapshot()
    for changes in ({"amt": 2400}, {"amt": 2500}):
        answer = till.redeem(show(second), prg=CLOTHES, txn=txn, **changes)
        assert refused(answer, 422, "idempotency_mismatch")
    stale = till.redeem(second.show(ago(500), 9), 2500, CLOTHES, txn=txn)
    assert refused(stale, 422, "idempotency_mismatch")
    assert snapshot() == before


def test_a_key_that_is_not_the_sales_number_is_refused_before_anything_happens(
    town: Town, till: Till, held: HeldPass
) -> None:
    before = snapshot()
    token = till.sale(show(held), 2500, CLOTHES)
    assert refused(till.send(token, str(uuid.uuid4())), 422, "idempotency_mismatch")
    assert refused(till.send(token, ""), 400, "malformed_request")
    assert snapshot() == before
    quoted = till.send(token, f'"{peek(token)[1]["txn"]}"')
    assert quoted.status == 201


# --- at the same instant ------------------------------------------------------------------------------------
def replace_wire(town: Town, till: Till) -> Till:
    return replace(till, wire=town.wire())


@pytest.mark.django_db(transaction=True)
def test_many_passes_of_one_voucher_at_once_never_take_more_than_there_is(real_town: Town) -> None:
    passes = real_town.passes(count=9)
    till = real_town.till()
    tokens = [till.sale(show(held), 4000, CLOTHES) for held in passes]  # 360 euro asked of 150
    tills = [replace_wire(real_town, till) for _ in tokens]
    answers = at_once([lambda t=one, r=token: t.send(r) for one, token in zip(tills, tokens, strict=True)])
    paid = [answer for answer in answers if answer.status == 201]
    assert len(paid) == 3
    assert {answer.code for answer in answers if answer not in paid} == {"insufficient_balance"}
    assert real_town.balance() == 3000 and real_town.owed() == 12_000
