"""The finance desk: a batch is paid by two people, and what the bank says is read and explained."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api as ledger
from ledger.bank import camt053
from ledger.log import entry
from ledger.models import BankClearing, BankLine, BankStatement, LogEntry, Override, PainFile, Payout
from tests.web.desk_client import get, post, queries
from tests.worlds import CLOTHES, SPORT, Town
from wallet.models import DeskEvent, OverrideRequest, Staff, YearClose
from wallet.services.payments import Batch

OWN = "NL02ABNA0123456789"


@pytest.fixture
def bank_settings(settings: Settings, tmp_path: Path) -> Path:
    """An account to pay from, and folders for its files."""
    settings.BANK_IBAN, settings.BANK_NAME, settings.BANK_DIR = OWN, "Teststad", tmp_path / "bank"
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.POLICY_FILE, settings.WITNESSES = tmp_path / "policy.txt", ""
    return tmp_path / "bank"


def _log_in(town: Town, name: str) -> Client:
    client = Client()
    client.force_login(Staff.objects.create(username=name, muni=town.muni, role=Staff.Role.FINANCE))
    return client


@pytest.fixture
def one(town: Town, bank_settings: Path) -> Client:
    """Somebody of finance."""
    return _log_in(town, "one")


@pytest.fixture
def two(town: Town, bank_settings: Path) -> Client:
    """Somebody else of finance."""
    return _log_in(town, "two")


@pytest.fixture
def batch(town: Town, bank_settings: Path) -> int:
    """The number of a batch of € 25 that no witness signed; the shop's account has rested."""
    party, now = ledger.merchant_party(town.muni.pk, str(town.shop.number)), timezone.now()
    account = ledger.payees.accounts(town.muni.pk, party, now).waiting
    assert account
    ledger.payees.approve(account, "staff:0", now - timedelta(days=30))
    held = town.passes(CLOTHES)[0]
    till = town.till()
    assert till.redeem(till.scan(held.symbol(timezone.now().timestamp(), 2500)), 2500, CLOTHES).status == 201
    sealed = ledger.settle(town.muni.pk, timezone.now(), force=True).batch
    assert sealed
    return sealed


@pytest.fixture
def let_pass(one: Client, two: Client, batch: int) -> int:
    """The batch, which two people let pass without its witnesses."""
    assert "wacht op iemand anders" in post(one, "override_ask", batch, reason="Storing bij de getuigen")
    request = OverrideRequest.objects.get()
    assert "Iemand anders beslist" in post(one, "override_approve", request.pk)
    assert "Doorgelaten" in post(two, "override_approve", request.pk)
    return batch


def test_without_witnesses_nothing_is_paid_and_the_page_says_what_to_do(one: Client, batch: int) -> None:
    assert "Wacht op getuigen" in get(one, "payments")
    assert "getuigen hebben deze betaalronde nog niet getekend" in post(one, "payment_file", batch)
    assert "zodra genoeg partners hebben getekend" in get(one, "payment", batch)
    assert not PainFile.objects.exists()


def test_what_two_people_let_pass_is_in_the_log_and_paid_by_two_people(
    one: Client, two: Client, let_pass: int, bank_settings: Path
) -> None:
    leaves = [entry.parse(bytes(leaf)) for leaf in LogEntry.objects.values_list("leaf", flat=True)]
    assert [leaf.code for leaf in leaves if isinstance(leaf, entry.Override)] == ["no-quorum"]
    page = post(one, "payment_file", let_pass)
    assert "Het betaalbestand is klaar" in page
    assert ">Onderweg<" not in page
    assert "U hebt dit bestand gemaakt" in get(one, "payment", let_pass)
    assert "U hebt dit bestand zelf gemaakt" in post(one, "payment_send", let_pass)
    assert not list(bank_settings.glob("out/*"))
    page = post(two, "payment_send", let_pass)
    assert ">Onderweg<" in page
    assert "onderweg naar de bank" in page
    assert "Test Kleding" in page
    assert "€ 25,00" in page
    assert [file.suffix for file in bank_settings.glob("out/*")] == [".xml"]
    assert PainFile.objects.count() == 1


