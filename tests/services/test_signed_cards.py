"""A card may pay a little in a shop without a connection; a copy of it costs its holder nothing more."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.actors import Till
from tests.services.test_sync import guarantee, outcomes
from tests.worlds import CLOTHES, SPORT, ZOO, Town
from wallet.custody import DAY, custody
from wallet.models import Card, Case, Programme, Redemption, SignedCard
from wallet.protocol import bundle, pass_, qr, statuslist
from wallet.protocol.signing import peek
from wallet.services import cards, catalogue, keys, signedcards, status
from wallet.services.bundle import make_bundle
from wallet.services.cards import Printed

pytestmark = pytest.mark.django_db

LIMIT = 500


@pytest.fixture(autouse=True)
def keys_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """One of them is stolen here: no other test may find it."""
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def card(town: Town) -> Printed:
    """The holder's card, under a programme that lets it pay without a connection."""
    Programme.objects.filter(number=CLOTHES).update(card_ofl=LIMIT)
    catalogue.changed(town.muni.pk)
    return cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now())


def text(card: Printed) -> str:
    return signedcards.text_of(card.signed[0])


def sell(till: Till, card: Printed, amt: int, **changes: object) -> None:
    till.sell_card_offline(text(card), amt, CLOTHES, **changes)


def listed(card: Printed) -> bool:
    """Does the list that tills fetch say that the card is withdrawn?"""
    now, signed = timezone.now(), card.signed[0]
    status.publish(14, now)
    token = status.token(14, signed.list_number, now) or ""
    key = custody().status_key.private.public
    read = statuslist.check(token, key, status.uri(signed.list_number))
    return read.withdrawn(signed.list_index)


# --- made and ended -----------------------------------------------------------------------------------------
def test_a_card_has_a_signed_code_only_where_a_programme_allows_it(town: Town, card: Printed) -> None:
    [signed] = card.signed
    read = pass_.check(signed.token, custody().ring, card=True)
    assert (read.prg, read.ofl, read.once, read.list_no) == (CLOTHES, LIMIT, False, signed.list_number)
    assert custody().ring[read.kid].vp_use == "card" and custody().ring[read.kid].exp >= read.exp
    assert read.exp - read.iat <= 365 * DAY and qr.decode_signed_card(text(card)).jti == signed.jti
    told = bundle.check(make_bundle(town.till_row, timezone.now()), custody().bundle_key.private.public)
    assert status.uri(signed.list_number) in told.lists
    assert {one["prg"]: one["card_ofl"] for one in told.programmes}[CLOTHES] == LIMIT
    Programme.objects.update(card_ofl=0)
    assert cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now()).signed == []


@pytest.mark.parametrize(("number", "most"), [(CLOTHES, LIMIT), (ZOO, 1)])
def test_the_database_keeps_the_limit_small(town: Town, number: int, most: int) -> None:
    Programme.objects.filter(number=number).update(card_ofl=most)
    with pytest.raises(IntegrityError), transaction.atomic():
        Programme.objects.filter(number=number).update(card_ofl=most + 1)


def test_a_card_that_is_blocked_or_made_anew_stands_in_the_list(town: Town, card: Printed) -> None:
    assert not listed(card)
    newer = cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now())
    assert listed(card) and not listed(newer)
    cards.block(card=newer.card, staff=town.staff, now=timezone.now())
    assert listed(newer)


def test_a_key_of_cards_lives_as_long_as_they_do_and_a_stolen_one_ends_them(
    town: Town, card: Printed
) -> None:
    kid, start = custody().signing("card", 0).kid, timezone.now()
    keys.rotate(start + timedelta(days=360))
    assert len(custody().of("card")) == 2 and custody().signing("card", start.timestamp()).kid == kid
    last_card = start + timedelta(days=366 + 365)
    assert kid in {key.kid for key in custody().published(last_card.timestamp())}
    assert keys.compromise(kid, 14, timezone.now()) == keys.Stolen("card", 1)
    assert custody().signing("card", timezone.now().timestamp()).kid != kid and listed(card)


# --- paid ---------------------------------------------------------------------------------------------------
def test_a_card_pays_so_much_at_a_till_in_a_day(town: Town, card: Printed) -> None:
    till = town.till()
    before = town.balance()
    sell(till, card, 300)
    sell(till, card, 300)
    sell(till, card, 10)
    assert outcomes(till.upload()) == [
        ("accepted", None, 300), ("accepted", "over_offline_limit", 200),
        ("rejected", "card_online_only", None),
    ]  # fmt: skip
    assert (before - town.balance(), guarantee(), town.owed()) == (LIMIT, 0, LIMIT)
    paid = Redemption.objects.filter(card=card.card.pk)
    assert {(row.once, row.issued_pass_id, row.mode) for row in paid} == {(False, None, "off")}
    assert outcomes(till.upload(till.sent))[0] == ("accepted", None, 300)  # the same upload again
    assert (before - town.balance(), guarantee(), paid.count()) == (LIMIT, 0, 2)


