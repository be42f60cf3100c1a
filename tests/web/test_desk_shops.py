"""Shops at the desk: their accounts, branches and tills."""

from __future__ import annotations

import re

from django.test import Client
from django.utils import timezone

from tests.web.desk_client import Page, get, post
from tests.worlds import IBAN, Town
from wallet.models import DeskEvent, Merchant
from wallet.services import bankaccounts, codes


def test_a_shop_is_enrolled_with_its_till_and_code(desk: Client, town: Town) -> None:
    said = {
        "name": "Nieuwe Winkel", "category": "clothes", "account_holder": "B.V.", "email": "a@example.org",
        "name_check": "match", "branch": "Centrum", "address": "Straat 1", "till": "Kassa 1",
    }  # fmt: skip
    page = post(desk, "merchant_new", iban="NL91ABNA0417164301", **said)
    assert 'href="#id_iban"' in page
    assert "Dit IBAN klopt niet" in page
    assert "Nieuwe Winkel" in post(desk, "merchant_new", iban=IBAN, **said)
    till = Merchant.objects.get(name="Nieuwe Winkel").branches.get().tills.get()
    page = post(desk, "till_code", till.pk)
    (code,) = re.findall(rf'<bdi dir="ltr">([{codes.ALPHABET}]{{5}}-[{codes.ALPHABET}]{{5}})</bdi>', page)
    assert till.codes.get().digest == codes.digest(code)
    assert any(tag == "path" for tag, _ in Page(page).tags)
    assert code not in get(desk, "merchant", till.branch.merchant.number)


def test_all_that_is_wrong_with_a_shop_or_its_account_is_said_at_once(desk: Client, town: Town) -> None:
    wrong = {"iban": "NL91ABNA0417164301", "account_holder": "///", "name_check": "match"}
    for page in (
        post(desk, "merchant_new", **wrong),
        post(desk, "account_new", town.shop.number, **wrong),
    ):
        for words in ("Dit IBAN klopt niet", "Schrijf de naam zoals de bank die kent", "Vul dit in: "):
            assert words in page
    assert page.count("Dit IBAN klopt niet") == 2  # at the top and at the field
    assert "Vul dit in: IBAN" in post(desk, "merchant_new")


def test_a_bank_account_is_approved_by_another_person(desk: Client, town: Town) -> None:
    number = town.shop.number
    page = get(desk, "merchant", number)
    assert get(desk, "merchants").count("Rekening wacht op goedkeuring") == 2
    assert "Er is nog geen rekening die gebruikt kan worden" in page
    assert "Wacht op goedkeuring" in page
    waiting = bankaccounts.of(town.shop, timezone.now()).waiting
    assert waiting
    assert "Vul dit in: Reden" in post(desk, "account_refuse", number, waiting.pk)
    for _ in range(2):
        page = post(desk, "account_approve", number, waiting.pk)
        assert "op deze rekening betaald" in page
    assert DeskEvent.objects.filter(verb="account approved").count() == 1
    said = {"iban": "NL91ABNA0417164301", "account_holder": "B.V.", "name_check": "close", "reason": "Brief"}
    assert "Dit IBAN klopt niet" in post(desk, "account_new", number, **said)
    page = post(desk, "account_new", number, **said | {"iban": "DE89370400440532013000"})
    assert "DE89 3704 0044 0532 0130 00" in page
    assert "U hebt deze rekening voorgesteld" in page
    mine = bankaccounts.of(town.shop, timezone.now()).waiting
    assert mine
    assert "iemand anders" in post(desk, "account_approve", number, mine.pk)
    assert "Geweigerd" in post(desk, "account_refuse", number, mine.pk, reason="Vergissing")
    assert bankaccounts.of(town.shop, timezone.now()).waiting is None


def test_a_till_is_stopped_with_a_reason_and_started_again(desk: Client, town: Town) -> None:
    till = town.till_row
    assert "<title>Fout:" in post(desk, "till_suspend", till.pk)
    assert "De kassa staat uit" in post(desk, "till_suspend", till.pk, reason="Kwijt")
    assert "eerst weer aan" in post(desk, "till_code", till.pk)
    assert "De kassa werkt weer" in post(desk, "till_suspend", till.pk, reason="Terug")


def test_branches_and_tills_are_added(desk: Client, town: Town) -> None:
    assert "Noord" in post(desk, "branch_new", town.shop.number, name="Noord", address="Weg 3")
    assert "Kassa 9" in post(desk, "till_new", town.till_row.branch_id, name="Kassa 9")
