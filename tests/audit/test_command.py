"""The command as an auditor types it: sources, receipts, sentences and exit codes."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import ed25519
from ledger.audit.__main__ import main
from ledger.audit.report import euros
from ledger.log import note
from tests.audit.folder import LOG_KEY, ORIGIN, POLICY, Folder
from tests.serving import serving

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def policy(log: Folder) -> str:
    return str(log.path.parent / "policy")


class Quiet(SimpleHTTPRequestHandler):
    """Serves entries compressed without being asked, as tlog-tiles allows, and one address badly."""

    def do_GET(self) -> None:
        if "broken" in self.path:
            self.send_error(500)
            return
        if "entries" not in self.path or not Path(self.translate_path(self.path)).exists():
            super().do_GET()
            return
        body = gzip.compress(Path(self.translate_path(self.path)).read_bytes())
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(log: Folder) -> Iterator[str]:
    handler = partial(Quiet, directory=str(log.path))
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as url:
        yield f"{url}/"


def test_a_log_behind_an_address_is_audited(
    address: str, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([address, "--policy", policy]) == 0
    assert "In order" in capsys.readouterr().out


def test_a_server_in_trouble_is_not_a_finding(
    address: str, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{address}broken", "--policy", policy]) == 2
    assert "answers 500" in capsys.readouterr().err


def test_a_file_that_the_server_does_not_have_is_a_finding(
    log: Folder, address: str, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.file(f"tile/entries/000.p/{len(log.leaves)}").unlink()
    assert main([address, "--policy", policy]) == 1
    assert "A7  FOUND" in capsys.readouterr().out


def bare(log: Folder, policy: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The audit on a machine that has its own folders and no library but ecdsa."""
    (home / "ledger").mkdir()
    shutil.copy(ROOT / "ledger" / "__init__.py", home / "ledger")
    for name in ("log", "anchors", "audit"):
        shutil.copytree(ROOT / "ledger" / name, home / "ledger" / name)
    program = (
        "import sys\n"
        "for name in ('cryptography', 'django', 'celery', 'redis'): sys.modules[name] = None\n"
        "from ledger.audit.__main__ import main\n"
        f"sys.exit(main([{str(log.path)!r}, '--policy', {policy!r}]))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=home, capture_output=True, text=True, check=False
    )