def test_a_file_made_twice_is_one_file_and_one_line_of_the_trail(
    one: Client, two: Client, let_pass: int
) -> None:
    for _ in range(2):
        post(one, "payment_file", let_pass)
    assert (PainFile.objects.count(), Payout.objects.count()) == (1, 1)
    for _ in range(2):
        post(two, "payment_send", let_pass)
    lines = DeskEvent.objects.filter(subject_type="batch", subject_id=f"{let_pass}").order_by("pk")
    assert list(lines.values_list("verb", flat=True)) == ["payment made", "payment released"]


def test_who_asked_can_withdraw_and_somebody_else_can_refuse(one: Client, two: Client, batch: int) -> None:
    for who in (one, two):
        post(one, "override_ask", batch, reason="Haast")
        request = OverrideRequest.objects.get(status="waiting")
        assert "Niet doorgelaten" in post(who, "override_refuse", request.pk)
        assert "al over beslist" in post(two, "override_approve", request.pk)


def test_what_waits_no_more_is_not_let_pass(one: Client, two: Client, batch: int) -> None:
    post(one, "override_ask", batch, reason="Haast")
    request = OverrideRequest.objects.get()
    ledger.Batch.objects.filter(no=batch).update(status="witnessed")
    assert "wacht niet meer op getuigen" in post(two, "override_approve", request.pk)
    request.refresh_from_db()
    assert (request.status, Override.objects.count()) == ("waiting", 0)
    post(two, "override_refuse", request.pk)
    assert "wacht niet meer op getuigen" in post(one, "override_ask", batch, reason="Haast")
    assert not OverrideRequest.objects.filter(status="waiting").exists()


def test_a_batch_says_how_it_ended(one: Client, two: Client, let_pass: int, town: Town) -> None:
    post(one, "payment_file", let_pass)
    post(two, "payment_send", let_pass)
    assert "Wacht op de bank" in get(one, "payment", let_pass)
    ledger.Batch.objects.update(status="booked")
    assert "Betaald zonder getuigen" in get(one, "payments")
    Payout.objects.update(status="booked")
    Payout.objects.update(status="returned")
    assert "1 betaling is niet aangekomen" in get(one, "payments")


def test_a_batch_without_a_file_is_not_called_paid(one: Client, let_pass: int, town: Town) -> None:
    party = ledger.merchant_party(town.muni.pk, str(town.shop.number))
    current = ledger.payees.accounts(town.muni.pk, party, timezone.now()).current
    assert current
    ledger.payees.block(current, "AC04", timezone.now())
    assert "niets te betalen" in post(one, "payment_file", let_pass)
    for name, args in (("payments", []), ("payment", [let_pass])):
        page = get(one, name, *args)
        assert "Geen eigen bestand" in page
        assert ">Betaald<" not in page
    assert Batch(2, timezone.now(), n=3, due=0, status="booked", file=None, unpaid=0).step == "empty"


def test_the_first_page_says_what_waits_for_whom(one: Client, two: Client, batch: int, town: Town) -> None:
    assert "2 rekeningen van winkels om goed te keuren" not in get(one, "home")
    assert "1 rekening van een winkel om goed te keuren" in get(one, "home")
    post(one, "override_ask", batch, reason="Haast")
    post(one, "programme", CLOTHES, amount="5", decision_ref="B-2", budget_id=uuid4())
    own, other = get(one, "home"), get(two, "home")
    for words in ("1 vraag om iets door te laten", "1 budget om goed te keuren"):
        assert words in other
        assert words not in own
    ledger.Batch.objects.update(status="witnessed")
    assert "1 betaalbestand om te maken" in get(one, "home")
    post(one, "payment_file", batch)
    assert "om naar de bank te sturen" not in get(one, "home")
    caseworker = Client()
    caseworker.force_login(town.staff)
    assert "Er wacht niets" in get(caseworker, "home")


