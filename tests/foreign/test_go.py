"""Go's checksum database code (golang.org/x/mod) verifies our log: notes, tiles, proofs, receipt."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from ledger.log import note
from tests.foreign.conftest import Made

HOLDS = """\
checkpoint 304: {log} and one.example
entries 304
checkpoint 2: {log} and one.example
consistency 2 304
request 2 304
checkpoint 304: {log} and one.example
receipt 203 in leaf 302
"""


def run(verify: Path, made: Made, where: str = "", *proofs: str) -> subprocess.CompletedProcess[str]:
    arguments = [where or str(made.folder), made.log.vkey, made.witness, *(proofs or made.proofs)]
    return subprocess.run([str(verify), *arguments], capture_output=True, text=True, check=False)


def test_everything_holds_in_a_folder(verify: Path, made: Made) -> None:
    done = run(verify, made)
    assert (done.stdout, done.returncode) == (HOLDS.format(log=made.log.origin), 0)


def test_everything_holds_over_http(verify: Path, made: Made, live_server: LiveServer) -> None:
    done = run(verify, made, f"{live_server.url}/log/gm{made.log.muni:04d}/{made.log.year}")
    assert (done.stdout, done.returncode) == (HOLDS.format(log=made.log.origin), 0)


def test_lines_of_keys_that_it_does_not_know_are_passed_over(verify: Path, made: Made) -> None:
    file = made.folder / "checkpoint"
    later = note.Signature(made.log.origin, b"\x06\x06\x06\x06", b"m" * 2420)
    file.write_bytes(note.Note.parse(file.read_bytes()).add(later).encode())
    assert run(verify, made).returncode == 0


CHANGED = ["checkpoint", "tile/0/000", "tile/0/001.p/48", "tile/1/000.p/1", "tile/entries/000"]


@pytest.mark.parametrize("path", [*CHANGED, "tile/entries/001.p/48", "old", "request", "receipt"])
def test_a_changed_byte_is_found(verify: Path, made: Made, path: str) -> None:
    file = made.folder / path if "/" in path or path == "checkpoint" else made.old.with_name(path)
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    done = run(verify, made)
    assert (done.returncode, "NOT in order" in done.stdout) == (1, True)


def test_a_payment_of_another_batch_is_not_in_this_one(verify: Path, made: Made) -> None:
    text = made.receipt.read_text()
    made.receipt.write_text(text.replace('\\"amount\\":203', '\\"amount\\":204'))
    assert made.receipt.read_text() != text
    done = run(verify, made)
    assert done.stdout.splitlines()[-1] == "NOT in order: the payment is not in the batch"
