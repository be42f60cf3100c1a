"""Go's checksum database code (golang.org/x/mod) verifies our log: notes, tiles, proofs, receipt."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pytest_django.live_server_helper import LiveServer

from ledger.log import note
from tests.foreign.conftest import Made

HOLDS = """\
checkpoint {size}: {log} and one.example
entries {size}
checkpoint {old}: {log} and one.example
consistency {old} {size}
request 2 {size}
checkpoint {size}: {log} and one.example
receipt 203 in leaf {leaf}
"""


def holds(made: Made) -> str:
    """What the program says of a log in which everything holds."""
    sizes = list(made.log.checkpoints.order_by("size").values_list("size", flat=True))
    leaf = made.log.entries.get(source=f"batch:{made.log.muni}:2").idx
    return HOLDS.format(log=made.log.origin, old=sizes[0], size=sizes[-1], leaf=leaf)


def run(verify: Path, made: Made, where: str = "", *proofs: str) -> subprocess.CompletedProcess[str]:
    arguments = [where or str(made.folder), made.log.vkey, made.witness, *(proofs or made.proofs)]
    return subprocess.run([str(verify), *arguments], capture_output=True, text=True, check=False)


def test_everything_holds_in_a_folder(verify: Path, made: Made) -> None:
    done = run(verify, made)
    assert (done.stdout, done.returncode) == (holds(made), 0)


def test_everything_holds_over_http(verify: Path, made: Made, live_server: LiveServer) -> None:
    done = run(verify, made, f"{live_server.url}/log/gm{made.log.muni:04d}/{made.log.year}")
    assert (done.stdout, done.returncode) == (holds(made), 0)


def test_lines_of_keys_that_it_does_not_know_are_passed_over(verify: Path, made: Made) -> None:
    file = made.folder / "checkpoint"
    later = note.Signature(made.log.origin, b"\x06\x06\x06\x06", b"m" * 2420)
    file.write_bytes(note.Note.parse(file.read_bytes()).add(later).encode())
    assert run(verify, made).returncode == 0


FILES = ["checkpoint", "tile/0/000", "tile/0/001.p/*", "tile/1/000.p/1", "tile/entries/000"]


def test_a_changed_byte_is_found_wherever_it_is(verify: Path, made: Made) -> None:
    kept = [made.old, made.request, made.receipt]
    for file in [*(_last(made.folder, path) for path in [*FILES, "tile/entries/001.p/*"]), *kept]:
        true = file.read_bytes()
        changed = bytearray(true)
        changed[min(40, len(true) - 1)] ^= 1  # in the text of a note, not in a line of an unknown key
        file.write_bytes(changed)
        done = run(verify, made)
        assert (done.returncode, "NOT in order" in done.stdout) == (1, True), file
        file.write_bytes(true)
    assert run(verify, made).returncode == 0


def _last(folder: Path, pattern: str) -> Path:
    return max(folder.glob(pattern), key=lambda found: found.stat().st_size)


def test_a_payment_of_another_batch_is_not_in_this_one(verify: Path, made: Made) -> None:
    text = made.receipt.read_text()
    made.receipt.write_text(text.replace('\\"amount\\":203', '\\"amount\\":204'))
    assert made.receipt.read_text() != text
    done = run(verify, made)
    assert done.stdout.splitlines()[-1] == "NOT in order: the payment is not in the batch"
