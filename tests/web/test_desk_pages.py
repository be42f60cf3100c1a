"""The desk's pages: a caseworker's day, errors that help, both languages, a strict content policy."""

from __future__ import annotations

import re
from time import time
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.web.desk_client import Page, get, post, queries, top_up
from tests.web.test_desk_programmes import programme
from tests.worlds import CLOTHES, IBAN, LATER, ZOO, Town
from wallet.models import DeskEvent, GrantBatch, Holder, Programme, Staff, Voucher, YearClose
from wallet.services import enrol, holders, overrides


def test_a_search_wants_a_reason_and_shows_little(desk: Client, town: Town) -> None:
    assert "Waarom zoekt u dit op" in post(desk, "search", query="test")
    page = post(desk, "search", query="test", reason="calls")
    assert "Test Een" in page
    assert "Test Twee" in page
    assert "Laan 1" not in page
    assert DeskEvent.objects.get(verb="searched").reason == "calls"


def test_a_search_is_never_in_an_address(desk: Client) -> None:
    forms = [attrs for tag, attrs in Page(get(desk, "search")).tags if tag == "form"]
    assert all(form["method"] == "post" for form in forms)


def test_opening_a_holder_is_a_line_of_the_trail_with_the_reason_of_the_search(
    desk: Client, town: Town
) -> None:
    post(desk, "search", query="test", reason="calls")
    get(desk, "holder", town.holder.pk)
    event = DeskEvent.objects.get(verb="opened")
    assert (event.subject_id, event.reason) == (str(town.holder.pk), "calls")
    assert "Opende de pagina van" in get(desk, "trail")


def test_a_holders_page_shows_pots_and_payments(desk: Client, town: Town) -> None:
    page = get(desk, "holder", town.holder.pk)
    assert "€ 150,00" in page
    assert "3 kaartjes" in page
    assert "Test Twee" in page


def test_a_top_up_is_previewed_then_booked(desk: Client, town: Town) -> None:
    preview = re.sub("<[^>]+>", "", top_up(desk, town, "50", "preview"))
    assert "Was € 150,00, wordt € 200,00" in preview
    assert town.balance() == 15_000
    assert "€ 50,00 staat nu op het tegoed" in top_up(desk, town, "50", "book")
    assert town.balance() == 20_000


def test_an_amount_with_a_point_for_thousands_is_told_how_to_write_it(desk: Client, town: Town) -> None:
    assert "zonder punt voor duizend" in top_up(desk, town, "1.000,00", "preview")


def test_a_form_that_misses_something_keeps_its_preview(desk: Client, town: Town) -> None:
    page = top_up(desk, town, "50", "preview", reason="")
    assert "Vul dit in: Reden" in page
    assert "Was € 150,00, wordt € 200,00" in re.sub("<[^>]+>", "", page)


def test_a_programme_has_its_name_in_the_readers_language(desk: Client, town: Town) -> None:
    programme = town.programmes[CLOTHES]
    Programme.objects.filter(pk=programme.pk).update(name="Kleren", name_en="Clothing")
    for language, shown, other in (("nl", "Kleren", "Clothing"), ("en", "Clothing", "Kleren")):
        desk.cookies["django_language"] = language
        for page in (get(desk, "holder", town.holder.pk), get(desk, "programmes"), get(desk, "import")):
            assert shown in page
            assert other not in page


def test_pressing_twice_books_once(desk: Client, town: Town) -> None:
    once = uuid4()
    for _ in range(2):
        top_up(desk, town, "50", "book", batch_id=once)
    assert town.balance() == 20_000


def test_while_typing_the_preview_comes_along(desk: Client, town: Town) -> None:
    address = reverse("desk:top_up", args=[town.voucher(ZOO).pk])
    answer = desk.post(address, {"amount": "2"}, headers={"HX-Request": "true"})
    assert 'wordt <b><bdi dir="ltr">5 kaartjes' in answer.content.decode()
    answer = desk.post(address, {"amount": "veel"}, headers={"HX-Request": "true"})
    assert "wordt" not in answer.content.decode()
    assert town.balance(ZOO) == 3 * 750


def test_above_the_limit_the_desk_says_that_another_person_has_to_look(desk: Client, town: Town) -> None:
    assert "moet iemand anders het goedkeuren" in top_up(desk, town, "500,01", "preview")
    assert "wacht nu op goedkeuring" in top_up(desk, town, "500,01", "book")
    colleague = Client()
    colleague.force_login(town.staff)
    assert "Wacht op goedkeuring" in get(colleague, "home")
    batch = GrantBatch.objects.get(status="waiting")
    assert "Goedgekeurd" in post(colleague, "approve", batch.pk)
    assert town.balance() == 15_000 + 50_001


