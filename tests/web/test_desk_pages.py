"""The desk's pages: a caseworker's day, errors that help, both languages, a strict content policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from time import time
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.web.desk_client import get, post, queries
from tests.worlds import CLOTHES, IBAN, LATER, ZOO, Town
from wallet.models import DeskEvent, GrantBatch, Holder, Merchant, Programme, Staff, Voucher
from wallet.services import bankaccounts, codes, enrol, grant, holders


@pytest.fixture
def desk(town: Town) -> Client:
    """An administrator at the desk."""
    client = Client()
    boss = Staff.objects.create(username="boss", muni=town.muni, role=Staff.Role.ADMINISTRATOR)
    client.force_login(boss)
    return client


class Page(HTMLParser):
    """What tests ask of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep each tag."""
        self.tags.append((tag, dict(attrs)))


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


def top_up(desk: Client, town: Town, amount: str, step: str, prg: int = CLOTHES, **more: object) -> str:
    """A step of topping up the holder."""
    data = {"amount": amount, "decision_ref": "Z-1", "reason": "Verhuizing", "batch_id": uuid4(), **more}
    return post(desk, "top_up", town.voucher(prg).pk, step=step, **data)


def test_a_top_up_is_previewed_then_booked(desk: Client, town: Town) -> None:
    preview = re.sub("<[^>]+>", "", top_up(desk, town, "50", "preview"))
    assert "Was € 150,00, wordt € 200,00" in preview
    assert town.balance() == 15_000
    assert "€ 50,00 staat nu op het tegoed" in top_up(desk, town, "50", "book")
    assert town.balance() == 20_000


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


def choose(desk: Client, town: Town, text: str, prg: int = CLOTHES, name: str = "herfst.csv") -> str:
    """The dry run of a file."""
    file = SimpleUploadedFile(name, text.encode())
    return post(desk, "import", programme=town.programmes[prg].pk, file=file)


CARRIED = ("programme", "file", "file_name")


def carried(page: str) -> dict[str, object]:
    """The hidden fields of a dry run's page."""
    hidden = [attrs for tag, attrs in Page(page).tags if tag == "input" and attrs.get("type") == "hidden"]
    return {str(one["name"]): one["value"] for one in hidden if one.get("name") in CARRIED}


def test_a_file_is_checked_confirmed_and_booked(desk: Client, town: Town) -> None:
    text = f"nummer;bedrag\n{town.holder.number};12,50\n{town.neighbour.number};60\n"
    page = choose(desk, town, text)
    assert "Boek 2 rijen" in page
    assert "€ 72,50" in page
    said = {"decision_ref": "Z-1", "reason": "Herfst", **carried(page)}
    again = post(desk, "import_book", confirmation="3", **said)
    assert "Typ 2 om deze rijen te boeken" in again
    assert "<title>Fout:" in again
    assert town.balance() == 15_000
    assert "Geboekt" in post(desk, "import_book", confirmation="2", **said)
    assert town.balance() == 16_250
    assert "is op" in choose(desk, town, text)


def test_wrong_rows_are_named_and_can_be_downloaded(desk: Client, town: Town) -> None:
    page = choose(desk, town, f"nummer;bedrag\n{town.holder.number};12,50\n99;60\n")
    assert "<title>Fout:" in page
    assert "1 rij moet anders" in page
    assert "Niemand heeft nummer 99" in page
    assert "Boek rijen" not in page
    answer = desk.post(reverse("desk:import_wrong_rows"), carried(page))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode("utf-8-sig").splitlines()[1].startswith("99;60;Niemand")


def test_a_file_that_cannot_be_read_has_no_sums(desk: Client, town: Town) -> None:
    page = choose(desk, town, "naam,x\n")
    assert "Dit bestand kan nog niet geboekt worden" in page
    assert "Nog in de regeling" not in page


def test_a_file_whose_rows_went_bad_meanwhile_is_not_booked(desk: Client, town: Town) -> None:
    page = choose(desk, town, f"nummer;bedrag\n{town.neighbour.number};12,50\n")
    Holder.objects.filter(pk=town.neighbour.pk).update(number="1")
    said = {"decision_ref": "Z-1", "reason": "Herfst", "confirmation": "1", **carried(page)}
    assert "Niemand heeft nummer" in post(desk, "import_book", **said)
    assert town.balance(CLOTHES, town.neighbour) == 15_000


@pytest.mark.parametrize("file", ["", "%%%", "bm9uc2Vucw=="])
def test_a_carried_file_that_was_tampered_with_books_nothing(desk: Client, town: Town, file: str) -> None:
    before = GrantBatch.objects.count()
    post(desk, "import_book", programme=town.programmes[CLOTHES].pk, file=file, confirmation="0")
    assert GrantBatch.objects.count() == before


def test_a_file_that_is_too_large_is_told_so(desk: Client, town: Town) -> None:
    assert "groter dan 1 MB" in choose(desk, town, "nummer;bedrag\n" + "1;2\n" * 300_000)


def test_a_form_without_a_file_says_what_is_missing(desk: Client, town: Town) -> None:
    assert "Vul dit in: Bestand" in post(desk, "import", programme=town.programmes[CLOTHES].pk)


def test_the_empty_file_has_the_right_columns(desk: Client) -> None:
    answer = desk.get(reverse("desk:import_template"))
    assert answer.content.decode("utf-8-sig") == "nummer;bedrag\r\n"


def test_a_long_booking_shows_how_far_it_is_and_goes_on(
    desk: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    top_up(desk, town, "50", "book")
    batch = GrantBatch.objects.get(status="booking")
    page = get(desk, "batch", batch.pk)
    assert 'hx-trigger="every 1s"' in page
    assert reverse("desk:book", args=[batch.pk]) in page
    assert 'value="0"' in get(desk, "progress", batch.pk)
    answer = desk.post(reverse("desk:book", args=[batch.pk]), headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert town.balance() == 20_000


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


def programme(**changes: object) -> dict[str, object]:
    """A programme as it is typed."""
    return {
        "name": "Boeken", "name_en": "Books", "icon": "book", "kind": "tickets", "ticket_price": "7,50",
        "starts": "1-1-2026", "ends": "31-12-2027", "categories": ["school"], "budget": "1000",
        "decision_ref": "B-9",
    } | changes  # fmt: skip


def test_a_programme_is_made_with_its_budget(desk: Client, town: Town) -> None:
    assert "€ 1.000,00" in post(desk, "programme_new", **programme())
    made = Programme.objects.get(name="Boeken")
    assert (made.number, made.unit_cents, made.categories) == (51, 750, ["school"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ticket_price": ""}, "Vul in wat één kaartje kost"),
        ({"ends": "1-1-2025"}, "De laatste dag ligt vóór de eerste"),
        ({"budget": "veel"}, "Schrijf een bedrag boven nul"),
    ],
)
def test_a_programme_that_is_not_right_says_why(
    desk: Client, town: Town, changes: dict[str, object], words: str
) -> None:
    assert words in post(desk, "programme_new", **programme(**changes))
    assert not Programme.objects.filter(name="Boeken").exists()


def test_budgets_are_a_picture_with_the_same_numbers_in_words(desk: Client, town: Town) -> None:
    page = get(desk, "programmes")
    assert page.count('<svg class="stacked"') == 4
    assert "€ 100.000,00" in page
    assert "€ 300,00" in page
    assert "€ 99.700,00" in page


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
    assert queries(desk, name) <= before <= 22


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
