"""A printed card pays at every till like a phone; a thief with its picture does not get far."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import identify_hasher
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

import config.settings
from ledger.models import Transfer
from tests.actors import Answer, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, LATER, SPORT, ZOO, Town
from wallet.models import Card, DeskEvent, Redemption, Voucher
from wallet.protocol import qr
from wallet.protocol.redemption import Attempt, decide
from wallet.protocol.refusals import Code, Refusal
from wallet.protocol.signing import peek
from wallet.services import cards, catalogue, erase, overview, pins, redeem
from wallet.services.cards import Printed
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_guesses_yet() -> None:
    cache.clear()


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


@pytest.fixture
def card(town: Town) -> Printed:
    return make(town)


def make(town: Town, **changes: int) -> Printed:
    """A card of the town's holder."""
    return cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now(), **changes)


def coupon(town: Town, amount: int = 1_000, prg: int = CLOTHES) -> Printed:
    """The first coupon of a new sheet."""
    voucher = town.voucher(prg)
    return cards.new_coupons(voucher=voucher, amount=amount, staff=town.staff, now=timezone.now())[0]


def said(answer: Answer) -> tuple[int, str | None, object]:
    """Status, code and facts."""
    return answer.status, answer.code, answer.body.get("facts")


def wrong(pin: str) -> str:
    """Another PIN."""
    return f"{(int(pin) + 1) % 10_000:04}"


# --- paying -------------------------------------------------------------------------------------------------
def test_a_card_pays_from_the_pot_that_the_server_chooses(town: Town, till: Till, card: Printed) -> None:
    token = till.card_sale(card.text, 2_500)
    before = snapshot()
    assert said(till.send(token)) == (403, "pin_required", None)
    assert snapshot() == before
    paid = till.send(token, pin=card.pin)
    assert (paid.status, paid.body["result"], paid.body["approved"]) == (201, "approved", 2_500), paid
    assert peek(paid.body["receipt"])[1]["prg"] == CLOTHES
    assert (town.balance(), town.owed()) == (12_500, 2_500)
    stored, transfer = Redemption.objects.get(pk=paid.body["id"]), Transfer.objects.get(id=paid.body["id"])
    assert (stored.card, stored.issued_pass, stored.once, transfer.kind) == (card.card.pk, None, False, 5)
    again = till.send(token)  # the answer was lost: asked once more, also without the PIN
    assert (again.status, again.body) == (200, paid.body)
    assert said(till.send(till.card_sale(card.text, 99, txn=paid.body["txn"]), pin=card.pin))[1] == (
        "idempotency_mismatch"
    )
    back = till.give_back("refunds", paid.body["id"], 500, CLOTHES)
    assert (back.status, town.balance()) == (201, 13_000)
    assert [(move.what, move.card) for move in overview.history([town.voucher()])[:2]] == [
        ("refunded", False),
        ("paid", True),
    ]


def test_of_several_pots_the_one_that_ends_first_and_has_enough(
    town: Town, till: Till, card: Printed
) -> None:
    sport = town.programmes[SPORT]
    sport.categories, sport.ends = [], sport.ends - timedelta(days=9)
    sport.save()
    catalogue.changed(town.muni.pk)
    assert peek(till.pay_by_card(card.text, 4_000, card.pin).body["receipt"])[1]["prg"] == SPORT
    assert peek(till.pay_by_card(card.text, 2_000, card.pin).body["receipt"])[1]["prg"] == CLOTHES
    assert (town.balance(SPORT), town.balance()) == (1_000, 13_000)
    Card.objects.update(cap_cents=90_000)
    part = till.pay_by_card(card.text, 14_000, card.pin, part=True)  # none has enough: the fullest
    assert (part.body["approved"], part.body["rest"], town.balance()) == (13_000, 1_000, 0)
    assert said(till.pay_by_card(card.text, 1_001, card.pin)) == (409, "insufficient_balance", None)
    tickets = till.pay_by_card(card.text, 2, card.pin, cur="TKT")
    assert (tickets.body["cur"], tickets.body["approved"], town.balance(ZOO)) == ("TKT", 2, 750)