def test_it_runs_from_its_own_folders_without_django_and_without_cryptography(
    log: Folder, policy: str, tmp_path: Path
) -> None:
    done = bare(log, policy, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_ml_dsa_key_in_the_policy_is_demanded_where_it_can_be_checked_and_named_where_not(
    log: Folder, policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quantum = note.SignerKey.from_seed(ORIGIN, note.ML_DSA_44, b"Q" * 32)
    both = tmp_path / "both.txt"
    both.write_text(f"log {quantum.verifier}\n{Path(policy).read_text()}")
    assert main([str(log.path), "--policy", str(both)]) == 1
    assert "A8  FOUND" in capsys.readouterr().out
    signed = log.note()
    log.file("checkpoint").write_bytes(signed.add(note.cosign(signed.text, quantum, 1)).encode())
    assert main([str(log.path), "--policy", str(both)]) == 0
    done = bare(log, str(both), tmp_path)
    assert (done.returncode, "ML-DSA signature is not checked" in done.stderr) == (0, True)


def test_the_module_runs_as_a_command(log: Folder, policy: str) -> None:
    command = [sys.executable, "-m", "ledger.audit", str(log.path), "--policy", policy, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["log"]["size"] == len(log.leaves)
    assert set(report["cosigned"]) == {"drenthe", "emmen", "assen"}


def test_the_report_says_what_the_books_come_to(
    log: Folder, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(log.path), "--policy", policy]) == 0
    out = capsys.readouterr().out
    assert "€ 49.879,88  holders can still spend" in out
    assert "€ 120,12  owed to shops" in out
    skipped = "A1, A2, A3, A9, A10, A12, A13, A14, A15, A16, A17, A18, A19, A20, A21, A22, A23, A24, R"
    verdict = f"In order: everything that was checked fits. Not done: {skipped}."
    assert out.splitlines()[-1] == verdict


def test_a_finding_names_its_check_in_a_sentence(
    log: Folder, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.change(3, lambda leaf: leaf["funds"][0].update(redeemed=999_999))
    log.write()
    assert main([str(log.path), "--policy", policy]) == 1
    out = capsys.readouterr().out
    assert "A11 FOUND" in out
    assert "- Batch 2: The pots of fund kleding do not add up." in out
    assert "NOT in order: 2 found." in out


def test_what_cannot_be_done_ends_with_2(
    log: Folder, policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "any").write_text(POLICY.replace("partners 2", "partners any"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.json").write_text('{"canonical": 1}')
    log_path = str(log.path)
    for arguments in (
        [str(tmp_path / "nowhere"), "--policy", policy],
        [str(tmp_path / "empty"), "--policy", policy],
        ["http://127.0.0.1:9/", "--policy", policy],
        [log_path, "--policy", str(tmp_path / "nowhere")],
        [log_path, "--policy", str(tmp_path / "any")],
        [log_path, "--policy", policy, "--receipt", str(tmp_path / "torn.json")],
    ):
        assert main(arguments) == 2, arguments
        assert capsys.readouterr().err.startswith("The audit could not be done: ")
    with pytest.raises(SystemExit) as stopped:
        main(["--policy", policy])
    assert stopped.value.code == 2


def receipt_file(log: Folder, **change: Any) -> str:
    path = log.path.parent / "receipt.json"
    path.write_text(json.dumps({**log.receipt(2, 1).json(), **change}))
    return str(path)


def test_only_the_first_twenty_findings_of_a_check_are_named(
    log: Folder, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.leaves[1:] = [b"hello"] * 50
    log.write()
    assert main([str(log.path), "--policy", policy]) == 1
    out = capsys.readouterr().out
    assert out.count("cannot be read") == 20
    assert "There is more of this" in out


def test_a_damaged_memory_is_said_and_not_passed_over(
    log: Folder, policy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(log.path), "--policy", policy, "--store", str(tmp_path / "seen")]
    assert main(arguments) == 0
    (kept,) = (tmp_path / "seen").rglob("*.note")
    kept.write_bytes(b"")
    assert main(arguments) == 2
    assert "is damaged" in capsys.readouterr().err


def test_a_note_that_the_log_did_not_sign_is_not_remembered(log: Folder, policy: str, tmp_path: Path) -> None:
    arguments = [str(log.path), "--policy", policy, "--store", str(tmp_path / "seen")]
    stranger = note.SignerKey.from_seed(log.note().signatures[0].name, note.ED25519, b"S" * 32)
    text = log.note().text
    log.file("checkpoint").write_bytes(note.Note(text, (note.sign(text, stranger),)).encode())
    assert main(arguments) == 1
    assert not (tmp_path / "seen").exists()


def test_a_receipt_alone_needs_no_log(log: Folder, policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--policy", policy, "--receipt", receipt_file(log)]) == 0
    assert "R   ok        The receipt holds" in capsys.readouterr().out


def test_a_receipt_is_found_in_the_log_also_when_the_log_has_grown(
    log: Folder, policy: str, tmp_path: Path
) -> None:
    file = receipt_file(log)
    assert main([str(log.path), "--policy", policy, "--receipt", file]) == 0
    Folder(log.path, batches=9).write()
    assert main([str(log.path), "--policy", policy, "--receipt", file]) == 0


def test_a_changed_receipt_is_found(log: Folder, policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = receipt_file(log, salt="0" * 64)
    for where in ([], [str(log.path)]):
        assert main([*where, "--policy", policy, "--receipt", file]) == 1
        assert "The payment is not among the commitments of this batch." in capsys.readouterr().out


def test_a_receipt_of_a_state_that_this_log_does_not_have_is_found(
    log: Folder, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = receipt_file(log)
    log.change(0, lambda leaf: leaf.update(chart="1" * 64))
    log.write()
    assert main([str(log.path), "--policy", policy, "--receipt", file]) == 1
    assert "a state that is not part of this log" in capsys.readouterr().out


def test_ecdsa_and_cryptography_agree_on_ed25519() -> None:
    message = os.urandom(40)
    signature = note.sign(message.hex(), LOG_KEY).body
    public = LOG_KEY.verifier.public
    cases = [(public, message.hex().encode(), signature)]
    cases += [
        (public, b"other", signature),
        (public, message, signature[:-1]),
        (b"\xff" * 32, message, signature),
    ]
    cases += [(public, message, bytes([signature[0] ^ 1]) + signature[1:])]
    answers = [ed25519.verify(*case) for case in cases]
    assert answers == [note.ed25519_verify(*case) for case in cases]
    assert answers == [True, False, False, False, False]


def test_a_signature_with_a_second_form_is_refused_by_both() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    text = "text"
    signature = note.sign(text, LOG_KEY).body
    twin = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    public = LOG_KEY.verifier.public
    assert not note.ed25519_verify(public, text.encode(), twin)
    assert not ed25519.verify(public, text.encode(), twin)


def test_amounts_are_written_as_people_write_them() -> None:
    assert [euros(x) for x in (0, 5, 123456, -250)] == ["€ 0,00", "€ 0,05", "€ 1.234,56", "- € 2,50"]