def test_a_sale_that_was_undone_before_it_was_sent_leaves_the_day_as_it_was(
    town: Town, card: Printed
) -> None:
    till = town.till()
    before = town.balance()
    sell(till, card, LIMIT)
    till.void_offline(till.queue[-1])
    sell(till, card, LIMIT)
    assert outcomes(till.upload()) == [
        ("noted", None, None),
        ("noted", None, None),
        ("accepted", None, LIMIT),
    ]
    assert (before - town.balance(), guarantee(), town.owed()) == (LIMIT, 0, LIMIT)


def test_a_sale_whose_answer_got_lost_and_that_was_undone_meanwhile_leaves_the_day_as_it_was(
    town: Town, card: Printed
) -> None:
    till = town.till()
    before = town.balance()
    sell(till, card, LIMIT)
    waiting = list(till.queue)
    assert outcomes(till.upload(waiting)) == [("accepted", None, LIMIT)]  # the till never hears it
    till.void_offline(waiting[0])
    sell(till, card, 300)
    assert outcomes(till.upload())[1:] == [("noted", None, None), ("accepted", None, 300)]
    assert (before - town.balance(), guarantee(), town.owed()) == (300, 0, 300)


def test_a_copied_card_without_a_connection(town: Town, card: Printed) -> None:
    """The pot pays for one card on one day; what copies pay elsewhere is the programme's."""
    first, second = town.till(), town.till(town.other_till_row)
    before = town.balance()
    sell(first, card, 400)
    sell(second, card, LIMIT)
    assert outcomes(first.upload()) == [("accepted", None, 400)]
    assert outcomes(second.upload()) == [("accepted_programme", None, LIMIT)]
    assert (before - town.balance(), guarantee(), town.owed()) == (LIMIT, 400, 400)
    case = Case.objects.get()
    assert (case.code, case.guaranteed, case.refused) == ("card_two_tills", 400, 0)
    assert case.first is not None and case.first.approved == 400
    yesterday = int(first.clock()) - 30 * 3600
    sell(first, card, LIMIT, iat=yesterday, bnd=yesterday, stl=yesterday)
    assert outcomes(first.upload())[0][0] == "held"  # a till does not go back in time
    assert town.phone().refill(CLOTHES, 1).status == 201 and before - town.balance() == LIMIT


def test_the_guarantee_pays_what_the_pot_lacks_and_what_was_withdrawn_too_late(
    town: Town, card: Printed
) -> None:
    till, now = town.till(), timezone.now()
    Card.objects.update(cap_cents=90_000)
    assert till.pay_by_card(card.text, town.balance() - 70, card.pin, CLOTHES).status == 201
    sell(till, card, 100)
    assert outcomes(till.upload()) == [("accepted_programme", None, 100)]
    assert (town.balance(), guarantee()) == (0, 30)
    cards.block(card=card.card, staff=town.staff, now=now)
    sell(till, card, 200)  # the till's list was of before
    assert outcomes(till.upload()) == [("accepted_programme", None, 200)]
    Card.objects.update(revoked_at=now - timedelta(days=3))
    sell(till, card, 200)
    assert outcomes(till.upload()) == [("rejected", "pass_revoked", None)]
    assert guarantee() == 230


def test_a_card_that_was_never_made_and_one_by_a_key_of_passes(town: Town, card: Printed) -> None:
    till = town.till()
    SignedCard.objects.all().delete()
    sell(till, card, 200)
    read = pass_.check(card.signed[0].token, custody().ring, card=True)
    wrong = custody().pass_key
    by_pass = pass_.Pass(**{**{name: getattr(read, name) for name in read.__slots__}, "kid": wrong.kid})
    forged = qr.encode_signed_card(by_pass, pass_.issue(by_pass, wrong.private, card=True))
    till.sell_card_offline(forged, 100, CLOTHES)
    till.sell_card_offline(card.text, 100, CLOTHES)
    till.sell_card_offline(text(card), 100, SPORT)
    assert outcomes(till.upload()) == [
        ("accepted_programme", None, 200), ("rejected", "unknown_key", None),
        ("rejected", "card_online_only", None),
        ("rejected", "wrong_programme", None),
    ]  # fmt: skip
    assert Case.objects.filter(code="issuer_key_leaked").count() == 1 and guarantee() == 200


def test_the_statements_of_an_upload_do_not_grow_with_its_cards(town: Town, card: Printed) -> None:
    till = town.till()
    sell(till, card, 10)
    till.upload()

    def statements(count: int) -> int:
        for _ in range(count):
            sell(till, card, 10)
        with CaptureQueriesContext(connection) as asked:
            assert {one[0] for one in outcomes(till.upload())} == {"accepted"}
        return len(asked)

    assert statements(20) <= statements(3) + 2
    assert peek(card.signed[0].token)[1]["aud"] == "vp:till"
