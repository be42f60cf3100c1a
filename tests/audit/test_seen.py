"""What an auditor remembers: whole, on disk, and never less than it was."""

from pathlib import Path

import pytest

from ledger.audit import seen
from ledger.log import checkpoint, durable, note, policy
from tests.audit.folder import LOG_KEY, NOW, ORIGIN, POLICY, WITNESS_KEYS

TRUSTED = policy.parse(POLICY)


def signed(root: bytes, *witnesses: str, now: int = NOW) -> note.Note:
    text = checkpoint.Checkpoint(ORIGIN, 7, root).text()
    lines = [note.cosign(text, WITNESS_KEYS[name], now) for name in witnesses]
    return note.Note(text, (note.sign(text, LOG_KEY), *lines))


def kept(store: Path) -> list[note.Note]:
    return [note.Note.parse(file.read_bytes()) for file in sorted(store.rglob("*.note"))]


def test_roots_that_begin_alike_are_two_notes(tmp_path: Path) -> None:
    one, other = b"\x01" * 31 + b"\x01", b"\x01" * 31 + b"\x02"
    for root in (one, other):
        seen.save(tmp_path, TRUSTED, signed(root))
    assert {state.root for state in seen.load(tmp_path, TRUSTED, ORIGIN)} == {one, other}


def test_a_note_that_comes_again_only_gets_more_lines(tmp_path: Path) -> None:
    for witnesses in (("drenthe", "emmen"), (), ("assen",)):
        seen.save(tmp_path, TRUSTED, signed(b"\x01" * 32, *witnesses))
    seen.save(tmp_path, TRUSTED, signed(b"\x01" * 32, "drenthe", now=NOW + 1))
    (found,) = kept(tmp_path)
    assert TRUSTED.cosigned(found) == dict.fromkeys(("drenthe", "emmen", "assen"), NOW)
    assert len(found.signatures) == 4


def test_lines_of_strangers_and_false_ones_take_no_place(tmp_path: Path) -> None:
    served = signed(b"\x01" * 32)
    false = note.Signature("drenthe.example/witness", WITNESS_KEYS["drenthe"].verifier.key_id, b"\x00" * 72)
    stranger = note.sign(served.text, note.SignerKey.from_seed("s.example", note.ED25519, b"S" * 32))
    seen.save(tmp_path, TRUSTED, served.add(false, stranger))
    seen.save(tmp_path, TRUSTED, signed(b"\x01" * 32, "drenthe"))
    (found,) = kept(tmp_path)
    assert {line.name for line in found.signatures} == {ORIGIN, "drenthe.example/witness"}
    assert TRUSTED.cosigned(found) == {"drenthe": NOW}


def test_a_note_is_on_disk_before_the_audit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(durable.os, "fsync", synced.append)
    seen.save(tmp_path, TRUSTED, signed(b"\x01" * 32))
    assert len(synced) == 2, "the file, and the folder that names it"