def test_a_refusal_wants_a_reason(desk: Client, town: Town) -> None:
    top_up(desk, town, "500,01", "book")
    colleague = Client()
    colleague.force_login(town.staff)
    batch = GrantBatch.objects.get(status="waiting")
    assert "<title>Fout:" in post(colleague, "refuse", batch.pk)
    assert "Geweigerd. Er is niets geboekt." in post(colleague, "refuse", batch.pk, reason="Dubbel")
    assert "<dt>Waarom geweigerd</dt><dd>Dubbel</dd>" in get(desk, "batch", batch.pk)
    assert town.balance() == 15_000


def test_a_top_up_is_taken_back_from_the_holders_page(desk: Client, town: Town) -> None:
    top_up(desk, town, "50", "book")
    line = GrantBatch.objects.get(reason="Verhuizing").lines.get()
    assert "Vul in waarom" in post(desk, "undo", line.pk)
    assert "Teruggehaald: € 50,00 van € 50,00" in post(desk, "undo", line.pk, reason="Verkeerde pas")
    assert "al teruggehaald" in post(desk, "undo", line.pk, reason="Nog eens")
    assert town.balance() == 15_000


def test_what_cannot_be_paid_is_said_at_its_field(desk: Client, town: Town) -> None:
    page = top_up(desk, town, "99999,00", "book")
    assert 'href="#id_amount"' in page
    assert "verhoog het budget" in page
    assert 'value="99999,00"' in page


@pytest.mark.parametrize(("language", "word"), [("nl", "Fout:"), ("en", "Error:")])
def test_an_error_is_first_in_the_title_and_leads_to_its_field(
    desk: Client, town: Town, language: str, word: str
) -> None:
    desk.cookies["django_language"] = language
    page = top_up(desk, town, "veel", "book", reason="")
    tags = Page(page).tags
    assert f"<title>{word} " in page
    (summary,) = [attrs for _, attrs in tags if attrs.get("id") == "errors"]
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    links = [attrs["href"] for tag, attrs in tags if tag == "a" and (attrs["href"] or "").startswith("#id_")]
    assert links == ["#id_amount", "#id_reason"]
    (field,) = [attrs for _, attrs in tags if attrs.get("id") == "id_amount"]
    assert (field["aria-invalid"], field["value"]) == ("true", "veel")
    assert "id_amount_error" in (field["aria-describedby"] or "")
    assert any(attrs.get("id") == "id_amount_error" for _, attrs in tags)


