"""Every answer of C2SP tlog-witness, asked of a real witness process."""

import hashlib
import socket
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

from ledger.log import merkle, note, policy, submission
from tests.witness.conftest import ORIGIN, Log, Process


def evidence(folder: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(folder / "witness.sqlite") as db:
        rows = db.execute("SELECT status, note FROM evidence ORDER BY rowid").fetchall()
    db.close()
    return [(status, kept.decode()) for status, kept in rows]


def test_a_growing_log_is_cosigned_and_the_lines_verify(witness: Process, log: Log) -> None:
    for old, size in [(0, 5), (5, 5), (5, 300)]:
        status, answer = witness.post(log.request(old, size))
        assert status == 200
        signed = log.note(size).add(*note.parse_lines(answer))
        found = note.find(signed, witness.vkey)
        assert found and found.timestamp > 0


def test_a_request_that_cannot_be_read_is_400(witness: Process, log: Log) -> None:
    good = log.request(0, 5)
    bodies = [
        b"",
        b"old",
        good.replace(b"old 0", b"old 00"),
        good.replace(b"old 0", b"new 0"),
        good.replace(b"\n\n", b"\nAAAA\n\n", 1),
        good.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n" * 64 + b"\n", 1),
        good[:-1],
        good + b"\xff",
        b"x" * 200_000,
    ]
    assert [witness.post(body)[0] for body in bodies] == [400] * len(bodies)
    assert evidence(witness.folder) == []


def test_a_log_that_is_not_watched_is_404(witness: Process) -> None:
    assert witness.post(Log("other.example/log").request(0, 5))[0] == 404


def test_a_note_without_the_logs_own_signature_is_403(witness: Process, log: Log) -> None:
    stranger = note.SignerKey.from_seed(ORIGIN, note.ED25519, b"S" * 32)
    assert witness.post(submission.build(0, [], log.note(5, key=stranger)))[0] == 403


def test_a_note_with_a_false_signature_is_403(witness: Process, log: Log) -> None:
    line = log.note(5).signatures[0]
    false = note.Note(log.note(6).text, (line,))
    assert witness.post(submission.build(0, [], false))[0] == 403


def test_signatures_of_unknown_keys_are_passed_over(witness: Process, log: Log) -> None:
    stranger = note.SignerKey.from_seed("s.example", note.ED25519, b"S" * 32)
    signed = log.note(5)
    status, _ = witness.post(submission.build(0, [], signed.add(note.sign(signed.text, stranger))))
    assert status == 200
    _, _, kept = witness.call("GET", f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert "s.example" not in kept


def test_another_old_size_is_409_with_the_size_to_start_from(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    status, kind, answer = witness.call("POST", "/add-checkpoint", log.request(3, 9))
    assert (status, kind, answer) == (409, "text/x.tlog.size", "5\n")
    assert witness.post(log.request(5, 9))[0] == 200


def test_a_proof_that_does_not_lead_there_is_422(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    wrong = [merkle.leaf_hash(b"x")] * len(merkle.consistency_proof(log.hashes(9), 5))
    assert witness.post(submission.build(5, wrong, log.note(9)))[0] == 422
    assert witness.post(submission.build(5, [], log.note(9)))[0] == 422


def test_a_proof_from_nothing_must_be_empty(witness: Process, log: Log) -> None:
    assert witness.post(submission.build(0, [merkle.leaf_hash(b"x")], log.note(5)))[0] == 422


def test_an_empty_log_with_a_root_is_422(witness: Process, log: Log) -> None:
    text = log.note(0).text.replace(log.note(0).text.split("\n")[2], log.note(5).text.split("\n")[2])
    signed = note.Note(text, (note.sign(text, log.key),))
    assert witness.post(submission.build(0, [], signed))[0] == 422
    assert witness.post(log.request(0, 0))[0] == 200


def test_monitors_read_the_newest_cosigned_checkpoint(witness: Process, log: Log) -> None:
    path = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert witness.call("GET", path)[0] == 404
    witness.post(log.request(0, 5))
    witness.post(log.request(5, 8))
    _, _, kept = witness.call("GET", path)
    stored = note.Note.parse(kept.encode())
    assert stored.text == log.note(8).text
    assert note.find(stored, log.key.verifier)
    assert note.find(stored, witness.vkey)


def test_other_addresses_are_404(witness: Process) -> None:
    for method, path in [("GET", "/"), ("GET", "/add-checkpoint"), ("PUT", "/add-checkpoint")]:
        assert witness.call(method, path)[0] == 404


def test_drill_rewritten_history_is_refused_and_kept(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    assert witness.post(log.request(5, 9, history="false"))[0] == 422
    assert (422, log.note(9, "false").encode().decode()) in evidence(witness.folder)


def test_drill_another_root_for_the_same_size_is_refused_and_kept(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    assert witness.post(log.request(5, 5, history="false"))[0] == 422
    assert (422, log.note(5, "false").encode().decode()) in evidence(witness.folder)


def test_drill_a_log_on_an_old_backup_is_told_where_it_was(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 1000))
    assert witness.post(log.request(700, 720)) == (409, "1000\n")
    assert witness.post(log.request(720, 720)) == (409, "1000\n")
    assert [status for status, _ in evidence(witness.folder)] == [200, 409]


def test_drill_a_log_that_shrinks_is_refused(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 10))
    assert witness.post(submission.build(10, [], log.note(9)))[0] == 400
    assert [status for status, _ in evidence(witness.folder)] == [200]


def test_drill_a_split_view_never_reaches_two_of_three(
    make_witness: Callable[[str], Process], log: Log
) -> None:
    three = [make_witness(name).start() for name in ("drenthe", "emmen", "assen")]
    views = {"true": log.note(9, "true"), "false": log.note(9, "false")}
    for process, history in zip(three, ["true", "true", "false"], strict=True):
        _, lines = process.post(log.request(0, 9, history))
        views[history] = views[history].add(*note.parse_lines(lines))
    for process in three:  # the log asks everybody for both views, in vain
        for history in ("true", "false"):
            status, lines = process.post(log.request(9, 9, history))
            if status == 200:
                views[history] = views[history].add(*note.parse_lines(lines))
    witnesses = "".join(f"witness w{i} {process.vkey}\n" for i, process in enumerate(three))
    trusted = policy.parse(f"log {log.key.verifier}\n{witnesses}group g 2 w0 w1 w2\nquorum g\n")
    assert len(trusted.check(views["true"]).cosigned) == 2
    assert len(trusted.cosigned(views["false"])) == 1


def test_a_torn_connection_harms_nobody_else(witness: Process, log: Log) -> None:
    for half in (b"", b"POST", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold"):
        with socket.create_connection(("127.0.0.1", witness.port)) as torn:
            torn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            torn.sendall(half)
    assert witness.post(log.request(0, 5))[0] == 200
    assert witness.stop() == 0
    assert "Traceback" not in (witness.folder / "stderr").read_text()


def test_the_requests_are_written_to_the_journal(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    witness.stop()
    journal = (witness.folder / "stderr").read_text()
    assert '127.0.0.1 "POST /add-checkpoint HTTP/1.1" 200' in journal


def test_a_quiet_witness_writes_only_what_did_not_go_well(witness: Process, log: Log) -> None:
    witness.stop()
    witness.start("-m", "ledger.witness", "serve", "--quiet")
    (witness.folder / "stderr").write_text("")
    assert witness.post(log.request(0, 5))[0] == 200
    assert witness.post(log.request(0, 5))[0] == 409
    assert witness.call("GET", "/nothing")[0] == 404
    witness.stop()
    journal = (witness.folder / "stderr").read_text()
    assert '" 200' not in journal
    assert f"409 {log.origin} 5" in journal and '"GET /nothing HTTP/1.1" 404' in journal
