"""What an administrator sees of a running witness: numbers, health, and settings that change meanwhile."""

import hashlib
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from ledger.log import checkpoint, merkle, note, submission
from ledger.witness import server
from ledger.witness.__main__ import main
from ledger.witness.rules import Witness
from ledger.witness.store import Store
from tests.witness.conftest import ORIGIN, Log, Process

Make = Callable[..., Process]


def numbers(witness: Process) -> dict[str, float]:
    _, kind, page = witness.call("GET", "/metrics")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def journal_says(witness: Process, words: str) -> None:
    for _ in range(500):
        if words in (witness.folder / "stderr").read_text():
            return
        time.sleep(0.02)
    raise AssertionError((witness.folder / "stderr").read_text())


def test_numbers_say_what_was_signed_asked_and_kept(witness: Process, log: Log) -> None:
    before = time.time()
    witness.post(log.request(0, 5))
    witness.post(log.request(5, 9))
    witness.post(log.request(5, 12))
    witness.post(log.request(9, 12, history="false"))
    witness.post(b"nonsense")
    witness.post(Log("stranger.example").request(0, 5))
    found, mine = numbers(witness), f'log="{ORIGIN}"'
    assert found[f"meedoen_witness_size{{{mine}}}"] == 9
    signed_at = found[f"meedoen_witness_cosigned_timestamp_seconds{{{mine}}}"]
    assert int(before) <= signed_at <= time.time()
    asked = {name: n for name, n in found.items() if "requests" in name}
    assert asked == {
        f'meedoen_witness_requests_total{{{mine},status="200"}}': 2,
        f'meedoen_witness_requests_total{{{mine},status="409"}}': 1,
        f'meedoen_witness_requests_total{{{mine},status="422"}}': 1,
        'meedoen_witness_requests_total{log="",status="400"}': 1,
        'meedoen_witness_requests_total{log="",status="404"}': 1,
    }
    kept = {name: n for name, n in found.items() if "kept" in name}
    assert kept == {
        f'meedoen_witness_kept_notes{{{mine},status="200"}}': 2,
        f'meedoen_witness_kept_notes{{{mine},status="409"}}': 1,
        f'meedoen_witness_kept_notes{{{mine},status="422"}}': 1,
    }
    assert found[f"meedoen_witness_contradictions{{{mine}}}"] == 1, "12 leaves, true and false"
    assert "stranger" not in " ".join(found)


def test_numbers_of_a_log_that_never_came(witness: Process) -> None:
    mine = f'{{log="{ORIGIN}"}}'
    assert numbers(witness) == {f"meedoen_witness_size{mine}": 0, f"meedoen_witness_contradictions{mine}": 0}