def test_an_override_wants_a_reason(one: Client, batch: int) -> None:
    assert "Vul dit in" in post(one, "override_ask", batch, reason="")
    assert not OverrideRequest.objects.exists()


def statement(*lines: camt053.Line, opening: int = 0) -> SimpleUploadedFile:
    """A statement of our account: the first, or the second when there was money on it."""
    closing = opening + sum(line.moved for line in lines)
    nth = 2 if opening else 1
    said = camt053.Statement(f"S{nth}", nth, OWN, date(2026, 6, 2), opening, closing, lines)
    data = camt053.write(camt053.Statements("camt.053.001.08", "M1", (said,)))
    return SimpleUploadedFile("s1.xml", data)


def line(amount: int, ref: str, **says: str) -> camt053.Line:
    """A line of the bank."""
    return camt053.Line(ref, date(2026, 6, 2), amount > 0, abs(amount), **says)


@pytest.fixture
def known_log(town: Town, bank_settings: Path) -> None:
    """A log that takes leaves."""
    ledger.setup_log(town.muni.pk, timezone.now())


@pytest.mark.usefixtures("known_log")
class TestTheBanksFiles:
    def test_a_statement_is_read_once(self, one: Client) -> None:
        page = post(one, "bank", file=statement(line(5_000, "R1", text="Onbekend")))
        assert "1 die nergens bij passen" in page
        assert "€ 50,00" in page
        assert "is al gelezen" in post(one, "bank", file=statement(line(5_000, "R1", text="Onbekend")))
        assert BankLine.objects.count() == 1

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "geen heel XML-bestand"),
            (b"<Document>", "geen heel XML-bestand"),
            (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "documenttype"),
            (b"nummer;bedrag", "geen heel XML-bestand"),
        ],
    )
    def test_what_is_no_file_of_a_bank_says_so(self, one: Client, data: bytes, words: str) -> None:
        assert words in post(one, "bank", file=SimpleUploadedFile("x.xml", data))
        assert not BankLine.objects.exists()

    def test_an_open_line_is_explained_by_one_person(self, one: Client) -> None:
        post(one, "bank", file=statement(line(5_000, "R1", text="Storting")))
        assert "€ 50,00</bdi> kwam binnen" in get(one, "payments")
        assert "Er kwam geld binnen dat nergens bij past" in get(one, "open_items")
        (open_line,) = BankLine.objects.all()
        assert "wat was dit geld?" in get(one, "clear", open_line.pk)
        page = post(one, "clear", open_line.pk, as_what="funding", reason="Afgesproken met de afdeling")
        assert "Afgehandeld" in page
        assert "Er staat niets open" in page
        assert "al afgehandeld" in post(one, "clear", open_line.pk, as_what="funding", reason="Nog eens")

    def test_money_is_kept_or_lost_only_by_two_people(self, one: Client, two: Client) -> None:
        post(one, "bank", file=statement(line(5_000, "R1"), line(-300, "R2")))
        for ref, what in (("R1", "kept"), ("R2", "written off")):
            open_line = BankLine.objects.get(ref=ref)
            assert "wacht op iemand anders" in post(
                one, "clear", open_line.pk, as_what=what, reason="Niemand weet het"
            )
            assert not BankClearing.objects.filter(line=open_line).exists()
            request = OverrideRequest.objects.get(status="waiting")
            assert "Niemand weet het" in get(two, "payments")
            assert "Doorgelaten" in post(two, "override_approve", request.pk)
            assert BankClearing.objects.filter(line=open_line).exists()

    def test_a_line_that_was_cleared_meanwhile_is_not_kept(self, one: Client, two: Client) -> None:
        post(one, "bank", file=statement(line(5_000, "R1")))
        open_line = BankLine.objects.get()
        post(one, "clear", open_line.pk, as_what="kept", reason="Niemand weet het")
        post(one, "clear", open_line.pk, as_what="funding", reason="Toch van ons")
        request = OverrideRequest.objects.get()
        assert "al afgehandeld" in post(two, "override_approve", request.pk)
        request.refresh_from_db()
        assert (request.status, Override.objects.count()) == ("waiting", 0)

    def test_what_is_open_of_another_line_is_shown_and_not_all_of_it(self, one: Client) -> None:
        post(one, "bank", file=statement(line(400, "R1"), line(-1_000, "R2", text="Hele bestand")))
        debit = BankLine.objects.get(ref="R2")
        debit.pk, debit.pos, debit.ref, debit.text = None, 9, "R3", "Voor een deel herkend"
        debit.save()
        debit.matches.create(how="unmatched", amount=400, transfer=uuid4())
        page = get(one, "clear", BankLine.objects.get(ref="R1").pk)
        assert "€ 4,00, Voor een deel herkend" in page
        assert "€ 10,00, Hele bestand" in page

    def test_lists_take_as_many_queries_whatever_their_length(self, one: Client) -> None:
        post(one, "bank", file=statement(line(5_000, "R1"), line(-300, "R2")))
        pages = [("payments",), ("open_items",), ("clear", BankLine.objects.get(ref="R1").pk), ("home",)]
        before = [queries(one, *page) for page in pages]
        again = [line(amount * nth, f"R{nth}{amount > 0:d}") for nth in range(3, 9) for amount in (700, -90)]
        post(one, "bank", file=statement(*again, opening=4_700))
        assert "14 posten staan open" in get(one, "payments")
        assert [queries(one, *page) for page in pages] == before
        assert max(before) <= 22

    def test_statements_and_open_items_have_pages(self, one: Client) -> None:
        lines = [line(100, f"R{nth}") for nth in range(51)]
        post(one, "bank", file=statement(*lines))
        assert get(one, "open_items").count("Er kwam geld binnen") == 50
        assert one.get(reverse("desk:open_items"), {"page": 2}).content.decode().count("Er kwam geld") == 1
        row = BankStatement.objects.get()
        for nth in range(20):
            row.pk, row.stmt_id = None, f"later {nth}"
            row.save()
        assert "Pagina 1 van 2" in get(one, "bank")

    def test_what_does_not_add_up_changes_nothing(self, one: Client) -> None:
        post(one, "bank", file=statement(line(5_000, "R1"), line(-300, "R2")))
        page = post(
            one,
            "clear",
            BankLine.objects.get(ref="R1").pk,
            as_what="reversed",
            others=BankLine.objects.get(ref="R2").pk,
            reason="Vergissing",
        )
        assert "De bedragen moeten gelijk zijn" in page
        assert not BankClearing.objects.exists()


