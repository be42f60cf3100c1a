"""Files for the bank: refused before the quorum, made once, released by a second person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from pytest_django.fixtures import Settings

from ledger import api, crash
from ledger.api import Code, overrides, payouts
from ledger.bank import pain001
from ledger.log import entry
from ledger.models import Batch, Log, LogEntry, Override, PainFile, Payout, Transfer
from tests.ledger.banking import IBANS, ONE, OWN, TWO, give_account, held, party, refusal, take
from tests.ledger.conftest import MUNI, NOON, Town
from tests.services.ledgers import snapshot


@pytest.fixture
def unwitnessed(town: Town) -> Town:
    """Two shops with accounts; nobody watches the log."""
    api.setup_log(MUNI, NOON)
    give_account(0)
    give_account(1)
    return town


@pytest.fixture
def paying(unwitnessed: Town, witnesses: Callable[[Log], None]) -> Town:
    """The same with three witnesses."""
    witnesses(api.setup_log(MUNI, NOON))
    return unwitnessed


def export(town: Town, no: int = 1, actor: str = ONE) -> payouts.Export:
    return payouts.export(MUNI, no, actor, town.now)


def made(town: Town, no: int = 1) -> PainFile:
    file = export(town, no).file
    assert file
    return file


class TestNoEuroLeavesUnwitnessed:
    def test_without_the_quorum_it_is_refused_and_shops_go_on(self, unwitnessed: Town) -> None:
        unwitnessed.pay(1_000)
        unwitnessed.settle()
        with pytest.raises(payouts.NotWitnessed):
            export(unwitnessed)
        unwitnessed.pay(500)
        assert held(unwitnessed, Code.MERCHANT_DUE, 0) == 1_000
        assert not PainFile.objects.exists()
        assert not Transfer.objects.filter(kind=api.Kind.SENT).exists()

    def test_a_status_alone_does_not_count(self, unwitnessed: Town) -> None:
        unwitnessed.pay(1_000)
        unwitnessed.settle()
        Batch.objects.update(status="witnessed")
        with pytest.raises(payouts.NotWitnessed):
            export(unwitnessed)

    def test_with_the_quorum_its_size_is_kept(self, paying: Town) -> None:
        paying.pay(1_000)
        paying.settle()
        file = made(paying)
        assert file.size is not None
        assert file.size > Batch.objects.get().entry.idx
        assert file.override is None

    def test_two_people_let_it_pass_and_the_log_says_so(self, unwitnessed: Town) -> None:
        unwitnessed.pay(1_000)
        unwitnessed.settle()
        override = overrides.make(
            MUNI, uuid.uuid4(), payouts.override_for(1), "witnesses-away", "storm", ONE, TWO, unwitnessed.now
        )
        leaf = entry.parse(bytes(override.entry.leaf))
        assert isinstance(leaf, entry.Override)
        assert leaf.what == "payout/1"
        file = payouts.export(MUNI, 1, ONE, unwitnessed.now, override).file
        assert file
        assert (file.size, file.override) == (None, override)
        paid = entry.parse(bytes(LogEntry.objects.get(source="payout:14:1").leaf))
        assert isinstance(paid, entry.Payout)
        assert (paid.size, paid.total) == (0, 1_000)

    def test_what_two_people_let_pass_is_not_proved_by_that(self, paying: Town, settings: Settings) -> None:
        addresses, settings.WITNESSES = settings.WITNESSES, ""
        paid = paying.pay(1_000).id
        paying.settle()
        override = overrides.make(MUNI, uuid.uuid4(), "payout/1", "why", "storm", ONE, TWO, paying.now)
        assert payouts.export(MUNI, 1, ONE, paying.now, override).file
        assert api.logged([paid]) == set()
        settings.WITNESSES = addresses
        paying.settle()
        assert api.logged([paid]) == {paid}

    def test_an_override_is_not_used_when_the_witnesses_signed(self, paying: Town) -> None:
        paying.pay(1_000)
        paying.settle()
        override = overrides.make(MUNI, uuid.uuid4(), "payout/1", "why", "storm", ONE, TWO, paying.now)
        file = payouts.export(MUNI, 1, ONE, paying.now, override).file
        assert file
        assert file.override is None
        assert file.size

    def test_an_override_of_another_municipality_does_not(self, unwitnessed: Town) -> None:
        unwitnessed.pay(1_000)
        unwitnessed.settle()
        api.setup_log(15, unwitnessed.now)
        other = overrides.make(15, uuid.uuid4(), "payout/1", "why", "storm", ONE, TWO, unwitnessed.now)
        with pytest.raises(payouts.NotWitnessed):
            payouts.export(MUNI, 1, ONE, unwitnessed.now, other)

    def test_an_override_for_something_else_does_not(self, unwitnessed: Town) -> None:
        unwitnessed.pay(1_000)
        unwitnessed.settle()
        other = overrides.make(MUNI, uuid.uuid4(), "payout/2", "why", "storm", ONE, TWO, unwitnessed.now)
        with pytest.raises(payouts.NotWitnessed):
            payouts.export(MUNI, 1, ONE, unwitnessed.now, other)

    def test_one_person_makes_no_override_and_an_id_makes_one(self, unwitnessed: Town) -> None:
        id = uuid.uuid4()
        with pytest.raises(overrides.OverrideRefused):
            overrides.make(MUNI, id, "payout/1", "why", "storm", ONE, ONE, NOON)
        first = overrides.make(MUNI, id, "payout/1", "why", "storm", ONE, TWO, NOON)
        assert overrides.make(MUNI, id, "payout/1", "why", "storm", ONE, TWO, NOON) == first
        with pytest.raises(overrides.OverrideRefused):
            overrides.make(MUNI, id, "payout/2", "why", "storm", ONE, TWO, NOON)
        assert Override.objects.count() == 1

    def test_what_a_later_batch_put_there_waits_for_its_own_witnesses(
        self, paying: Town, settings: Settings
    ) -> None:
        paying.pay(1_000)
        paying.settle()
        settings.WITNESSES = ""
        paying.pay(500)
        paying.settle()
        file = made(paying)
        assert file.total == 1_000
        assert held(paying, Code.MERCHANT_DUE, 0) == 500
        with pytest.raises(payouts.NotWitnessed):
            export(paying, 2)


class TestTheFile:
    def test_its_sums_are_what_left_the_shops_accounts(self, paying: Town) -> None:
        paying.pay(1_000)
        paying.pay(2_500, pot=1, shop=1)
        paying.settle()
        export_ = export(paying)
        order = pain001.read(export_.data)
        rows = Payout.objects.all()
        moved = sum(Transfer.objects.filter(kind=api.Kind.SENT).values_list("amount", flat=True))
        assert order.total == moved == sum(row.amount for row in rows) == 3_500  # I11
        assert held(paying, Code.IN_TRANSIT) == 3_500
        assert [held(paying, Code.MERCHANT_DUE, shop) for shop in (0, 1)] == [0, 0]
        assert (order.msg_id, order.text) == ("GM0014-B000001-1", "gm0014 batch 1")
        assert (order.debtor_iban, order.debtor_name) == (OWN, "Gemeente Test")
        assert {payment.end_to_end for payment in order.payments} == {row.id.hex for row in rows}
        assert {payment.iban for payment in order.payments} == set(IBANS[:2])
        assert Batch.objects.get().status == "exported"

    def test_made_again_it_is_the_same_and_posts_nothing(self, paying: Town) -> None:
        paying.pay(1_000)
        paying.settle()
        first = export(paying)
        paying.pay(700)
        paying.settle()
        paying.now += timedelta(days=9)
        again = payouts.export(MUNI, 1, TWO, paying.now)
        assert again.data == first.data
        assert again.file == first.file
        assert Transfer.objects.filter(kind=api.Kind.SENT).count() == 1
        assert LogEntry.objects.filter(source="payout:14:1").count() == 1

    def test_a_row_that_says_something_else_stops_it(self, paying: Town, settings: Settings) -> None:
        paying.pay(1_000)
        paying.settle()
        file = made(paying)
        file.debtor_name = "Iemand Anders"
        with pytest.raises(payouts.PayoutBroken):
            payouts.data(file)

    def test_a_shop_without_an_account_is_named_and_paid_later(self, paying: Town) -> None:
        paying.open(pots=0, shops=1)
        paying.pay(1_000)
        paying.pay(300, shop=2)
        paying.settle()
        first = export(paying)
        assert first.left_out == {party(2): 300}
        assert held(paying, Code.MERCHANT_DUE, 2) == 300
        give_account(2)
        paying.pay(50, shop=2)
        paying.settle()
        second = export(paying, 2)
        row = Payout.objects.get(payee=party(2))
        assert (row.amount, row.carried, second.left_out) == (350, 300, {})

    def test_with_nothing_to_pay_the_batch_is_booked(self, paying: Town) -> None:
        paying.open(pots=0, shops=1)
        paying.pay(300, shop=2)
        paying.settle()
        nothing = export(paying)
        assert (nothing.file, nothing.left_out) == (None, {party(2): 300})
        assert Batch.objects.get().status == "booked"
        assert export(paying).left_out == {party(2): 300}

    @pytest.mark.parametrize("setting", [{"BANK_IBAN": ""}, {"BANK_NAME": ""}, {"BANK_IBAN": "NL00BANK"}])
    def test_settings_must_say_who_pays(
        self, paying: Town, settings: Settings, setting: dict[str, str]
    ) -> None:
        for name, value in setting.items():
            setattr(settings, name, value)
        paying.pay(300)
        paying.settle()
        with pytest.raises(payouts.NoBank):
            export(paying)
        assert not PainFile.objects.exists()

    def test_the_older_form(self, paying: Town, settings: Settings) -> None:
        settings.BANK_FORM = "pain.001.001.03"
        paying.pay(300)
        paying.settle()
        assert b"pain.001.001.03" in export(paying).data

    def test_the_day_on_which_it_is_paid(self, paying: Town) -> None:
        paying.pay(300)
        paying.settle()
        assert made(paying).execute_on == date(2026, 6, 1)

    def test_what_was_refused_is_paid_with_the_next_batch_once_the_account_is_mended(
        self, paying: Town
    ) -> None:
        paying.pay(300)
        paying.settle()
        file = made(paying)
        take(refusal(file, Payout.objects.get()))
        paying.pay(100)
        paying.settle()
        assert export(paying, 2).left_out == {party(0): 400}
        give_account(0)
        paying.pay(10)
        paying.settle()
        export(paying, 3)
        row = Payout.objects.get(batch__no=3)
        assert (row.amount, row.carried) == (410, 400)


class TestRelease:
    def out(self, file: PainFile, settings: Settings) -> Path:
        return Path(settings.BANK_DIR) / "out" / f"{file.msg_id}.xml"

    def test_another_person_releases_it_once(self, paying: Town, settings: Settings) -> None:
        paying.pay(300)
        paying.settle()
        first = export(paying)
        file = first.file
        assert file
        assert payouts.release(file, TWO, paying.now).released_by == TWO
        assert self.out(file, settings).read_bytes() == first.data
        self.out(file, settings).unlink()
        assert payouts.release(file, "staff:3", paying.now).released_by == TWO
        assert not self.out(file, settings).exists()

    def test_who_made_it_does_not(self, paying: Town, settings: Settings) -> None:
        paying.pay(300)
        paying.settle()
        file = made(paying)
        with pytest.raises(payouts.SamePerson):
            payouts.release(file, ONE, paying.now)
        assert not self.out(file, settings).exists()
        file.released_by, file.released_at = ONE, paying.now
        with pytest.raises(DatabaseError), transaction.atomic():
            file.save()

    def test_a_file_that_cannot_be_written_is_not_released(
        self, paying: Town, settings: Settings, tmp_path: Path
    ) -> None:
        paying.pay(300)
        paying.settle()
        file = made(paying)
        settings.BANK_DIR = tmp_path / "a-file"
        settings.BANK_DIR.write_text("")
        with pytest.raises(OSError, match="a-file"):
            payouts.release(file, TWO, paying.now)
        file.refresh_from_db()
        assert file.released_at is None


def test_the_next_batch_tells_that_it_was_paid(paying: Town) -> None:
    paying.pay(1_000)
    paying.settle()
    made(paying)
    paying.pay(10)
    paying.settle()
    leaf = entry.parse(bytes(Batch.objects.get(no=2).entry.leaf))
    assert isinstance(leaf, entry.Batch)
    assert leaf.payable.paid == 1_000


class _Cut(Exception):  # noqa: N818 - it says what happened
    """The power went."""


def cut_off_at(place: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def here(name: str) -> None:
        if name == place:
            raise _Cut(place)

    monkeypatch.setattr(crash, "here", here)
    return monkeypatch


def test_cut_off_in_the_middle_of_an_export_nothing_happened(
    paying: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.pay(1_000)
    paying.settle()
    before = snapshot()
    with monkeypatch.context() as patch, pytest.raises(_Cut), transaction.atomic():
        cut_off_at("export.beforecommit", patch)
        export(paying)
    assert snapshot() == before
    assert made(paying).total == 1_000


def test_cut_off_in_the_middle_of_a_release_it_is_released_again(
    paying: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.pay(1_000)
    paying.settle()
    file = made(paying)
    path = Path(settings.BANK_DIR) / "out" / f"{file.msg_id}.xml"
    with monkeypatch.context() as patch, pytest.raises(_Cut), transaction.atomic():
        cut_off_at("release.beforecommit", patch)
        payouts.release(file, TWO, paying.now)
    first = path.read_bytes()
    assert PainFile.objects.get().released_at is None
    payouts.release(file, "staff:3", paying.now)
    assert path.read_bytes() == first
    assert PainFile.objects.get().released_by == "staff:3"


def test_cut_off_in_the_middle_of_reading_a_file_it_is_read_again(
    paying: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.pay(1_000)
    paying.settle()
    data = refusal(made(paying), Payout.objects.get())
    before = snapshot()
    with monkeypatch.context() as patch, pytest.raises(_Cut), transaction.atomic():
        cut_off_at("import.beforecommit", patch)
        take(data)
    assert snapshot() == before
    assert take(data).failed == 1