REFUSED = {
    "a programme of other shops": ({"prg": SPORT}, (403, "category_not_allowed", None)),
    "no such programme": ({"prg": 99}, (422, "wrong_programme", None)),
    "another unit": ({"prg": ZOO}, (422, "amount_invalid", None)),
    "no programme in this unit": ({"cur": "XYZ"}, (403, "merchant_not_in_programme", None)),
    "nothing": ({"amt": 0}, (422, "amount_invalid", None)),
    "more than a sale may take": ({"amt": 15_001}, (422, "amount_over_max", {"max": 15_000})),
    "offline": ({"mode": "off", "stl": 0, "prg": CLOTHES}, (400, "malformed_record", None)),
    "a misread code": ({"card": "VPC1:AAAA"}, (400, "malformed_qr", None)),
    "a signed card": ({"card": "VPC2:AAAA"}, (400, "unsupported_version", None)),
    "a card of nobody": ({"card": qr.encode_card(bytes(16))}, (404, "unknown_card", None)),
}


def test_what_needs_no_pin_is_said_before_it_is_typed(town: Town, till: Till, card: Printed) -> None:
    before = snapshot()
    for name, (changes, expected) in REFUSED.items():
        fields = {"card": card.text, "amt": 100, "prg": 0, **changes}
        answer = till.pay_by_card(**fields)  # type: ignore[arg-type]
        assert said(answer) == expected, name
    later = said(till.pay_by_card(card.text, 100, prg=LATER))
    assert later[:2] == (409, "voucher_not_started")
    Voucher.objects.filter(holder=town.holder).update(suspended_at=timezone.now())
    assert said(till.pay_by_card(card.text, 100, card.pin))[:2] == (409, "voucher_suspended")
    Voucher.objects.filter(holder=town.holder).exclude(programme=town.programmes[ZOO]).update(
        suspended_at=None
    )
    malformed = till.send(till.card_sale(card.text, 100), pin="12345678")
    assert said(malformed) == (400, "malformed_request", {"members": "pin"})
    assert snapshot() == before
    assert till.pay_by_card(card.text, 100, card.pin).status == 201


def test_a_card_pays_so_much_a_day_and_what_came_back_counts_no_more(town: Town, till: Till) -> None:
    card = make(town, cap_cents=3_000)
    paid = till.pay_by_card(card.text, 2_000, card.pin)
    assert said(till.pay_by_card(card.text, 1_001, card.pin)) == (422, "amount_over_max", {"max": 1_000})
    assert till.give_back("void", paid.body["id"], 2_000, CLOTHES).status == 201
    assert till.pay_by_card(card.text, 3_000, card.pin).status == 201
    tickets = till.pay_by_card(card.text, 1, card.pin, cur="TKT")
    assert said(tickets) == (422, "amount_over_max", {"max": 0})
    Redemption.objects.update(at=timezone.now() - timedelta(days=1))
    assert till.pay_by_card(card.text, 3_000, card.pin).status == 201


def test_a_sale_by_card_asks_the_database_a_few_times(till: Till, card: Printed) -> None:
    till.pay_by_card(card.text, 100, card.pin)
    with CaptureQueriesContext(connection) as asked:
        assert till.send(till.card_sale(card.text, 100), pin=card.pin).status == 201
    queries = [query for query in asked if "SAVEPOINT" not in query["sql"] and "cache" not in query["sql"]]
    assert len(queries) <= 14, [query["sql"][:90] for query in queries]


# --- coupons ------------------------------------------------------------------------------------------------
def test_a_coupon_pays_once_from_its_pot_without_a_pin(town: Town, till: Till) -> None:
    one = coupon(town)
    assert said(till.pay_by_card(one.text, 1_001)) == (422, "amount_over_max", {"max": 1_000})
    paid = till.pay_by_card(one.text, 900)
    assert (paid.status, town.balance(), Redemption.objects.get().once) == (201, 14_100, True)
    assert said(till.pay_by_card(one.text, 50)) == (409, "already_redeemed", None)
    assert till.give_back("void", paid.body["id"], 900, CLOTHES).status == 201
    assert said(till.pay_by_card(one.text, 50)) == (409, "already_redeemed", None)  # as a pass stays spent
    twin = Redemption.objects.get()
    twin.pk, twin.txn, twin.seq = twin.card, twin.card, 99
    with pytest.raises(IntegrityError), transaction.atomic():  # the database says so too
        twin.save(force_insert=True)
    assert (
        said(till.pay_by_card(coupon(town, prg=ZOO, amount=1).text, 1, prg=CLOTHES))[1] == "wrong_programme"
    )


