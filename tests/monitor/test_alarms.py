"""Each alarm is given for what it is meant for, and nothing else is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.audit import source
from ledger.log import entry, note, policy
from ledger.monitor.alarms import KINDS, Limits, alarms
from ledger.monitor.look import look
from ledger.monitor.metrics import page
from tests.monitor.conftest import DAY, NOON, ORIGIN, WITNESSES, Place, batch, close, cover, opened, payout

HOUR = 3600


@pytest.fixture
def healthy(place: Place) -> Place:
    place.publish(opened(), batch(1, "2026-05-31"), payout(1), cover("2026-05-31"))
    return place


def seen(place: Place, after: int = 0, store: Path | None = None) -> list[str]:
    """Kinds and texts of the alarms, `after` seconds past noon."""
    trusted = policy.parse(place.policy.read_text())
    looked = look(place.fetch, trusted, store, source.open_source)
    return [f"{alarm.kind}: {alarm.text}" for alarm in alarms(looked, Limits(), NOON + after)]


def test_all_is_well(healthy: Place, tmp_path: Path) -> None:
    assert seen(healthy, HOUR, tmp_path / "store") == []
    assert seen(healthy, HOUR, tmp_path / "store") == []


def test_a_log_with_two_keys_and_witnesses_that_know_one(place: Place, tmp_path: Path) -> None:
    place.quantum = True
    place.publish(opened(), batch(1, "2026-05-31"), payout(1), cover("2026-05-31"))
    assert seen(place, HOUR, tmp_path / "store") == []
    assert len(list((tmp_path / "store").rglob("*.note"))) == 1
    file = place.folder / "checkpoint"
    short = note.Note.parse(file.read_bytes())
    file.write_bytes(note.Note(short.text, short.signatures[:-1]).encode())
    with pytest.raises(policy.NotTrustedError, match="ML-DSA"):
        seen(place)


def test_too_few_witnesses(place: Place) -> None:
    place.publish(opened(), by=("one",))
    assert seen(place) == [
        "quorum: Too few witnesses signed the checkpoint: one.",
        "witness: Witness three: it never signed this log.",
        "witness: Witness two: it never signed this log.",
    ]


def test_a_witness_that_does_not_answer(healthy: Place) -> None:
    healthy.ask["two"] = "http://127.0.0.1:9"
    (found,) = seen(healthy)
    assert found.startswith("witness: Witness two: http://127.0.0.1:9/")


def test_a_witness_that_stays_behind(healthy: Place) -> None:
    healthy.now[0] += HOUR
    healthy.publish(payout(2), by=("one", "two"))
    assert seen(healthy, HOUR) == []
    healthy.now[0] += HOUR
    healthy.publish(payout(3), by=("one", "two"))
    assert seen(healthy, 2 * HOUR) == ["witness: Witness three is 2 hours behind, at 4 leaves."]


def test_a_log_that_shows_less_than_was_signed(healthy: Place) -> None:
    before = healthy.fetch("checkpoint")
    healthy.publish(payout(2))
    (healthy.folder / "checkpoint").write_bytes(before)
    assert seen(healthy, HOUR) == []  # a witness may sign a moment earlier than the log shows it
    assert seen(healthy, HOUR + 1) == [
        f"witness: Witness {name} signed 5 leaves; 4 are shown." for name in ("one", "three", "two")
    ]


@pytest.mark.parametrize("kept", [True, False])
def test_history_that_was_rewritten(healthy: Place, tmp_path: Path, kept: bool) -> None:
    """Seen by who remembers, and by who asks the witnesses: two of them look away."""
    store = tmp_path / "store" if kept else None
    seen(healthy, store=store)
    if kept:
        healthy.ask = dict.fromkeys(healthy.ask, "")
    before = healthy.leaves
    healthy.leaves = []
    healthy.add(opened(), batch(1, "2026-05-31", 400), payout(1), cover("2026-05-31"))
    signed = healthy.sign(healthy.leaves)
    for name in ("one", "two"):
        signed = signed.add(note.cosign(signed.text, WITNESSES[name](healthy).key, NOON))
    (healthy.folder / "checkpoint").write_bytes(signed.encode())
    found = seen(healthy, store=store)
    assert found == ["changed: Signed before: 4 leaves that are not those of the 4 shown now."]
    assert before != healthy.leaves
    if kept:
        assert seen(healthy, store=store) == found, "both notes are kept"


def test_leaves_that_are_not_those_that_were_signed(healthy: Place) -> None:
    bundle = healthy.folder / "tile/entries/000.p/4"
    bundle.write_bytes(bundle.read_bytes().replace(b'"date":"2026-05-31"', b'"date":"2026-06-01"'))
    kinds = {found.partition(":")[0] for found in seen(healthy)}
    assert kinds == {"changed"}


def test_things_grow_old(healthy: Place) -> None:
    assert seen(healthy, 14 * HOUR) == []
    assert seen(healthy, 15 * HOUR) == ["cover: The last proof of cover, of 2026-05-31, is 27 hours old."]
    assert "stale: No witness signed anything for 27 hours." in seen(healthy, 27 * HOUR)
    late = seen(healthy, 8 * DAY)
    assert "batch: The last batch, 1 of 2026-05-31, is 8 days old." in late
    assert not [text for text in late if text.startswith("unpaid")]


def test_a_closed_log_does_not_grow_old(healthy: Place) -> None:
    healthy.publish(close())
    assert seen(healthy, 300 * DAY) == []


def test_payments_without_any_proof_of_cover(place: Place) -> None:
    place.publish(opened(), batch(1, "2026-05-31"), payout(1))
    assert seen(place) == ["cover: There are payments, and never was a proof of cover."]


def test_less_there_than_is_owed(healthy: Place) -> None:
    healthy.publish(cover("2026-06-01", bank=999))
    assert seen(healthy) == ["gap: On 2026-06-01 there was 1 cents less than is owed."]


def test_a_batch_that_is_not_paid(healthy: Place) -> None:
    healthy.publish(batch(2, "2026-05-26"), batch(3, "2026-05-27"), payout(3))
    assert seen(healthy) == ["unpaid: Batch 2 of 2026-05-26 was not paid for 5 days."]
    healthy.publish(payout(2))
    assert seen(healthy) == []


def test_an_override_is_said_once_to_who_remembers(healthy: Place, tmp_path: Path) -> None:
    healthy.publish(entry.Override(14, "payout/1", "witness_away", "ab" * 32, "cd" * 32))
    store = tmp_path / "store"
    said = ["override: Leaf 4: payout/1 was let pass (witness_away)."]
    assert seen(healthy, store=store) == said
    assert seen(healthy, store=store) == []
    assert seen(healthy) == said


def test_a_witness_that_shows_what_it_did_not_sign(healthy: Place) -> None:
    healthy.ask["one"] = healthy.ask["two"]
    assert seen(healthy) == ["witness: Witness one: it shows a checkpoint that it did not sign."]


def test_every_kind_of_alarm_is_in_the_specification() -> None:
    spec = (Path(__file__).parents[2] / "docs/spec/08-witness.md").read_text()
    assert [kind for kind in KINDS if f"| `{kind}` |" not in spec] == []


def test_the_numbers_say_the_same(healthy: Place) -> None:
    healthy.publish(batch(2, "2026-06-01"), cover("2026-06-01", bank=950), by=("one", "two"))
    looked = look(healthy.fetch, policy.parse(healthy.policy.read_text()), None, source.open_source)
    now = NOON + 13 * HOUR
    text = page(looked, alarms(looked, Limits(), now), now)
    numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert {name.removeprefix("meedoen_monitor_"): float(value) for name, value in numbers.items()} == {
        "up": 1,
        **{f'alarms{{kind="{kind}"}}': 0 for kind in KINDS},
        'alarms{kind="gap"}': 1,
        "size": 6,
        "quorum": 1,
        "checkpoint_age_seconds": 13 * HOUR,
        'witness_size{witness="one"}': 6,
        'witness_size{witness="two"}': 6,
        'witness_size{witness="three"}': 4,
        'witness_lag_seconds{witness="one"}': 0,
        'witness_lag_seconds{witness="two"}': 0,
        'witness_lag_seconds{witness="three"}': 0,
        "batch_age_seconds": HOUR,
        "cover_age_seconds": HOUR,
        "cover_gap_cents": -50,
        "unpaid_batches": 1,
        "unpaid_age_seconds": HOUR,
        "overrides": 0,
    }
    assert ORIGIN not in text
