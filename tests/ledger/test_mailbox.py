"""The folders shared with the bank's software: what came is read, and never lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ledger import api
from ledger.api import Code, mailbox, reconcile
from ledger.models import BankFile
from tests.ledger.banking import CITY, IBANS, OWN, Bank, held
from tests.ledger.conftest import MUNI, NOON, Town


@pytest.fixture
def open_books(town: Town) -> Town:
    api.setup_log(MUNI, NOON)
    return town


def put(settings: Settings, name: str, data: bytes) -> Path:
    path = Path(settings.BANK_DIR) / "in" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(settings: Settings, folder: str) -> list[str]:
    place = Path(settings.BANK_DIR) / folder
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


def test_files_that_came_out_of_order_are_all_read(open_books: Town, settings: Settings) -> None:
    bank = Bank()
    first, second, third = (bank.statement(bank.line(cents, other_iban=CITY)) for cents in (100, 20, 3))
    put(settings, "1.xml", third)
    put(settings, "2.xml", first)
    assert [done.funding for done in mailbox.collect(MUNI, NOON)] == [1]
    assert names(settings, "in") == ["1.xml", "1.xml.txt"]
    assert "ontbreekt" in (Path(settings.BANK_DIR) / "in" / "1.xml.txt").read_text()
    put(settings, "3.xml", second)
    assert len(mailbox.collect(MUNI, NOON)) == 2
    assert (names(settings, "in"), names(settings, "done")) == ([], ["1.xml", "2.xml", "3.xml"])
    assert held(open_books, Code.BANK) == 123


def test_a_refused_file_says_why_in_two_languages(open_books: Town, settings: Settings) -> None:
    bank = Bank()
    put(settings, "a.xml", bank.statement(bank.line(1)).replace(OWN.encode(), IBANS[0].encode()))
    put(settings, "b.zip", b"PK\x03\x04")
    assert mailbox.collect(MUNI, NOON) == []
    assert names(settings, "refused") == ["a.xml", "a.xml.txt", "b.zip", "b.zip.txt"]
    why = (Path(settings.BANK_DIR) / "refused" / "a.xml.txt").read_text()
    assert "Kies het bestand van onze rekening" in why
    assert "Line 14, Stmt/Acct/Id/IBAN: This is about account" in why
    assert not BankFile.objects.exists()


def test_a_name_is_used_again_and_nothing_is_overwritten(open_books: Town, settings: Settings) -> None:
    bank = Bank()
    for cents in (1, 2):
        put(settings, "day.xml", bank.statement(bank.line(cents)))
        mailbox.collect(MUNI, NOON)
    assert names(settings, "done") == ["day-2.xml", "day.xml"]


def test_cut_off_before_the_move_it_is_moved_later(open_books: Town, settings: Settings) -> None:
    bank = Bank()
    data = bank.statement(bank.line(1))
    put(settings, "day.xml", data)
    mailbox.collect(MUNI, NOON)
    put(settings, "day.xml", data)
    assert mailbox.collect(MUNI, NOON) == []
    assert (names(settings, "in"), names(settings, "refused")) == ([], [])
    assert held(open_books, Code.BANK) == 1


def test_what_is_not_whole_yet_is_left_alone(open_books: Town, settings: Settings) -> None:
    put(settings, ".day.xml.123", b"<Doc")
    put(settings, "day.xml.part", b"<Doc")
    assert mailbox.collect(MUNI, NOON) == []
    assert names(settings, "in") == [".day.xml.123", "day.xml.part"]


def test_a_file_that_another_process_took_holds_up_no_other(
    open_books: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank()
    first, second = (bank.statement(bank.line(cents)) for cents in (1, 2))
    mine, _ = put(settings, "1.xml", first), put(settings, "2.xml", second)
    taken = reconcile.import_file

    def both(muni: int, name: str, data: bytes, actor: str, now: datetime) -> reconcile.Imported:
        if name == mine.name:  # the other was faster: it took the file, and moved it
            taken(muni, name, data, actor, now)
            mine.unlink()
        return taken(muni, name, data, actor, now)

    monkeypatch.setattr(reconcile, "import_file", both)
    assert len(mailbox.collect(MUNI, NOON)) == 1
    assert (names(settings, "in"), names(settings, "done")) == ([], ["2.xml"])
    assert held(open_books, Code.BANK) == 3


def test_what_goes_wrong_with_a_file_is_told_and_holds_up_no_other(
    open_books: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bank = Bank()
    put(settings, "1.xml", b"any")
    put(settings, "2.xml", bank.statement(bank.line(2)))
    read = mailbox._read

    def broken(path: Path) -> bytes:
        if path.name == "1.xml":
            raise PermissionError("not ours")
        return read(path)

    monkeypatch.setattr(mailbox, "_read", broken)
    assert len(mailbox.collect(MUNI, NOON)) == 1
    assert names(settings, "in") == ["1.xml"]
    assert "1.xml" in caplog.text and "not ours" in caplog.text
