"""A log ends and another goes on: at a new year, when asked, and when its key was stolen."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from ledger import api, custody, leaves, payouts, recall, sequencer, shards
from ledger.audit import view
from ledger.audit.case import Case
from ledger.audit.checks import books, shops
from ledger.audit.checks.log import goes_on
from ledger.log import checkpoint, entry, note, policy, receipt, state
from ledger.models import Batch, Checkpoint, Log, LogEntry
from tests.emptying import unguarded
from tests.ledger.banking import ONE, give_account
from tests.ledger.conftest import MUNI, Town
from tests.ledger.test_publishing import audit

NEW_YEAR = datetime(2026, 12, 31, 23, 0, 1, tzinfo=UTC)  # one second past midnight in Amsterdam


def parsed(log: Log) -> list[entry.Leaf]:
    rows = log.entries.order_by("idx").values_list("leaf", flat=True)
    return [entry.parse(bytes(leaf)) for leaf in rows]


def holds(found: api.Proof, settings: Settings) -> receipt.Verified:
    trust = policy.parse(settings.POLICY_FILE.read_text())
    return receipt.verify_receipt(found.canonical, found.salt, found.inner_path, found.tlog_proof, trust)


class OwnTables:
    """The books of the test's own transaction, as an auditor reads them."""

    engine = connection.vendor

    def rows(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
            yield from cursor.fetchall()

    def has(self, table: str) -> bool:
        return table in connection.introspection.table_names()

    def close(self) -> None:
        """It stays open: it is the test's."""


def audit_of_the_books(town: Town, settings: Settings) -> Case:
    """The books alone; the witnesses' clocks are not the town's."""
    trust = policy.parse(settings.POLICY_FILE.read_text())
    return Case(now=town.now, trusted=trust, books=OwnTables(), times_from=town.now + timedelta(days=1))


def served(log: Log) -> view.View:
    """A log as an auditor reads it."""
    where = str(sequencer.folder(log))
    return view.read(where, *view.read_head(where), frozenset(), lambda *_: None)


class TestANewYear:
    @pytest.fixture
    def rolled(self, town: Town, log: Log) -> Log:
        self.paid = town.pay(100)
        town.settle()
        town.now = NEW_YEAR
        self.late = town.pay(70)
        assert town.settle(0).witnessed
        newest = leaves.newest_log(MUNI)
        assert newest
        return newest

    def test_the_old_log_ends_and_the_new_one_names_its_end(self, rolled: Log, log: Log) -> None:
        assert rolled.origin == "log.example/log/gm0014/2027"
        assert rolled.vkey.startswith("log.example/log/gm0014/2027+")
        last = parsed(log)[-1]
        assert isinstance(last, entry.Close)
        assert (last.year, last.last_batch) == (2026, 1)
        first = parsed(rolled)[0]
        assert isinstance(first, entry.Open)
        end = Checkpoint.objects.filter(log=log).latest("size")
        assert first.prev == entry.Previous(log.origin, end.size, bytes(end.root).hex())
        assert end.size == log.entries.count()
        assert first.last_batch == 1
        assert first.state
        assert first.state.payable == 100

    def test_batches_count_on(self, rolled: Log) -> None:
        batch = Batch.objects.get(no=2)
        assert batch.entry.log == rolled
        leaf = entry.parse(bytes(batch.entry.leaf))
        first = parsed(rolled)[0]
        assert isinstance(leaf, entry.Batch)
        assert isinstance(first, entry.Open)
        assert first.state
        assert state.follows(first.state, leaf) == []

    def test_payments_of_both_years_are_proved(self, rolled: Log, settings: Settings) -> None:
        assert holds(api.proof(self.paid.id), settings).verdict.checkpoint.origin.endswith("/2026")
        assert holds(api.proof(self.late.id), settings).verdict.checkpoint.origin.endswith("/2027")

    def test_both_logs_pass_the_audit(self, rolled: Log, log: Log, settings: Settings) -> None:
        for one in (log, rolled):
            done = audit(one, settings)
            assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize("with_books", [True, False])
    def test_an_invented_beginning_is_found(
        self, rolled: Log, log: Log, town: Town, settings: Settings, with_books: bool
    ) -> None:
        given = {} if with_books else {"books": None, "previous": served(log)}
        case = replace(audit_of_the_books(town, settings), log=served(rolled), **given)
        assert list(goes_on(case)) == []
        opened = case.view().opened
        assert opened
        assert opened.prev
        before = replace(opened.prev, root="0" * 64)
        for lie in (
            replace(opened, last_batch=7),
            replace(opened, state=state.Standing()),
            replace(opened, prev=before),
        ):
            lying = replace(case.view(), leaves={**case.view().leaves, 0: lie})
            assert len(list(goes_on(replace(case, log=lying)))) == 1

    def test_the_old_log_takes_no_more(self, rolled: Log, log: Log) -> None:
        with sequencer.locked(MUNI), pytest.raises(leaves.LogClosed):
            leaves.append(log, entry.Erasure(MUNI, "2026-12", 1), "erasure:14:2026-12")

    def test_its_row_cannot_be_opened_again(self, rolled: Log, log: Log) -> None:
        for change in ({"closed": False}, {"origin": "x"}, {"vkey": "x"}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Log.objects.filter(pk=log.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_log")

    def test_nothing_more_happens_in_the_rest_of_the_year(self, rolled: Log, town: Town) -> None:
        town.settle()
        assert Log.objects.count() == 2


class TestWhatWasHeldBack:
    """Too few payments for a line of their own: the end of the year shows them."""

    @pytest.fixture
    def two_years(self, town: Town, log: Log, settings: Settings) -> Case:
        for _ in range(3):
            town.pay(100)
        town.settle()
        settings.SEAL_MINIMUM = 3
        town.pay(77)
        town.settle()
        town.now = NEW_YEAR
        town.pay(70)
        town.settle(0)
        for _ in range(3):
            town.pay(10)
        town.settle()
        return audit_of_the_books(town, settings)

    def test_is_in_the_sums_that_an_auditor_makes_anew(self, two_years: Case) -> None:
        assert Log.objects.count() == 2
        assert list(books.rebuilt(two_years)) == []

    def test_cannot_be_left_out_of_the_end(self, two_years: Case, log: Log) -> None:
        row = log.entries.get(source__startswith="close:")
        leaf = entry.parse(bytes(row.leaf))
        assert isinstance(leaf, entry.Close)
        assert leaf.funds
        less = replace(leaf, **state.lines_of(state.proceed(sums_before(log), {})))
        with unguarded():
            LogEntry.objects.filter(pk=row.pk).update(leaf=entry.build(less))
        end = f"The end of {log.origin}: its leaf has another funds than its transfers."
        assert end in list(books.rebuilt(two_years))


def sums_before(log: Log) -> state.Standing:
    """Where all stood in public before a log ended."""
    found = state.Standing()
    for leaf in parsed(log)[:-1]:
        found = found.after(leaf) if isinstance(leaf, state.Sums) else found
    return found


def test_the_next_log_waits_until_witnesses_saw_the_end(town: Town, log: Log, settings: Settings) -> None:
    town.pay(100)
    town.settle()
    addresses, settings.WITNESSES = settings.WITNESSES, ""
    town.now = NEW_YEAR
    town.pay(70)
    assert town.settle(0) == api.Settled(None, None, False)
    assert leaves.open_log(MUNI) is None
    assert api.key_events(MUNI, []) is False
    settings.WITNESSES = addresses
    assert town.settle().batch == 2
    assert Log.objects.count() == 2


def test_keys_of_next_year_can_be_told_before(town: Town, log: Log) -> None:
    out = io.StringIO()
    call_command("log_keys", "rotate", stdout=out)
    town.now = NEW_YEAR
    town.settle(0)
    newest = leaves.newest_log(MUNI)
    assert newest
    assert newest.year == 2027
    for vkey in newest.vkeys:
        assert vkey in out.getvalue()


def test_a_log_can_be_closed_on_any_day(town: Town, log: Log) -> None:
    town.pay(100)
    town.settle()
    new = api.close_log(MUNI, town.now)
    assert (new.origin, new.name) == ("log.example/log/gm0014/2026-2", "2026-2")
    town.pay(30)
    assert town.settle().batch == 2
    assert sequencer.folder(new).name == "2026-2"


class TestAStolenKey:
    @pytest.fixture
    def unseen(self, town: Town, log: Log, settings: Settings) -> Log:
        """One batch that witnesses saw, and one that they did not."""
        self.first = town.pay(100)
        town.settle()
        addresses, settings.WITNESSES = settings.WITNESSES, ""
        self.second = town.pay(50)
        town.settle()
        settings.WITNESSES = addresses
        return log

    def test_the_new_log_goes_on_from_what_witnesses_saw(self, town: Town, unseen: Log) -> None:
        new = shards.give_up(unseen, town.now)
        good = Checkpoint.objects.filter(log=unseen, cosignatures__isnull=False).latest("size")
        opened, *rest = parsed(new)
        assert isinstance(opened, entry.Open)
        assert opened.prev == entry.Previous(unseen.origin, good.size, bytes(good.root).hex())
        assert opened.last_batch == 1
        said = [(leaf.kid, leaf.action) for leaf in rest if isinstance(leaf, entry.Key)]
        old = [note.VerifierKey.parse(vkey).key_id.hex() for vkey in unseen.vkeys]
        assert [kid for kid, action in said if action == "compromised"] == old
        copied = [leaf for leaf in rest if isinstance(leaf, entry.Batch)]
        assert [leaf.no for leaf in copied] == [2]
        assert not Log.objects.get(pk=new.pk).closed
        assert Log.objects.get(pk=unseen.pk).closed

    def test_what_they_did_not_see_is_proved_from_the_new_log(
        self, town: Town, unseen: Log, settings: Settings
    ) -> None:
        new = shards.give_up(unseen, town.now)
        town.pay(30)
        assert town.settle().batch == 3
        assert holds(api.proof(self.first.id), settings).verdict.checkpoint.origin == unseen.origin
        assert holds(api.proof(self.second.id), settings).verdict.checkpoint.origin == new.origin
        assert set(Batch.objects.values_list("status", flat=True)) == {Batch.Status.WITNESSED}
        for one in (unseen, new):
            done = audit(one, settings)
            assert done.returncode == 0, done.stdout + done.stderr

    def test_shops_are_paid_for_what_both_logs_saw(self, town: Town, unseen: Log, settings: Settings) -> None:
        give_account(0)
        new = shards.give_up(unseen, town.now)
        with pytest.raises(payouts.NotWitnessed):
            payouts.export(MUNI, 2, ONE, town.now)
        town.settle()
        files = [payouts.export(MUNI, no, ONE, town.now).file for no in (1, 2)]
        assert [file and (file.total, file.override) for file in files] == [(100, None), (50, None)]
        town.settle()
        done = audit(new, settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(shops.quorum_first(audit_of_the_books(town, settings))) == []

    def test_the_command_says_what_partners_must_do(self, town: Town, unseen: Log) -> None:
        out = io.StringIO()
        call_command("log_compromised", unseen.origin, stdout=out)
        new = leaves.open_log(MUNI)
        assert new
        assert unseen.origin in out.getvalue()
        for vkey in new.vkeys:
            assert vkey in out.getvalue()
        with pytest.raises(CommandError):
            call_command("log_compromised", "log.example/other")

    def test_of_a_closed_log_it_is_said_in_the_open_one(self, town: Town, unseen: Log) -> None:
        new = api.close_log(MUNI, town.now)
        assert shards.give_up(unseen, town.now) == new
        assert parsed(new)[-1].t == "key"
        assert Log.objects.count() == 2

    def test_what_nobody_saw_cannot_be_continued(self, town: Town) -> None:
        with pytest.raises(shards.CannotContinue):
            shards.give_up(api.setup_log(MUNI, town.now), town.now)


class TestWhatTheSignerForgot:
    @pytest.fixture(autouse=True)
    def _new_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recall, "_asked", set())

    @pytest.fixture
    def settled(self, town: Town, log: Log) -> Log:
        for amount in (100, 200):
            town.pay(amount)
            town.settle()
        return log

    def older_books(self, log: Log) -> None:
        """The database as it was before the last checkpoint, as after restoring a backup."""
        row = log.checkpoints.latest("size")
        with unguarded(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_cosignature WHERE checkpoint_id = %s", [row.pk])
            cursor.execute("DELETE FROM ledger_checkpoint WHERE id = %s", [row.pk])

    def test_lost_memory_comes_back_when_witnesses_saw_no_more(self, town: Town, settled: Log) -> None:
        custody.memory(settled.origin).unlink()
        town.pay(5)
        assert town.settle().witnessed

    def test_lost_memory_and_old_books_sign_nothing(self, town: Town, settled: Log) -> None:
        custody.memory(settled.origin).unlink()
        self.older_books(settled)
        town.pay(5)
        with pytest.raises(custody.SignerRefuses, match="has seen"):
            town.settle()
        assert custody.signed(settled.origin) is None

    def test_old_books_and_an_old_memory_sign_nothing(self, town: Town, settled: Log) -> None:
        self.older_books(settled)
        row = settled.checkpoints.latest("size")
        custody.remember(checkpoint.Checkpoint(settled.origin, row.size, bytes(row.root)))
        recall._asked.clear()
        town.pay(5)
        with pytest.raises(custody.SignerRefuses, match="old copy"):
            town.settle()

    def test_an_old_memory_under_new_books_is_mended(self, town: Town, settled: Log) -> None:
        row = settled.checkpoints.order_by("size").first()
        assert row
        custody.remember(checkpoint.Checkpoint(settled.origin, row.size, bytes(row.root)))
        town.pay(5)
        assert town.settle().witnessed

    def test_other_leaves_than_a_witness_saw_are_not_signed(
        self, town: Town, settled: Log, tmp_path: object
    ) -> None:
        custody.memory(settled.origin).unlink()
        newest = settled.checkpoints.latest("size").size

        def other(path: str) -> bytes:
            data = sequencer.fetch(settled)(path)
            return b"x" * len(data) if path.startswith("tile/0") else data

        with pytest.raises(custody.SignerRefuses, match="are not those"):
            recall.before_signing(settled, newest, other, sequencer.trusted())

    @pytest.mark.parametrize("away", ["", "one=http://127.0.0.1:9"])
    def test_lost_memory_needs_every_witness(
        self, town: Town, settled: Log, settings: Settings, away: str
    ) -> None:
        settings.WITNESSES = away
        custody.memory(settled.origin).unlink()
        town.pay(5)
        with pytest.raises(custody.SignerRefuses, match="not known"):
            town.settle()

    def test_a_start_without_witnesses_goes_on_with_what_it_knows(
        self, town: Town, settled: Log, settings: Settings
    ) -> None:
        recall._asked.clear()
        settings.WITNESSES = "one=http://127.0.0.1:9"
        town.pay(5)
        assert not town.settle().witnessed
        assert settled.checkpoints.count() == 3


def test_both_signatures_are_there_and_a_policy_with_both_keys_wants_both(
    town: Town, log: Log, settings: Settings
) -> None:
    town.pay(100)
    town.settle()
    signed = note.Note.parse(sequencer.fetch(log)("checkpoint"))
    trust = sequencer.trusted()
    assert trust
    assert [source.key.algorithm for source in trust.logs][:2] == [note.ED25519, note.ML_DSA_44]
    trust.check(signed)
    quantum = note.VerifierKey.parse(log.quantum_vkey)
    without = note.Note(
        signed.text, tuple(line for line in signed.signatures if line.key_id != quantum.key_id)
    )
    with pytest.raises(policy.NotTrustedError, match="ML-DSA"):
        trust.check(without)
    lines = settings.POLICY_FILE.read_text().split("\n")
    policy.parse("\n".join(line for line in lines if log.quantum_vkey not in line)).check(without)
