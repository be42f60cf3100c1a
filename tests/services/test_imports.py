"""A file of top-ups: each wrong row is named with what to do, nothing is booked before all rows are right."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from tests.worlds import CLOTHES, LATER, ZOO, Town
from wallet.models import GrantBatch, Holder, Staff, Voucher
from wallet.services import grant, imports
from wallet.services.imports import Report
from wallet.services.refused import Refused


def check(town: Town, text: str | bytes, prg: int = CLOTHES) -> Report:
    """The dry run of a file, with its words in English."""
    data = text.encode() if isinstance(text, str) else text
    with translation.override("en"):
        return imports.dry_run(data, town.programmes[prg], timezone.now(), "file.csv")


def rows(town: Town, *amounts: str) -> str:
    """A file with the holder and the neighbour."""
    numbers = (town.holder.number, town.neighbour.number)
    return "nummer;bedrag\n" + "".join(f"{number};{amount}\n" for number, amount in zip(numbers, amounts))  # noqa: B905


def book(town: Town, report: Report, staff: Staff | None = None) -> GrantBatch:
    """Book a report."""
    return imports.book(
        report=report, decision_ref="Z-1", reason="Herfst", staff=staff or town.staff, now=timezone.now()
    )


def test_a_good_file_is_counted_and_changes_nothing(town: Town) -> None:
    report = check(town, rows(town, "12,50", "60"))
    assert (report.problems, len(report.good), report.total_cents) == ([], 2, 7_250)
    assert (report.bookable, report.confirmation, town.balance()) == (True, "2", 15_000)


@pytest.mark.parametrize("amount", ["12,50", "12.50", "€ 12,50", " 12,50 ", "€\u00a012,50"])
def test_an_amount_may_be_written_as_people_do(town: Town, amount: str) -> None:
    assert check(town, rows(town, amount)).total == 1_250


@pytest.mark.parametrize(
    "text",
    [
        "nummer;bedrag\n{n};12,50\n",
        'nummer,bedrag\n{n},"12,50"\n',
        "nummer,bedrag\n{n},12.50\n",
        "\ufeffnummer;bedrag\r\n{n};12,50\r\n",
        "Naam;Nummer;Bedrag\nIemand;{n};12,50\n",
        "number;amount\n{n};12.50\n",
        "nummer;bedrag\n\n{n};12,50\n;\n",
        "nummer;bedrag\n{spaced};12,50\n",
    ],
)
def test_files_as_spreadsheets_write_them_are_read(town: Town, text: str) -> None:
    number = town.holder.number
    report = check(town, text.format(n=number, spaced=f"{number[:4]} {number[4:]}"))
    assert (report.problems, report.total) == ([], 1_250)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        ("nummer;bedrag\n1;2\nJosé".encode("latin-1"), "UTF-8"),
        ("nummer;bedrag\n1;2\n".encode("utf-16"), "UTF-8"),
        (b"\x00\x01\x02", "UTF-8"),
        (b"nummer;bedrag\n", "no rows"),
        (b"nummer;naam\n1;2\n", "bedrag"),
        (b"holder;bedrag\n1;2\n", "nummer"),
        (b"nummer\tbedrag\n1\t2\n", "nummer"),
        (b"nummer|bedrag\n1|2\n", "nummer"),
        (b"nummer;bedrag;bedrag\n1;2;3\n", "twice"),
        (b'nummer;bedrag\n1;"2\n', "quote"),
        (b"nummer;bedrag\n" + b"1;2\n" * 250_000, "1 MB"),
        (b"n;b\n" + b"1;2\n" * 10, "missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_says_why(town: Town, data: bytes, word: str) -> None:
    report = check(town, data)
    assert [problem.row for problem in report.problems] == [None]
    assert word in report.problems[0].message
    assert not report.bookable


def test_too_many_rows_are_refused(town: Town) -> None:
    report = check(town, "nummer;bedrag\n" + "1;2\n" * (imports.ROWS_AT_MOST + 1))
    assert "20.000" in report.problems[0].message


@pytest.mark.parametrize(
    ("amount", "word"),
    [
        ("-5", "below zero"),
        ("\u22125", "below zero"),
        ("0", "zero"),
        ("0,00", "zero"),
        ("", "missing"),
        ("veel", "“veel”"),
        ("12,5", "“12,5”"),
        ("1.250,00", "thousands"),
        ("12,505", "“12,505”"),
        ("٣", "“٣”"),
        ("=1+1", "“=1+1”"),
        ("99999999", "“99999999”"),
    ],
)
def test_an_amount_that_is_not_right_is_named_with_its_column(town: Town, amount: str, word: str) -> None:
    report = check(town, rows(town, "10", amount))
    (problem,) = report.problems
    assert (problem.row, problem.column) == (3, "bedrag")
    assert word in problem.message
    assert len(report.good) == 1


@pytest.mark.parametrize("amount", ["1,50", "2.5", "-1", "0"])
def test_tickets_are_whole(town: Town, amount: str) -> None:
    assert [problem.row for problem in check(town, rows(town, amount), ZOO).problems] == [2]


@pytest.mark.parametrize("prg", [CLOTHES, ZOO])
def test_what_is_quoted_is_what_was_written_or_says_that_it_goes_on(town: Town, prg: int) -> None:
    long, longer = "1234567890.1234567890.1234567890", "9" * 70
    holder, neighbour = check(town, rows(town, long, longer), prg).problems
    assert f"“{long}”" in holder.message
    assert f"“{longer[:39]}…”" in neighbour.message
    unknown = [f"Nobody has number {long}.", f"Nobody has number {longer[:39]}…."]
    found = check(town, f"nummer;bedrag\n{long};1\n{longer};1\n", prg)
    assert all(words in one.message for words, one in zip(unknown, found.problems, strict=True))
    [header] = check(town, f"{'9' * 300};bedrag\n1;2\n", prg).problems
    assert f"{'9' * 199}…." in header.message


def test_tickets_are_counted_at_their_price(town: Town) -> None:
    report = check(town, rows(town, "2", "1"), ZOO)
    assert (report.total, report.total_cents) == (3, 2_250)


def test_an_unknown_holder_is_named(town: Town) -> None:
    (problem,) = check(town, "nummer;bedrag\n99;10\n").problems
    assert (problem.row, problem.column) == (2, "nummer")
    assert "99" in problem.message


def test_a_missing_number_is_named(town: Town) -> None:
    (problem,) = check(town, "nummer;bedrag\n;10\n").problems
    assert (problem.row, problem.column, "missing" in problem.message) == (2, "nummer", True)


def test_a_holder_of_another_municipality_is_unknown(town: Town) -> None:
    home = town.holder.household
    home.pk = None
    home.muni = type(town.muni).objects.create(number=15, name="X", phone="", hours="", address="")
    home.save()
    stranger = Holder.objects.create(
        muni=home.muni, household=home, number="777", name="X", birth_date="1990-01-01"
    )
    assert check(town, f"nummer;bedrag\n{stranger.number};10\n").problems[0].column == "nummer"


def test_the_same_holder_twice_is_named_with_the_other_row(town: Town) -> None:
    number = town.holder.number
    (problem,) = check(town, f"nummer;bedrag\n{number};10\n{number};20\n").problems
    assert (problem.row, problem.column) == (3, "nummer")
    assert "row 2" in problem.message


def test_a_row_with_a_cell_too_many_says_how_to_split(town: Town) -> None:
    (problem,) = check(town, f"nummer,bedrag\n{town.holder.number},12,50\n").problems
    assert (problem.row, problem.column) == (2, "")
    assert "comma in an amount" in problem.message


def test_two_things_wrong_in_one_row_are_both_named(town: Town) -> None:
    report = check(town, "nummer;bedrag\n99;veel\n")
    assert [problem.column for problem in report.problems] == ["nummer", "bedrag"]


def test_more_than_the_budget_is_named_with_the_sums(town: Town) -> None:
    report = check(town, rows(town, "99000", "99000"))
    (problem,) = report.problems
    assert problem.row is None
    assert "€\u00a0198.000,00" in problem.message
    assert not report.bookable


def test_a_programme_that_has_ended_takes_no_file(town: Town) -> None:
    town.programmes[CLOTHES].ends = timezone.localdate() - timedelta(days=1)
    assert "ended" in check(town, rows(town, "10")).problems[0].message


def test_the_same_file_is_taken_once(town: Town) -> None:
    book(town, check(town, rows(town, "10", "10")))
    (problem,) = check(town, rows(town, "10", "10")).problems
    assert "was imported on" in problem.message
    assert town.balance() == 16_000


def test_the_same_list_may_top_up_another_programme(town: Town) -> None:
    book(town, check(town, rows(town, "2", "2"), ZOO))
    assert check(town, rows(town, "2", "2")).problems == []


def test_a_refused_file_may_come_again(town: Town) -> None:
    batch = book(town, check(town, rows(town, "600", "600")))
    grant.refuse(batch=batch, staff=town.staff, reason="Vergissing", now=timezone.now())
    assert check(town, rows(town, "600", "600")).problems == []


def test_two_colleagues_with_one_file_book_it_once(town: Town) -> None:
    first, second = (check(town, rows(town, "10", "10")) for _ in range(2))
    book(town, first)
    with pytest.raises(Refused):
        book(town, second)
    assert town.balance() == 16_000


def test_the_database_itself_takes_a_file_once(town: Town) -> None:
    batch = book(town, check(town, rows(town, "10", "10")))
    again = GrantBatch.objects.get(pk=batch.pk)
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_a_good_file_is_booked_as_one_decision(town: Town) -> None:
    batch = book(town, check(town, rows(town, "12,50", "60")))
    assert (batch.status, batch.lines_count, batch.total_cents) == ("booked", 2, 7_250)
    assert (town.balance(), town.balance(CLOTHES, town.neighbour)) == (16_250, 21_000)


def test_a_large_file_waits_for_another_person(town: Town) -> None:
    report = check(town, rows(town, "400", "400"))
    assert report.four_eyes
    batch = book(town, report)
    assert (batch.status, town.balance()) == ("waiting", 15_000)


def test_a_file_with_a_bad_row_books_nothing(town: Town) -> None:
    with pytest.raises(Refused):
        book(town, check(town, rows(town, "10", "-1")))
    assert town.balance() == 15_000


def test_holders_without_a_voucher_get_one(town: Town) -> None:
    Voucher.objects.filter(programme=town.programmes[LATER], holder=town.neighbour).delete()
    report = check(town, rows(town, "10", "10"), LATER)
    assert report.new_vouchers == 1
    assert Voucher.objects.filter(programme=town.programmes[LATER]).count() == 1
    book(town, report)
    assert town.balance(LATER, town.neighbour) == 1_000


def test_a_long_file_waits_to_be_booked_by_its_page_and_goes_on_where_it_stopped(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 1)
    batch = book(town, check(town, rows(town, "10", "10")))
    assert (batch.status, town.balance()) == ("booking", 15_000)
    grant.book(batch=batch, now=timezone.now())
    grant.book(batch=batch, now=timezone.now())
    assert (batch.status, town.balance()) == ("booked", 16_000)


def test_only_the_wrong_rows_come_back_with_what_to_do(town: Town) -> None:
    report = check(town, rows(town, "10", "veel") + "99;5\n")
    got = list(csv.reader(io.StringIO(imports.wrong_rows(report)), delimiter=";"))
    assert [row[:2] for row in got[1:]] == [[town.neighbour.number, "veel"], ["99", "5"]]
    assert "veel" in got[1][2]


def test_no_cell_that_comes_back_is_a_formula(town: Town) -> None:
    report = check(town, 'nummer;bedrag\n"=HYPERLINK(1)";5\n"@x";-5\n')
    cells = [
        cell for row in csv.reader(io.StringIO(imports.wrong_rows(report)), delimiter=";") for cell in row
    ]
    assert [cell for cell in cells if cell.startswith(("=", "@"))] == []


def test_every_message_has_dutch_words(town: Town) -> None:
    bad = f"nummer;bedrag\n99;veel\n{town.holder.number};-1\n;\n5\n"
    with translation.override("nl"):
        dutch = imports.dry_run(bad.encode(), town.programmes[CLOTHES], timezone.now())
    english = check(town, bad)
    assert len(dutch.problems) == len(english.problems) > 3
    assert {problem.message for problem in dutch.problems} & {p.message for p in english.problems} == set()


def test_the_words_of_this_test_are_compiled() -> None:
    compiled = Path(__file__).resolve().parents[2] / "wallet/locale/nl/LC_MESSAGES/django.mo"
    assert compiled.is_file(), "run `make test`, which compiles the translations"