def test_coupons_promise_what_the_pot_holds_and_no_more(town: Town, till: Till) -> None:
    voucher, now = town.voucher(SPORT), timezone.now()
    make_more: Callable[[int], list[Printed]] = lambda amount: cards.new_coupons(  # noqa: E731
        voucher=voucher, amount=amount, staff=town.staff, now=now
    )
    assert [one.card.most for one in make_more(2_000)] == [2_000, 2_000, 1_000]
    with pytest.raises(Refused):
        make_more(2_000)
    town.top_up(45_000, SPORT)
    assert [one.card.most for one in make_more(5_000)] == [5_000] * 8  # a sheet of paper
    assert cards.progress(town.programmes[SPORT]) == cards.Progress(1, 1)
    [sheet] = cards.sheets(
        programme=town.programmes[SPORT], amount=3_000, holders_at_most=25, staff=town.staff, now=now
    )
    assert {one.card.holder for one in sheet} == {town.neighbour}
    with pytest.raises(Refused):
        cards.sheets(
            programme=town.programmes[SPORT], amount=1, holders_at_most=25, staff=town.staff, now=now
        )
    assert cards.progress(town.programmes[SPORT]) == cards.Progress(2, 0)
    assert cards.block_coupons(of=town.programmes[SPORT], staff=town.staff, now=now) == 13
    assert said(till.pay_by_card(sheet[0].text, 100)) == (409, "pass_revoked", None)
    assert cards.progress(town.programmes[SPORT]) == cards.Progress(0, 2)
    assert not cards.open_coupons([voucher])


@pytest.mark.django_db(transaction=True)
def test_of_two_tills_at_once_one_gets_the_coupon(town: Town) -> None:
    one, card = coupon(town), make(town)
    tills = [town.till(), town.till(town.other_till_row)]
    tokens = [till.card_sale(one.text, 1_000) for till in tills]
    answers = at_once(
        [lambda t=t, token=token: t.send(token) for t, token in zip(tills, tokens, strict=True)]
    )
    assert sorted(answer.status for answer in answers) == [201, 409], answers
    assert town.balance() == 14_000
    same = tills[0].card_sale(card.text, 700)
    answers = at_once([lambda: tills[0].send(same, pin=card.pin)] * 3)
    assert sorted(answer.status for answer in answers) == [200, 200, 201], answers
    assert (len({str(answer.body) for answer in answers}), town.balance()) == (1, 13_300)
    guesses = [till.card_sale(card.text, 100) for till in tills * 4]
    calls = [
        lambda t=t, token=token: t.send(token, pin=wrong(card.pin))
        for t, token in zip(tills * 4, guesses, strict=True)
    ]
    answers = at_once(calls)
    assert [answer.code for answer in answers].count("pin_wrong") <= 4, answers
    assert Card.objects.get(pk=card.card.pk).locked


# --- the desk's verbs ---------------------------------------------------------------------------------------
def test_a_new_card_ends_the_old_one_and_what_is_blocked_stays_so(
    town: Town, till: Till, card: Printed
) -> None:
    newer = make(town)
    assert said(till.pay_by_card(card.text, 100, card.pin)) == (409, "pass_revoked", None)
    fresh = cards.new_pin(card=newer.card, staff=town.staff, now=timezone.now())
    assert fresh.text == ""
    if fresh.pin != newer.pin:
        assert said(till.pay_by_card(newer.text, 100, newer.pin))[1] == "pin_wrong"
    assert till.pay_by_card(newer.text, 100, fresh.pin).status == 201
    cards.block(card=newer.card, staff=town.staff, now=timezone.now())
    assert said(till.pay_by_card(newer.text, 100, fresh.pin))[1] == "pass_revoked"
    for verb in (cards.block, cards.unlock, cards.new_pin):
        with pytest.raises(Refused):
            verb(card=newer.card, staff=town.staff, now=timezone.now())
    events = DeskEvent.objects.filter(subject_id=str(town.holder.pk)).order_by("id")
    told = events.values_list("verb", flat=True)
    assert [verb for verb in told if "card" in verb] == ["card made"] * 2 + ["card pin", "card blocked"]


