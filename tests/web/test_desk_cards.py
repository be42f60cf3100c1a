"""Cards and coupons at the desk: printed, unlocked, blocked; and paper for everybody at once."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from tests.web.desk_client import get, post
from tests.worlds import CLOTHES, SPORT, ZOO, Town
from wallet.models import Card, DeskEvent, Programme, SignedCard, Staff
from wallet.models.card import TRIES


def printed(client: Client, name: str, /, *args: object, **data: object) -> list[str]:
    """The pages of the PDF that a form answers with."""
    answer = client.post(reverse(f"desk:{name}", args=args), data)
    assert answer.headers["Content-Type"] == "application/pdf", answer.content[:300]
    assert "no-store" in answer.headers["Cache-Control"]
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_a_card_is_printed_unlocked_given_a_pin_and_blocked(desk: Client, town: Town) -> None:
    holder = town.holder.pk
    assert "Nog geen kaart." in get(desk, "holder", holder)
    assert "Uw kaart voor Meedoen" in printed(desk, "card_new", holder)[0]
    card = Card.objects.get()
    assert "Kaart van het slot halen" not in get(desk, "holder", holder)
    Card.objects.update(tries=TRIES)
    assert "Op slot: 5 keer een verkeerde pincode" in get(desk, "holder", holder)
    assert "De kaart werkt weer" in post(desk, "card_unlock", card.pk)
    assert "Uw nieuwe pincode voor Meedoen" in printed(desk, "card_pin", card.pk)[0]
    assert "De kaart is geblokkeerd" in post(desk, "card_block", card.pk)
    for verb in ("card_block", "card_unlock", "card_pin"):
        assert "Deze kaart was al geblokkeerd" in post(desk, verb, card.pk)
    assert "Kaart van" in get(desk, "holder", holder)
    told = set(DeskEvent.objects.filter(subject_id=str(holder)).values_list("verb", flat=True))
    assert {"card made", "card unlocked", "card pin", "card blocked"} <= told
    desk.cookies["django_language"] = "en"
    assert "Print card with PIN" in get(desk, "holder", holder)


def test_the_desk_is_told_in_time_that_the_code_on_a_card_ends(desk: Client, town: Town) -> None:
    Programme.objects.filter(number=CLOTHES).update(card_ofl=500)
    printed(desk, "card_new", town.holder.pk)
    code, now = SignedCard.objects.filter(card__revoked_at=None), timezone.now()

    def told() -> tuple[bool, bool, bool]:
        page = get(desk, "holder", town.holder.pk)
        waits = "1 kaart met een code die bijna eindigt" in get(desk, "home")
        return "zonder verbinding eindigt op" in page, "zonder verbinding eindigde op" in page, waits

    assert told() == (False, False, False)  # it ends with its programme
    code.update(expires_at=now + timedelta(days=31))
    assert told() == (False, False, False)
    code.update(expires_at=now + timedelta(days=29))
    assert told() == (True, False, True)
    code.update(expires_at=now - timedelta(days=1))
    assert told() == (False, True, True)
    code.update(expires_at=now + timedelta(days=90), revoked_at=now)  # its key was stolen
    assert told() == (False, True, True)
    Programme.objects.filter(number=CLOTHES).update(ends=timezone.localdate() - timedelta(days=1))
    assert told() == (False, False, False)  # a new card would have no code either
    Programme.objects.filter(number=CLOTHES).update(ends=timezone.localdate() + timedelta(days=200))
    printed(desk, "card_new", town.holder.pk)
    assert told() == (False, False, False)


def test_the_first_page_counts_cards_in_the_database_and_reads_the_first_alone(
    desk: Client, town: Town
) -> None:
    Programme.objects.filter(number=CLOTHES).update(card_ofl=500)
    for days, holder in enumerate((town.neighbour, town.holder, town.child())):
        printed(desk, "card_new", holder.pk)
        SignedCard.objects.filter(card__holder=holder).update(
            expires_at=timezone.now() + timedelta(days=days)
        )
    with CaptureQueriesContext(connection) as asked:
        page = get(desk, "home")
    assert "3 kaarten met een code die bijna eindigt" in page
    assert reverse("desk:holder", args=[town.neighbour.pk]) in page
    of_cards = [one["sql"] for one in asked if "HAVING" in one["sql"] and "wallet_signedcard" in one["sql"]]
    assert len(of_cards) == 1 and of_cards[0].endswith("LIMIT 1")


def test_a_holders_coupons_are_printed_and_blocked(desk: Client, town: Town) -> None:
    voucher = town.voucher(CLOTHES)
    assert "Schrijf een bedrag boven nul" in post(desk, "coupons", voucher.pk, amount="0")
    sheet = {"amount": "30", "step": "print", "seen": "15000"}
    assert printed(desk, "coupons", voucher.pk, **sheet)[0].count("€ 30,00") == 5
    assert "Voor alles wat op dit tegoed staat, zijn al bonnen gemaakt" in post(
        desk, "coupons", voucher.pk, **sheet
    )
    assert "5 open bonnen, Regeling 12" in get(desk, "holder", town.holder.pk)
    assert "5 bonnen zijn geblokkeerd" in post(desk, "coupons_block", voucher.pk)
    assert "open bon" not in get(desk, "holder", town.holder.pk)
    assert "Kaartjes op elke bon" in get(desk, "coupons", town.voucher(ZOO).pk)


def test_coupons_are_looked_at_before_they_are_printed_and_told_afterwards(desk: Client, town: Town) -> None:
    voucher = town.voucher(CLOTHES)
    looked = post(desk, "coupons", voucher.pk, amount="40", step="preview")
    for words in ("3 × <bdi", "€ 40,00", "1 × <bdi", "€ 30,00", "€ 150,00", "Regeling 12", "Test Een"):
        assert words in looked
    assert "open bon" not in looked
    assert "Euro op elke bon" in post(desk, "coupons", voucher.pk, amount="40", step="change")
    post(desk, "coupons", voucher.pk, amount="40")
    post(desk, "coupons", voucher.pk, amount="40", step="print")  # nobody saw what it would be
    assert not Card.objects.exists()
    town.top_up(45_000, CLOTHES)  # a pot for more than a sheet: another press would print another sheet
    assert "Er is iets veranderd" in post(
        desk, "coupons", voucher.pk, amount="40", step="print", seen="15000"
    )
    looked = post(desk, "coupons", voucher.pk, amount="40", step="preview")
    for words in ("8 × <bdi", "€ 320,00", "€ 600,00", "€ 280,00", 'name="seen" value="60000"'):
        assert words in looked
    sheet = {"amount": "40", "step": "print", "seen": "60000"}
    assert printed(desk, "coupons", voucher.pk, **sheet)[0].count("€ 40,00") == 8
    assert "Er is iets veranderd" in post(desk, "coupons", voucher.pk, **sheet)
    assert Card.objects.count() == 8
    for page in (get(desk, "coupons_made", voucher.pk), get(desk, "coupons", voucher.pk)):
        assert "8 open bonnen, Regeling 12" in page and "€ 320,00" in page
        assert "“Kaart en bonnen”" in page and reverse("desk:coupons_block", args=[voucher.pk]) in page


@pytest.mark.parametrize("step", ["preview", "print"])
@pytest.mark.parametrize(
    ("prg", "amount", "words"),
    [
        (CLOTHES, "1000", "wie hem vindt, kan ermee betalen. Schrijf hoogstens € 100,00."),
        (CLOTHES, "100,01", "Schrijf hoogstens € 100,00."),
        (SPORT, "50,01", "Dat is meer dan er zonder bon op dit tegoed over is. Schrijf hoogstens € 50,00."),
        (ZOO, "4", "Dat is meer dan er zonder bon op dit tegoed over is. Schrijf hoogstens 3."),
        (ZOO, "14", "wie hem vindt, kan ermee betalen. Schrijf hoogstens 13."),
    ],
)
def test_a_coupon_is_not_worth_more_than_one_can_lose_or_than_there_is(
    desk: Client, town: Town, prg: int, amount: str, words: str, step: str
) -> None:
    before = {CLOTHES: "15000", SPORT: "5000", ZOO: "3"}[prg]
    page = post(desk, "coupons", town.voucher(prg).pk, amount=amount, step=step, seen=before)
    assert words in page and 'id="id_amount"' in page
    if "wie hem vindt" in words:
        assert words in post(desk, "coupon_sheets", prg, amount=amount)
    assert not Card.objects.exists()


def test_sheets_for_all_go_on_until_everybody_has_coupons(desk: Client, town: Town) -> None:
    assert "Bonnen voor alle pashouders" in get(desk, "programme", SPORT)
    assert "0 van 2 pashouders met saldo hebben bonnen" in get(desk, "coupon_sheets", SPORT)
    assert len(printed(desk, "coupon_sheets", SPORT, amount="10")) == 2
    assert "2 van 2 pashouders met saldo hebben bonnen" in get(desk, "coupon_progress", SPORT)
    assert "Elke pashouder met saldo heeft nu bonnen" in post(desk, "coupon_sheets", SPORT, amount="10")
    assert Card.objects.count() == 10
    assert "10 bonnen zijn geblokkeerd" in post(desk, "coupon_sheets_block", SPORT)
    assert "Drukte bladen met bonnen af voor" in get(desk, "trail")


@pytest.mark.parametrize("name", ["card_new", "coupons", "coupon_sheets", "card_block"])
def test_who_does_not_help_holders_prints_nothing(desk: Client, town: Town, name: str) -> None:
    Staff.objects.filter(username="desk").update(role=Staff.Role.FINANCE)
    Staff.objects.exclude(username="desk").update(role=Staff.Role.FINANCE)
    what = {"card_new": town.holder.pk, "coupons": town.voucher().pk, "coupon_sheets": CLOTHES}
    answer = desk.post(reverse(f"desk:{name}", args=[what.get(name, town.holder.pk)]), {"amount": "10"})
    assert (answer.status_code, Card.objects.count()) == (403, 0)