def test_a_letter_comes_as_pdf_with_a_code_that_works(desk: Client, town: Town) -> None:
    answer = desk.post(reverse("desk:letter", args=[town.holder.pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "code werkt tot" in get(desk, "holder", town.holder.pk)


def test_the_page_of_who_was_erased_says_so_and_adds_nothing(desk: Client, town: Town) -> None:
    Holder.objects.filter(pk=town.holder.pk).update(erased_at=timezone.now(), name="")
    page = get(desk, "holder", town.holder.pk)
    assert "Deze pashouder is gewist op" in page
    for name in ("letter", "voucher_new", "relative_new"):
        assert reverse(f"desk:{name}", args=[town.holder.pk]) not in page
    assert "is gewist" in post(desk, "letter", town.holder.pk)
    assert reverse("desk:holder", args=[town.holder.pk]) not in get(desk, "holder", town.neighbour.pk)


def test_a_new_holder_and_a_relative_at_the_same_address(desk: Client, town: Town) -> None:
    said = {"name": "Nieuw Iemand", "birth_date": "2-5-1990", "language": "nl"}
    page = post(desk, "holder_new", street="Pad 2", postcode="9700 AA", town="Teststad", **said)
    assert "Nieuw Iemand" in page
    holder = Holder.objects.get(name="Nieuw Iemand")
    post(desk, "relative_new", holder.pk, **{**said, "name": "Kind"})
    assert Holder.objects.get(name="Kind").household == holder.household


def test_a_birth_date_that_is_none_says_how_to_write_it(desk: Client) -> None:
    assert "Schrijf een dag als 2-5-1980" in post(desk, "holder_new", birth_date="31-2-1980")


def test_a_voucher_is_added_and_topped_up_next(desk: Client, town: Town) -> None:
    Voucher.objects.filter(holder=town.holder, programme=town.programmes[LATER]).delete()
    page = post(desk, "voucher_new", town.holder.pk, programme=town.programmes[LATER].pk)
    assert "Nu <bdi" in page
    assert "Kies eerst een regeling" in post(desk, "voucher_new", town.holder.pk, programme="")


PAGES = [
    "home",
    "search",
    "batches",
    "import",
    "merchants",
    "merchant_new",
    "programmes",
    "programme_new",
    "trail",
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs_no_script_or_style_of_its_own(desk: Client, town: Town, name: str) -> None:
    answer = desk.get(reverse(f"desk:{name}"))
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    tags = Page(answer.content.decode()).tags
    assert [attrs for tag, attrs in tags if tag == "script" and not attrs.get("src")] == []
    assert [tag for tag, attrs in tags if tag == "style" or "style" in attrs] == []
    assert [key for _, attrs in tags for key in attrs if key.startswith(("on", "hx-on"))] == []
    (config,) = [attrs["content"] for tag, attrs in tags if attrs.get("name") == "htmx-config"]
    assert config == '{"includeIndicatorStyles":false,"allowEval":false}'


@pytest.mark.parametrize("name", [*PAGES, "holder_new"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_page_is_in_its_readers_language(desk: Client, town: Town, name: str, language: str) -> None:
    desk.cookies["django_language"] = language
    page = get(desk, name)
    assert f'<html lang="{language}">' in page
    assert ("Uitloggen" in page, "Log out" in page) == (language == "nl", language == "en")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_amounts_are_written_alike_in_every_language(desk: Client, town: Town, language: str) -> None:
    desk.cookies["django_language"] = language
    assert '<bdi dir="ltr">€ 150,00</bdi>' in get(desk, "holder", town.holder.pk)


@pytest.mark.parametrize("name", ["home", "batches", "merchants", "programmes"])
def test_a_list_takes_as_many_queries_whatever_its_length(desk: Client, town: Town, name: str) -> None:
    before = queries(desk, name)
    for nth in range(5):
        top_up(desk, town, f"60{nth}", "book")
        post(
            desk, "merchant_new", name=f"Winkel {nth}", category="clothes", iban=IBAN, account_holder="B.V.",
            name_check="none", email="a@example.org", branch="Centrum", address="Straat 1", till="Kassa 1",
        )  # fmt: skip
        post(desk, "programme_new", **programme(name=f"Boeken {nth}", decision_ref=f"B-{nth}"))
    assert queries(desk, name) <= before <= 25


def test_the_first_page_counts_each_kind_of_question_of_others(desk: Client, town: Town) -> None:
    now, boss = timezone.now(), Staff.objects.get(username="boss")
    for what, staff in (("payout/1", town.staff), ("payout/2", town.staff), ("payout/3", boss)):
        overrides.ask(muni=town.muni, what=what, code="no-quorum", reason="x", staff=staff, now=now)
    YearClose.objects.create(
        muni=town.muni, programme=town.programmes[CLOTHES], made_by=town.staff, made_at=now
    )
    page = get(desk, "home")
    assert "2 vragen om iets door te laten" in page and "1 regeling om te sluiten" in page


def test_a_holders_page_takes_as_many_queries_whatever_happened(desk: Client, town: Town) -> None:
    before = queries(desk, "holder", town.holder.pk)
    for _ in range(5):
        top_up(desk, town, "5", "book")
        enrol.make_activation_code(town.holder, timezone.now())
        holders.new_holder(
            household=town.holder.household, name="Kind", birth_date=town.holder.birth_date,
            staff=town.staff, now=timezone.now(),
        )  # fmt: skip
    assert queries(desk, "holder", town.holder.pk) <= before <= 22


def test_the_front_page_has_four_doors_in_two_languages(client: Client, town: Town) -> None:
    page = client.get("/").content.decode()
    links = {attrs.get("href") for tag, attrs in Page(page).tags if tag == "a"}
    assert {"/wallet/", "/till/", "/desk/", "/log/"} <= links
    assert "Iedereen doet mee." in page
    assert "14 050" in page
    client.post(reverse("language"), {"language": "en", "next": "/"})
    assert "Everybody takes part." in client.get("/").content.decode()


def test_the_front_page_stands_before_there_is_a_municipality(client: Client, db: None) -> None:
    assert client.get("/").status_code == 200


def test_a_payment_is_in_the_holders_history(desk: Client, town: Town) -> None:
    till = town.till()
    (held, *_rest) = town.passes()
    assert till.redeem(held.show(time(), 250), 250, CLOTHES).status == 201
    page = get(desk, "holder", town.holder.pk)
    assert "Betaald bij Test Kleding" in page
    assert "− € 2,50" in page
    assert "€ 2,50" in get(desk, "home")