def test_whoever_is_erased_has_no_card(town: Town, card: Printed) -> None:
    erase._switch_off(town.holder, timezone.now())
    assert not cards.living(town.holder).exists()


def test_the_secret_and_the_pin_are_kept_by_nobody(
    town: Town, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(PASSWORD_HASHERS=config.settings.PASSWORD_HASHERS):
        card = make(town)
        assert identify_hasher(card.card.pin).algorithm == "argon2"
        assert card.card.pin.startswith("argon2$argon2id$")
        refused, paid = (
            till.pay_by_card(card.text, 100, wrong(card.pin)),
            till.pay_by_card(card.text, 100, card.pin),
        )
    assert (refused.code, paid.status) == ("pin_wrong", 201)
    row = Card.objects.values().get(pk=card.card.pk)
    secret = qr.decode_card(card.text)
    assert secret not in [bytes(value) for value in row.values() if isinstance(value, bytes | memoryview)]
    assert card.text not in caplog.text and f'"{card.pin}"' not in str(peek(Redemption.objects.get().record))
    with override_settings(SECRET_KEY="another", PASSWORD_HASHERS=config.settings.PASSWORD_HASHERS):
        assert (
            said(till.pay_by_card(card.text, 100, card.pin))[1] == "pin_wrong"
        )  # the pepper is not in the database
    drawn = [pins.draw() for _ in range(200)]
    assert all(pins.is_pin(pin) and len(set(pin)) > 1 for pin in drawn)


# --- threats ------------------------------------------------------------------------------------------------
def test_threat_cloned_card(town: Town, till: Till, card: Printed) -> None:
    """A photograph of a card: the PIN stops it, and without a connection it buys nothing."""
    shops = itertools.cycle([till, town.till(town.other_till_row)])
    answers = [next(shops).pay_by_card(card.text, 100, wrong(card.pin)) for _ in range(5)]
    assert [said(answer)[2] for answer in answers] == [
        {"left": 4},
        {"left": 3},
        {"left": 2},
        {"left": 1},
        None,
    ]
    assert said(answers[-1]) == (423, "card_locked", None)
    assert town.balance() == 15_000
    known = catalogue.current(town.muni.pk)
    offline = Attempt(mode="off", amt=100, cur="EUR", prg=CLOTHES, part=False, card=True)
    facts = known.facts(known.tills[till.id].shop, known.schemes[CLOTHES])
    assert decide(offline, facts, int(timezone.now().timestamp())) == Refusal(Code.CARD_ONLINE_ONLY)


def test_threat_guessing(town: Town, till: Till, card: Printed) -> None:
    """The sixth try is refused, be it right; only the desk gives tries back; a till cannot go on guessing."""
    till.pay_by_card(card.text, 100, wrong(card.pin))
    assert till.pay_by_card(card.text, 100, card.pin).status == 201  # a right PIN gives all tries back
    for _ in range(5):
        till.pay_by_card(card.text, 100, wrong(card.pin))
    sixth = till.card_sale(card.text, 100)
    assert said(till.send(sixth, pin=card.pin)) == (423, "card_locked", None)
    assert said(till.send(sixth)) == (423, "card_locked", None)
    cards.unlock(card=card.card, staff=town.staff, now=timezone.now())
    assert till.send(sixth, pin=card.pin).status == 201
    for number in range(pins.TILL_GUESSES):
        answer = till.pay_by_card(qr.encode_card(number.to_bytes(16, "big")), 100)
    assert answer.code in ("unknown_card", "rate_limited")
    assert said(till.pay_by_card(card.text, 100, card.pin)) == (429, "rate_limited", None)
    assert town.till(town.other_till_row).pay_by_card(card.text, 100, card.pin).status == 201


def test_a_catalogue_that_is_behind_costs_no_try(town: Town, till: Till, card: Printed) -> None:
    till.pay_by_card(card.text, 100, card.pin)
    catalogue.changed(town.muni.pk)
    refused = till.send(till.card_sale(card.text, 100), pin=wrong(card.pin))
    assert said(refused) == (403, "pin_wrong", {"left": 4})
    assert till.send(till.card_sale(card.text, 100), pin=card.pin).status == 201
    assert redeem.catalogue.current(settings.MUNICIPALITY).version > 1
