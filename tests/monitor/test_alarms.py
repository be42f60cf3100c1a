"""Each alarm is given for what it is meant for, and nothing else is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.audit import source
from ledger.log import entry, note, policy
from ledger.monitor import looked
from ledger.monitor.alarms import KINDS, Limits, alarms
from ledger.monitor.look import Look, Watch
from ledger.monitor.metrics import page
from tests.monitor.conftest import DAY, NOON, ORIGIN, WITNESSES, Place, batch, close, cover, opened, payout

HOUR = 3600


@pytest.fixture
def healthy(place: Place) -> Place:
    place.publish(opened(), batch(1, "2026-05-31"), payout(1), cover("2026-05-31"))
    return place


def seen(place: Place, after: int = 0, store: Path | None = None) -> list[str]:
    """Kinds and texts of the alarms, `after` seconds past noon."""
    found = look(place, store, NOON + after)
    if store:
        looked.save(store, ORIGIN, found.read.size, NOON + after)
    return [f"{alarm.kind}: {alarm.text}" for alarm in alarms(found, Limits(), NOON + after)]


def look(place: Place, store: Path | None, now: int) -> Look:
    return Watch(policy.parse(place.policy.read_text()), store, source.open_source).look(place.fetch, now)


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


class TestRewrittenAndHidden:
    """A log that was rewritten cannot keep it quiet with something else that is wrong."""

    @pytest.fixture
    def store(self, healthy: Place, tmp_path: Path) -> Path:
        """What somebody remembers of the true history; the false one is in its place."""
        assert seen(healthy, store=tmp_path / "store") == []
        healthy.ask = dict.fromkeys(healthy.ask, "")
        healthy.leaves = []
        healthy.add(opened(), batch(1, "2026-05-31", 400), payout(1), cover("2026-05-31"))
        return tmp_path / "store"

    CHANGED = "changed: Signed before: 4 leaves that are not those of the {} shown now."

    def serve(self, place: Place) -> None:
        signed = place.sign(place.leaves)
        for name in ("one", "two"):
            signed = signed.add(note.cosign(signed.text, WITNESSES[name](place).key, NOON))
        (place.folder / "checkpoint").write_bytes(signed.encode())

    def test_a_leaf_that_nobody_can_read(self, healthy: Place, store: Path) -> None:
        healthy.add_raw([b'{"t":"new","v":1}'])
        self.serve(healthy)
        changed, unreadable = seen(healthy, store=store)
        assert changed == self.CHANGED.format(5)
        assert unreadable.startswith("unreadable: Leaves that cannot be read: 1. The first is 4: ")

    def test_leaves_that_are_not_there(self, healthy: Place, store: Path) -> None:
        self.serve(healthy)
        (healthy.folder / "tile/entries/000.p/4").unlink()
        changed, unreadable = seen(healthy, store=store)
        assert changed == self.CHANGED.format(4)
        assert unreadable.startswith("unreadable: Leaves from 0 on are not there: ")

    def test_a_false_line_of_a_witness(self, healthy: Place, store: Path) -> None:
        signed = healthy.sign(healthy.leaves)
        false = note.cosign("another\n0\ntext\n", WITNESSES["one"](healthy).key, NOON)
        (healthy.folder / "checkpoint").write_bytes(signed.add(false).encode())
        changed, quorum = seen(healthy, store=store)
        assert changed == self.CHANGED.format(4)
        assert quorum == "quorum: Too few witnesses signed the checkpoint: nobody."

    def test_a_log_that_does_not_answer(
        self, healthy: Place, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.serve(healthy)
        monkeypatch.setattr(Place, "fetch", no_tiles)
        assert self.CHANGED.format(4) in seen(healthy, store=store), "two notes of one size need no leaves"


def no_tiles(place: Place, path: str) -> bytes:
    if path.startswith("tile/"):
        raise source.UnreachableError("503")
    return (place.folder / path).read_bytes()


def test_what_a_log_signed_is_kept_when_it_does_not_answer(
    healthy: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "fetch", no_tiles)
    with pytest.raises(source.UnreachableError):
        seen(healthy, store=tmp_path / "store")
    assert len(list((tmp_path / "store").rglob("*.note"))) == 1


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


def test_an_override_that_a_witness_signed_before_it_was_shown(healthy: Place, tmp_path: Path) -> None:
    store, before = tmp_path / "store", healthy.fetch("checkpoint")
    healthy.publish(entry.Override(14, "payout/1", "witness_away", "ab" * 32, "cd" * 32))
    shown = healthy.fetch("checkpoint")
    (healthy.folder / "checkpoint").write_bytes(before)
    assert seen(healthy, store=store) == []
    (healthy.folder / "checkpoint").write_bytes(shown)
    assert seen(healthy, store=store) == ["override: Leaf 4: payout/1 was let pass (witness_away)."]


def test_who_asks_for_numbers_hears_of_an_override_for_a_day(healthy: Place, tmp_path: Path) -> None:
    healthy.publish(entry.Override(14, "payout/1", "witness_away", "ab" * 32, "cd" * 32))
    found = look(healthy, None, NOON)
    for after, said in ((0, True), (DAY - 1, True), (DAY, False)):
        earlier = replace(found, before=[(4, NOON - DAY), (5, NOON)])
        kinds = [alarm.kind for alarm in alarms(earlier, Limits(override=DAY), NOON + after)]
        assert ("override" in kinds) == said


def test_a_witness_whose_clock_is_ahead_keeps_no_log_fresh(healthy: Place) -> None:
    served = note.Note.parse(healthy.fetch("checkpoint"))
    others = [line for line in served.signatures if line.name != "one.example"]
    early = note.cosign(served.text, WITNESSES["one"](healthy).key, 1 << 40)
    (healthy.folder / "checkpoint").write_bytes(note.Note(served.text, (*others, early)).encode())
    assert "stale: No witness signed anything for 27 hours." in seen(healthy, 27 * HOUR)


def test_a_witness_that_shows_a_time_that_is_yet_to_come(healthy: Place) -> None:
    healthy.now[0] += DAY
    healthy.publish(payout(2), by=("one",))
    healthy.publish(by=("two", "three"))
    assert "witness: Witness one: it signs with a time that is yet to come." in seen(healthy)


def test_a_witness_that_shows_what_it_did_not_sign(healthy: Place) -> None:
    healthy.ask["one"] = healthy.ask["two"]
    assert seen(healthy) == ["witness: Witness one: it shows a checkpoint that it did not sign."]


def test_every_kind_of_alarm_is_in_the_specification() -> None:
    spec = (Path(__file__).parents[2] / "docs/spec/08-witness.md").read_text()
    assert [kind for kind in KINDS if f"| `{kind}` |" not in spec] == []


def test_the_numbers_say_the_same(healthy: Place) -> None:
    healthy.publish(batch(2, "2026-06-01"), cover("2026-06-01", bank=950), by=("one", "two"))
    now = NOON + 13 * HOUR
    found = look(healthy, None, now)
    text = page(found, alarms(found, Limits(), now), now)
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
