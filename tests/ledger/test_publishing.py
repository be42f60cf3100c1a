"""From batch to a log that anybody can check: tiles, signature, witnesses, receipts, audit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ledger import api, custody, sequencer
from ledger.log import checkpoint, note, policy, receipt
from ledger.models import Batch, Checkpoint, Cosignature, Log, SubjectKey
from tests.ledger.conftest import FIRST, MUNI, Town

ROOT = Path(__file__).resolve().parents[2]


def served(log: Log) -> note.Note:
    return note.Note.parse(sequencer.fetch(log)("checkpoint"))


def audit(log: Log, settings: Settings) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ledger.audit", str(sequencer.folder(log))]
    command += ["--policy", str(settings.POLICY_FILE)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_payment_is_proved_to_its_holder(town: Town, log: Log, settings: Settings) -> None:
    paid = [town.pay(100 + n) for n in range(5)]
    assert town.settle() == api.Settled(batch=1, size=FIRST + 1, witnessed=True)
    assert api.logged(posting.id for posting in paid) == {posting.id for posting in paid}
    trust = policy.parse(settings.POLICY_FILE.read_text())
    for posting in paid:
        found = api.proof(posting.id)
        shown = receipt.verify_receipt(found.canonical, found.salt, found.inner_path, found.tlog_proof, trust)
        assert shown.said.amount == posting.amount
        assert shown.said.date == "2026-06-01"
        assert len(shown.verdict.cosigned) == 3


def test_a_receipt_names_neither_holder_nor_shop(town: Town, log: Log) -> None:
    paid = town.pay(100)
    town.settle()
    assert "14" in (text := api.proof(paid.id).canonical)
    for secret in (str(paid.id), api.merchant_party(MUNI, "0").hex, str(api.merchant_party(MUNI, "0"))):
        assert secret not in text


def test_refunds_and_voids_are_proved_too(town: Town, log: Log) -> None:
    back = [town.refund(town.pay(100), 40), town.refund(town.pay(60), 60, api.Kind.VOID)]
    town.settle()
    assert ['"refund"' in api.proof(back[0].id).canonical, '"void"' in api.proof(back[1].id).canonical] == [
        True
    ] * 2


def test_a_payment_that_is_not_logged_yet_says_when_to_ask_again(town: Town, log: Log) -> None:
    paid = town.pay(100)
    with pytest.raises(api.NotLogged) as caught:
        api.proof(paid.id)
    assert caught.value.next_at > town.now
    assert api.logged([paid.id]) == set()


def test_a_payment_is_not_logged_before_the_quorum(town: Town, log: Log, settings: Settings) -> None:
    addresses, settings.WITNESSES = settings.WITNESSES, ""
    paid = town.pay(100)
    assert not town.settle().witnessed
    assert Batch.objects.get().status == Batch.Status.LOGGED
    with pytest.raises(api.NotLogged):
        api.proof(paid.id)
    settings.WITNESSES = addresses
    assert town.settle().witnessed
    assert Batch.objects.get().status == Batch.Status.WITNESSED
    api.proof(paid.id)


def test_an_erased_holder_cannot_be_opened_and_the_audit_stays_green(
    town: Town, log: Log, settings: Settings
) -> None:
    paid = town.pay(100)
    town.settle()
    SubjectKey.objects.all().delete()
    with pytest.raises(api.Erased):
        api.proof(paid.id)
    assert audit(log, settings).returncode == 0


def test_a_lost_receipts_key_opens_nothing(town: Town, log: Log, settings: Settings) -> None:
    paid = town.pay(100)
    town.settle()
    (settings.KEYS_DIR / "receipts").unlink()
    with pytest.raises(ValueError, match="not in"):
        api.proof(paid.id)


def test_what_is_served_always_has_the_quorum(town: Town, log: Log, settings: Settings) -> None:
    town.pay(100)
    town.settle()
    addresses, settings.WITNESSES = settings.WITNESSES, ""
    town.pay(100)
    town.settle()
    assert checkpoint.parse(served(log).text).size == FIRST + 1
    settings.WITNESSES = addresses
    town.settle()
    assert checkpoint.parse(served(log).text).size == FIRST + 2
    assert len(served(log).signatures) == 5


def test_one_witness_away_does_not_matter(town: Town, log: Log, settings: Settings) -> None:
    one, two, three = settings.WITNESSES.split(",")
    settings.WITNESSES = f"{one},{two},three=http://127.0.0.1:9"
    town.pay(100)
    assert town.settle().witnessed
    assert set(Cosignature.objects.values_list("witness", flat=True)) == {"one", "two"}
    settings.WITNESSES = f"{one},{two},{three}"
    town.pay(100)
    town.settle()
    assert Cosignature.objects.filter(witness="three", checkpoint__size=FIRST + 2).exists()


def test_a_witness_that_knows_another_size_is_asked_again_from_there(
    town: Town, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.pay(100)
    town.settle()
    monkeypatch.setattr(sequencer, "_last_size", lambda *_: 0)
    town.pay(100)
    assert town.settle().witnessed


def test_an_answer_that_was_lost_is_asked_for_again(
    town: Town, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.pay(100)
    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "_keep", lambda *_: None)
        assert not town.settle().witnessed
    assert town.settle().witnessed


def test_a_line_that_is_not_the_witness_s_is_not_kept(town: Town, log: Log, settings: Settings) -> None:
    one, two, _ = settings.WITNESSES.split(",")
    settings.WITNESSES = f"{one},two={one.partition('=')[2]},three={two.partition('=')[2]}"
    town.pay(100)
    assert not town.settle().witnessed
    assert list(Cosignature.objects.values_list("witness", flat=True)) == ["one"]


def test_a_line_of_the_future_is_not_kept(town: Town, witnesses: Callable[..., None]) -> None:
    witnesses(api.setup_log(MUNI, town.now), ahead=policy.AHEAD_SECONDS + 60)
    town.pay(100)
    assert not town.settle().witnessed
    assert not Cosignature.objects.exists()


class TestNothingPublishedChanges:
    def test_a_file_with_other_bytes_stops_publishing(self, town: Town, log: Log) -> None:
        town.pay(100)
        town.settle()
        tile = sequencer.folder(log) / f"tile/0/000.p/{FIRST + 2}"
        tile.parent.mkdir(parents=True, exist_ok=True)
        tile.write_bytes(b"x" * 32 * (FIRST + 2))
        town.pay(100)
        with pytest.raises(sequencer.PublishedOtherwise):
            town.settle()
        assert Checkpoint.objects.count() == 1
        signed = custody.signed(log.origin)
        assert signed
        assert signed.size == FIRST + 1

    def test_changed_tiles_are_noticed_before_signing(self, town: Town, log: Log) -> None:
        town.pay(100)
        town.settle()
        tile = sequencer.folder(log) / f"tile/0/000.p/{FIRST + 1}"
        tile.write_bytes(b"x" * 32 * (FIRST + 1))
        town.pay(100)
        with pytest.raises(sequencer.PublishedOtherwise):
            town.settle()

    def test_the_signer_does_not_go_back(self, town: Town, log: Log) -> None:
        town.pay(100)
        town.settle()
        with pytest.raises(custody.SignerRefuses):
            custody.sign(checkpoint.Checkpoint(log.origin, FIRST, b"r" * 32), 1)
        with pytest.raises(custody.SignerRefuses):
            custody.sign(checkpoint.Checkpoint(log.origin, FIRST + 1, b"r" * 32), 1)

    def test_an_old_copy_of_the_database_is_not_signed(self, town: Town, log: Log) -> None:
        """The signer's memory is ahead of the books, as after restoring yesterday's backup."""
        town.pay(100)
        custody.memory(log.origin).write_text(f"17\n{'ab' * 32}\n")
        with pytest.raises(custody.SignerRefuses):
            town.settle()
        assert not Checkpoint.objects.exists()

    def test_keys_are_for_the_signer_alone(self, town: Town, log: Log, settings: Settings) -> None:
        assert settings.SIGNER_DIR.stat().st_mode & 0o777 == 0o700
        assert {key.stat().st_mode & 0o777 for key in settings.SIGNER_DIR.glob("*.key")} == {0o400}


class TestAudit:
    @pytest.fixture
    def settled(self, town: Town, log: Log) -> Log:
        for n in range(3):
            town.pay(100 + n)
            town.settle()
        return log

    def test_it_finds_nothing_in_what_settlement_made(self, settled: Log, settings: Settings) -> None:
        done = audit(settled, settings)
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize("pattern", ["tile/0/000.p/8", "tile/entries/000.p/8", "addenda/*", "checkpoint"])
    def test_it_finds_a_changed_byte(self, settled: Log, settings: Settings, pattern: str) -> None:
        file = next(sequencer.folder(settled).glob(pattern))
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        assert audit(settled, settings).returncode == 1


def test_more_leaves_than_a_tile_holds(town: Town, log: Log, settings: Settings) -> None:
    from ledger import leaves
    from ledger.log import entry

    with sequencer.locked(MUNI):
        for n in range(300):
            grant = entry.Grant(MUNI, "8", f"g{n}", 1, 5, "ab" * 32, False)
            leaves.append(log, grant, f"grant:{n}")
    town.pay(100)
    assert town.settle() == api.Settled(1, FIRST + 301, True)
    assert audit(log, settings).returncode == 0
