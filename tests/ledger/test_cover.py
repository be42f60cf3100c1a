"""Proof of cover: every pot is under the root, and who is left out or cheated sees it."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from pytest_django.fixtures import Settings

from ledger import api, cover, leaves, shards, tasks
from ledger.api import Code, Kind
from ledger.checks import role_can_only_add
from ledger.log import cover as tree
from ledger.models import (
    Account,
    BankFile,
    BankStatement,
    CoverLine,
    CoverProof,
    CoverTile,
    Log,
    LogEntry,
)
from tests.ledger.conftest import MUNI, NOON, Town, furnished
from tests.ledger.covering import leaf_of, prove, shown
from tests.ledger.test_guards import refused
from tests.ledger.test_roles import APP, WORKER

Start = Callable[[Log], None]


def statement(day: date, closing: int, iban: str = "NL02ABNA0123456789", number: int = 1) -> str:
    """The bank says so; the hash of its file."""
    sha = uuid.uuid4().bytes * 2
    file = BankFile.objects.create(
        muni=MUNI, form="camt.053", name="x", sha256=sha, imported_by="x", imported_at=NOON
    )
    BankStatement.objects.create(
        muni=MUNI,
        file=file,
        iban=iban,
        stmt_id=sha.hex()[:35],
        number=number,
        on=day,
        opening=0,
        closing=closing,
    )
    return sha.hex()


class TestTheLeaf:
    def test_it_says_what_is_owed_and_what_is_there(self, town: Town) -> None:
        town.pay(500)
        town.settle()
        town.pay(300, pot=1, shop=1)
        leaf = prove(town)
        assert (leaf.pots_total, leaf.fund_total, leaf.payable_total) == (29_200, 970_000, 800)
        assert (leaf.receivable, leaf.bank_closing, leaf.statement, leaf.gap) == (1_000_000, 0, "", 0)
        assert leaf.date == "2026-06-01" and leaf.no == 1

    def test_before_the_first_statement_the_books_speak_for_the_bank(self, town: Town) -> None:
        bank, receivable = town.account(Code.BANK), town.account(Code.RECEIVABLE)
        town.post(town.posting(Kind.FUNDING, bank, receivable, 400_000))
        leaf = prove(town)
        assert (leaf.bank_closing, leaf.receivable, leaf.gap) == (400_000, 600_000, 0)

    def test_the_newest_statement_of_each_account_counts(self, town: Town) -> None:
        bank, receivable = town.account(Code.BANK), town.account(Code.RECEIVABLE)
        town.post(town.posting(Kind.FUNDING, bank, receivable, 400_000))
        statement(date(2026, 5, 30), 10_000, iban="NL69INGB0123456789")
        statement(date(2026, 5, 30), 9)
        statement(date(2026, 5, 31), 7, number=1)
        newest = statement(date(2026, 5, 31), 390_000, number=2)
        leaf = prove(town)
        assert (leaf.bank_closing, leaf.statement, leaf.gap) == (400_000, newest, 0)

    def test_money_that_is_gone_from_the_bank_is_a_gap_and_an_alarm(
        self, town: Town, caplog: pytest.LogCaptureFixture
    ) -> None:
        town.post(town.posting(Kind.FUNDING, town.account(Code.BANK), town.account(Code.RECEIVABLE), 400_000))
        statement(date(2026, 5, 31), 399_000)
        with caplog.at_level(logging.ERROR):
            assert prove(town).gap == -1_000
        assert "1000 cents are missing" in caplog.text
        state = api.cover_state(MUNI, town.now)
        assert (state.gap, state.late, state.good) == (-1_000, False, False)

    def test_a_loss_is_carried_by_what_nobody_was_given(self, town: Town) -> None:
        town.post(town.posting(Kind.OFFLINE, town.account(Code.GUARANTEE), town.shops[0], 2_000))
        leaf = prove(town)
        assert (leaf.losses, leaf.fund_total, leaf.payable_total, leaf.gap) == (2_000, 970_000, 2_000, 0)

    def test_money_on_its_way_is_still_on_the_account(self, town: Town) -> None:
        transit = town.account(Code.IN_TRANSIT)
        paid = town.pay(500)
        town.settle()
        party = Account.objects.get(id=paid.credit).party
        due = town.account(Code.MERCHANT_DUE, party=party)
        town.post(town.posting(Kind.SENT, due, transit, 500))
        leaf = prove(town)
        assert (leaf.payable_total, leaf.in_transit, leaf.gap) == (0, 500, 0)

    def test_the_leaves_are_all_pots(self, town: Town) -> None:
        town.open(pots=30, shops=0)
        town.grant([(pot, 100 + i) for i, pot in enumerate(town.pots[3:])])
        api.setup_log(MUNI, town.now)
        made = api.prove_cover(MUNI, town.now)
        level = b"".join(
            bytes(tile) for tile in made.tiles.filter(level=0).order_by("n").values_list("nodes", flat=True)
        )
        leaf = leaf_of(made)
        assert tree.check_leaves(leaf, level) == []
        assert leaf.pots_total == 30_000 + sum(100 + i for i in range(30))
        assert made.lines.count() == 33


class TestOnceADay:
    def test_whoever_asks_how_often(self, town: Town) -> None:
        api.setup_log(MUNI, town.now)
        before = LogEntry.objects.count()
        first = api.prove_cover(MUNI, town.now)
        town.pay(500)
        assert api.prove_cover(MUNI, town.now) == first
        second = api.prove_cover(MUNI, town.now, again=True)
        assert second.no == 2
        assert [row.source for row in LogEntry.objects.order_by("idx")[before:]] == [
            "cover:14:2026-06-01",
            "cover:14:2026-06-01:2",
        ]

    def test_the_same_pot_stands_elsewhere_and_hides_otherwise_in_each(self, town: Town) -> None:
        prove(town), prove(town, again=True)
        one, other = (bytes(t.nodes) for t in CoverTile.objects.order_by("proof"))
        assert not {one[at : at + 40] for at in range(0, len(one), 40)} & {
            other[at : at + 40] for at in range(0, len(other), 40)
        }

    def test_from_its_hour_on(self, town: Town, settings: Settings) -> None:
        settings.COVER_HOUR = 3
        night = NOON.replace(hour=0)  # 02:00 in Amsterdam
        api.setup_log(MUNI, night)
        assert api.prove_cover_when_due(MUNI, night) is None
        made = api.prove_cover_when_due(MUNI, night + timedelta(hours=1))
        assert made is not None and made.day == date(2026, 6, 1)
        assert api.prove_cover_when_due(MUNI, night + timedelta(hours=2)) is None

    def test_a_proof_that_is_cut_off_leaves_nothing(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut_off(*_: object) -> None:
            raise RuntimeError("cut off")

        api.setup_log(MUNI, town.now)
        before = LogEntry.objects.count()
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            patch.setattr(cover, "_prune", cut_off)
            api.prove_cover(MUNI, town.now)
        assert not CoverProof.objects.exists() and LogEntry.objects.count() == before
        assert prove(town).no == 1

    def test_the_command_says_what_it_did(self, town: Town, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(CommandError, match="No log is open"):
            call_command("prove_cover")
        api.setup_log(MUNI, town.now)
        call_command("prove_cover")
        call_command("prove_cover", again=True)
        said = capsys.readouterr().out
        assert "proof 1: gap 0 cents, every euro is there" in said and "proof 2" in said

    def test_while_a_new_years_log_waits_for_its_witnesses_it_waits_too(self, town: Town) -> None:
        shards.close(api.setup_log(MUNI, town.now))
        assert api.prove_cover(MUNI, town.now) is None
        assert not CoverProof.objects.exists()

    def test_old_lines_go_and_their_leaf_stays(self, town: Town) -> None:
        for _ in range(10):
            prove(town)
            town.now += timedelta(days=1)
        kept = {date(2026, 6, 3) + timedelta(days=n) for n in range(8)}
        assert set(CoverLine.objects.values_list("proof__day", flat=True)) == kept
        assert set(CoverTile.objects.values_list("proof__day", flat=True)) == kept
        assert CoverProof.objects.count() == 10


class TestLate:
    def test_after_twenty_six_hours(self, town: Town) -> None:
        prove(town)
        assert api.cover_state(MUNI, town.now + timedelta(hours=26)).good
        state = api.cover_state(MUNI, town.now + timedelta(hours=26, minutes=1))
        assert state.late and not state.good and state.day == date(2026, 6, 1)

    def test_new_books_are_not_late_and_old_ones_are(self, town: Town) -> None:
        posted = town_posted_at()
        assert not api.cover_state(MUNI, posted + timedelta(hours=25)).late
        assert api.cover_state(MUNI, posted + timedelta(hours=27)).late

    def test_the_bell_says_so_and_then_proves(
        self, town: Town, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.MUNICIPALITY, settings.COVER_HOUR = MUNI, 0
        prove(town)  # months before the clock of this machine
        with caplog.at_level(logging.ERROR):
            tasks.prove_cover()
        assert "The last proof of cover of municipality 14" in caplog.text
        assert CoverProof.objects.count() == 2
        tasks.prove_cover()
        assert CoverProof.objects.count() == 2


def town_posted_at() -> Any:
    from ledger.models import Transfer

    return Transfer.objects.earliest("posted_at").posted_at


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    @pytest.fixture
    def busy(self, transactional_db: None, witnesses: Start) -> Town:
        town = furnished()
        witnesses(api.setup_log(MUNI, town.now))
        return town

    def test_a_payment_that_commits_during_the_proof_is_not_in_it(
        self, busy: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def pay() -> None:
            busy.pay(500)
            connections.close_all()

        payment = threading.Thread(target=pay)
        plant = cover._tree

        def meanwhile(*args: Any) -> Any:
            payment.start()
            if connection.vendor == "postgresql":  # SQLite has one writer: there it commits right after
                payment.join()
            return plant(*args)

        monkeypatch.setattr(cover, "_tree", meanwhile)
        leaf = prove(busy)
        payment.join()
        assert (leaf.pots_total, leaf.payable_total, leaf.gap) == (30_000, 0, 0)
        busy.settle()
        (pot,) = shown(busy, busy.pots[:1], settings).pots
        assert [moved.amount for moved in pot.since] == [-500]

    @pytest.mark.postgres
    def test_a_payment_with_a_lower_number_that_commits_later_is_since(
        self, busy: Town, settings: Settings
    ) -> None:
        written, go_on = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                busy.pay(500)
                written.set()
                go_on.wait()
            connections.close_all()

        payment = threading.Thread(target=slow)
        payment.start()
        written.wait()
        busy.pay(100, pot=1, shop=1)
        made = api.prove_cover(MUNI, busy.now)
        go_on.set()
        payment.join()
        busy.settle()
        (pot,) = shown(busy, busy.pots[:1], settings).pots
        assert [moved.amount for moved in pot.since] == [-500]
        assert leaf_of(made).pots_total == 29_900


class TestGuards:
    @pytest.mark.parametrize("table", ["cover_proof", "cover_line", "cover_tile"])
    def test_nothing_changes_and_nothing_goes_too_early(self, town: Town, table: str) -> None:
        for _ in range(8):
            prove(town)
            town.now += timedelta(days=1)
        assert "is refused" in refused(f"UPDATE ledger_{table} SET id = id + 1000000")
        assert "is refused" in refused(f"DELETE FROM ledger_{table}")

    @pytest.mark.postgres
    @pytest.mark.parametrize("table", ["cover_proof", "cover_line", "cover_tile"])
    def test_tables_are_not_emptied(self, town: Town, table: str) -> None:
        prove(town)
        connection.check_constraints()
        assert "is refused" in refused(f"TRUNCATE ledger_{table} CASCADE")

    @pytest.mark.postgres
    def test_the_workers_role_proves_and_takes_away_what_is_old(self, town: Town) -> None:
        call_command("roles", app=APP, worker=WORKER)
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {WORKER}")
            for _ in range(9):
                prove(town)
                town.now += timedelta(days=1)
            assert role_can_only_add() == []
            cursor.execute("RESET ROLE")
        assert CoverTile.objects.values("proof").distinct().count() == 8

    @pytest.mark.sqlite
    def test_rows_are_not_replaced(self, town: Town) -> None:
        prove(town)
        for table in ("cover_proof", "cover_line", "cover_tile"):
            assert "is refused" in refused(
                f"INSERT OR REPLACE INTO ledger_{table} SELECT * FROM ledger_{table}"
            )


def test_the_log_takes_a_leaf_of_a_day_once(town: Town) -> None:
    log, leaf = api.setup_log(MUNI, town.now), prove(town)
    kept = leaves.append(log, leaf, cover.source(MUNI, date(2026, 6, 1), 1))
    assert kept == CoverProof.objects.get().entry