def test_a_stranger_proves_nothing_with_notes_that_are_public(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    junk = [merkle.leaf_hash(b"junk")]
    assert witness.post(submission.build(5, junk, log.note(5)))[0] == 422
    assert witness.post(submission.build(3, junk, log.note(5)))[0] == 409
    assert witness.post(submission.build(9, junk, log.note(5)))[0] == 400
    assert [name for name in numbers(witness) if "kept" in name and 'status="200"' not in name] == []
    assert witness.post(submission.build(5, junk, log.note(9)))[0] == 422
    assert witness.post(log.request(5, 9))[0] == 200
    assert numbers(witness)[f'meedoen_witness_contradictions{{log="{ORIGIN}"}}'] == 0


def test_two_roots_for_one_size_are_proof_whenever_they_come(witness: Process, log: Log) -> None:
    proved = f'meedoen_witness_contradictions{{log="{ORIGIN}"}}'
    witness.post(log.request(0, 5))
    witness.post(log.request(5, 9, history="false"))
    assert numbers(witness)[proved] == 0, "a note that does not follow may wait for a better proof"
    witness.post(log.request(5, 9))
    assert numbers(witness)[proved] == 1
    witness.post(log.request(9, 9, history="false"))
    assert numbers(witness)[proved] == 1
    witness.post(log.request(5, 5, history="false"))
    assert numbers(witness)[proved] == 2


def test_a_log_of_nothing_with_a_root_is_proof_alone(witness: Process, log: Log) -> None:
    text = checkpoint.Checkpoint(ORIGIN, 0, b"\x01" * 32).text()
    signed = note.Note(text, (note.sign(text, log.key),))
    assert witness.post(submission.build(0, [], signed))[0] == 422
    assert numbers(witness)[f'meedoen_witness_contradictions{{log="{ORIGIN}"}}'] == 1


def test_a_refusal_is_in_the_journal_with_its_log_and_reason(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    witness.post(log.request(5, 5, history="false"))
    journal_says(witness, f"422 {ORIGIN} ")


def test_health_is_503_without_a_memory_and_nothing_is_signed(witness: Process, log: Log) -> None:
    assert witness.call("GET", "/health")[::2] == (200, "ok\n")
    witness.post(log.request(0, 5))
    memory, away = witness.folder / "witness.sqlite", witness.folder / "away"
    away.mkdir()
    for file in sorted(witness.folder.glob("witness.sqlite*")):
        shutil.move(file, away)
    memory.mkdir()
    assert witness.call("GET", "/health")[0] == 503
    status, said = witness.post(log.request(0, 7))
    assert (status, "—" in said) == (503, False)
    memory.rmdir()
    for file in sorted(away.iterdir()):
        shutil.move(file, witness.folder)
    assert witness.call("GET", "/health")[0] == 200
    assert witness.post(log.request(5, 7))[0] == 200


def test_an_empty_memory_that_came_in_its_place_signs_nothing(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    for file in witness.folder.glob("witness.sqlite*"):
        file.unlink()
    assert witness.post(log.request(0, 5, history="false"))[0] == 503
    assert not (witness.folder / "witness.sqlite").exists()


def test_settings_read_again_do_not_make_an_empty_file_a_memory(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    for file in witness.folder.glob("witness.sqlite*"):
        file.unlink()
    (witness.folder / "witness.sqlite").write_bytes(b"")
    assert witness.popen
    witness.popen.send_signal(signal.SIGHUP)
    journal_says(witness, "the settings were not read again")
    assert witness.post(log.request(0, 5, history="false"))[0] == 503


def test_a_new_log_is_watched_without_a_restart(witness: Process, log: Log) -> None:
    new = Log("log.example/gm0014/2027")
    witness.post(log.request(0, 5))
    assert witness.post(new.request(0, 2))[0] == 404
    assert main(["add-log", str(witness.folder / "witness.toml"), str(new.key.verifier)]) == 0
    assert witness.popen
    witness.popen.send_signal(signal.SIGHUP)
    journal_says(witness, "the settings were read again")
    assert witness.post(new.request(0, 2))[0] == 200
    assert witness.post(log.request(5, 6))[0] == 200
    found = numbers(witness)
    assert found[f'meedoen_witness_requests_total{{log="{ORIGIN}",status="200"}}'] == 2
    assert found[f'meedoen_witness_size{{log="{new.origin}"}}'] == 2


def test_settings_that_cannot_be_read_leave_the_old_ones(witness: Process, log: Log) -> None:
    settings = witness.folder / "witness.toml"
    good = settings.read_text()
    settings.write_text("nonsense")
    assert witness.popen
    witness.popen.send_signal(signal.SIGHUP)
    journal_says(witness, "the settings were not read again")
    assert witness.post(log.request(0, 5))[0] == 200
    settings.write_text(good)
    assert witness.stop() == 0


def test_a_log_key_that_was_switched_off_is_refused_and_its_history_stays(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    settings = witness.folder / "witness.toml"
    settings.write_text(settings.read_text().replace(f'["{log.key.verifier}"]', "[]"))
    assert witness.popen
    witness.popen.send_signal(signal.SIGHUP)
    journal_says(witness, "the settings were read again")
    assert witness.post(log.request(5, 9))[0] == 403
    assert numbers(witness)[f'meedoen_witness_size{{log="{ORIGIN}"}}'] == 5


def test_a_body_whose_length_is_not_said_or_false_is_400(witness: Process) -> None:
    lengths = [
        ("Content-Length", length) for length in ("-1", "abc", "9" * 30, "9" * 5000, "\u0664".encode())
    ]
    for header in (("Accept", "*/*"), ("Transfer-Encoding", "chunked"), *lengths):
        with closing(HTTPConnection("127.0.0.1", witness.port, timeout=20)) as connection:
            connection.putrequest("POST", "/add-checkpoint")
            connection.putheader(*header)
            connection.endheaders()  # nothing follows: the answer must not wait for it
            assert connection.getresponse().status == 400, header


def test_the_journal_shows_what_strangers_sent_and_does_not_obey_it(witness: Process) -> None:
    with socket.create_connection(("127.0.0.1", witness.port), timeout=20) as stranger:
        stranger.sendall(b"GET /\x1b[31mred HTTP/1.0\r\n\r\n")
        assert stranger.makefile("rb").read()
    journal_says(witness, r"/\x1b[31mred")


class TestSlowClients:
    """In this process: what is slow to the client must not be slow to the test."""

    @pytest.fixture
    def serve(self) -> Iterator[Callable[[WSGIApplication], int]]:
        running = []

        def start(app: WSGIApplication) -> int:
            running.append(server._Server(("127.0.0.1", 0)))
            running[-1].set_app(app)
            threading.Thread(target=running[-1].serve_forever, args=(0.02,), daemon=True).start()
            return running[-1].server_port

        yield start
        for each in running:
            each.shutdown()
            each.server_close()

    def test_a_byte_at_a_time_does_not_move_the_deadline(
        self, serve: Callable[[WSGIApplication], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "SLOW_CLIENT_SECONDS", 1)
        key = note.SignerKey.from_seed("w.example", note.COSIGNATURE_V1, b"W" * 32)
        port = serve(server.application(Witness(key, {}, Store.new(tmp_path / "memory"))))
        with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.0\r\nContent-Length: 20\r\n\r\n")
            with suppress(OSError):  # it may hang up on us
                for _ in range(20):
                    slow.sendall(b"x")
                    time.sleep(0.1)
            assert b" 408 " in slow.recv(100)

    def test_more_clients_than_there_is_room_for_wait(
        self, serve: Callable[[WSGIApplication], int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "MAX_CLIENTS", 2)
        together, inside = [], set[int]()

        def app(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            inside.add(threading.get_ident())
            time.sleep(0.1)
            together.append(len(inside))
            inside.discard(threading.get_ident())
            start_response("200 OK", [])
            return []

        port = serve(app)
        clients = [
            threading.Thread(target=lambda: urlopen(f"http://127.0.0.1:{port}").close()) for _ in range(6)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert len(together) == 6
        assert max(together) <= 2


def test_signature_lines_of_kinds_that_are_not_known_are_passed_over(witness: Process, log: Log) -> None:
    """Such as a log's ML-DSA line under its own name: 2420 bytes after another key id."""
    later = note.Signature(ORIGIN, b"\x06\x06\x06\x06", b"m" * 2420)
    signed = note.Note(log.note(5).text, (later, *log.note(5).signatures))
    assert witness.post(submission.build(0, [], signed))[0] == 200


class TestTwoMunicipalities:
    """Groningen's witness watches Assen's log, and the other way round."""

    def test_they_witness_each_other(self, make_witness: Make) -> None:
        groningen, assen = Log("groningen.example/gm0014/2026"), Log("assen.example/gm0106/2026")
        of_assen, of_groningen = (
            make_witness("assen", groningen).start(),
            make_witness("groningen", assen).start(),
        )
        for log, witness, other in ((groningen, of_assen, of_groningen), (assen, of_groningen, of_assen)):
            status, lines = witness.post(log.request(0, 5))
            assert status == 200
            assert note.find(log.note(5).add(*note.parse_lines(lines)), witness.vkey)
            assert other.post(log.request(0, 5))[0] == 404, "nobody witnesses itself"
            assert witness.post(log.request(5, 9, history="false"))[0] == 422
            path = f"/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint"
            with urlopen(f"http://127.0.0.1:{witness.port}{path}") as answer:
                assert note.Note.parse(answer.read()).text == log.note(5).text