class TestMonthAndYear:
    def test_a_month_says_what_keeps_it_open(self, one: Client, batch: int) -> None:
        assert get(one, "periods").count("Klaar") == 3
        post(one, "bank", file=statement(line(5_000, "R1")))
        page = get(one, "periods")
        assert (page.count("Klaar"), page.count("Nog open")) == (0, 3)
        assert page.count("Er kwam € 50,00 binnen en dat past nergens bij") == 3

    def test_the_books_are_a_file_for_other_programs(self, one: Client, batch: int) -> None:
        answer = one.get(reverse("desk:export_books"))
        names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert names == ["accounts.csv", "batches.csv", "books.beancount", "transfers.csv"]

    def test_a_programme_is_closed_by_two_people_when_it_is_over(
        self, one: Client, two: Client, town: Town
    ) -> None:
        town.programmes[SPORT].ends = timezone.localdate() - timedelta(days=60)
        town.programmes[SPORT].save()
        assert "wacht nu op iemand anders" in post(one, "close_ask", SPORT)
        close = YearClose.objects.get()
        assert "Iemand anders beslist" in post(one, "close_approve", close.pk)
        assert "nog niet af" in post(two, "close_approve", close.pk)  # the books know better
        close.refresh_from_db()
        assert close.status == "waiting"
        assert "Niet gesloten" in post(two, "close_refuse", close.pk)
