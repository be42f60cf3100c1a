"""What others say: a stamp that cannot be verified here is no finding, and silence hides no other view."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger import anchors
from ledger.audit.__main__ import main
from ledger.audit.words import REASONS
from tests.audit.folder import POLICY, Folder

NOBODY = ["--evm-url", "http://127.0.0.1:9", "--evm-contract", "0x" + "11" * 20]


@pytest.fixture
def log(tmp_path: Path) -> Folder:
    (tmp_path / "policy").write_text(POLICY)
    (tmp_path / "roots.pem").write_text("")
    return Folder(tmp_path / "log").write()


def look(
    log: Folder, capsys: pytest.CaptureFixture[str], check: str, *more: str, where: str = ""
) -> dict[str, Any]:
    main([where or str(log.path), "--policy", str(log.path.parent / "policy"), "--json", *more])
    report = json.loads(capsys.readouterr().out)
    assert [c["id"] for c in report["checks"] if c["findings"] and c["id"] != check] == []
    found: dict[str, Any] = next(c for c in report["checks"] if c["id"] == check)
    return found


def stamp(log: Folder, *kinds: str) -> None:
    for kind in kinds:
        log.file(anchors.path(len(log.leaves), kind)).write_bytes(b'{"chain":1}')
    log.file(anchors.INDEX).write_bytes(anchors.index([(len(log.leaves), kind) for kind in kinds]))


@pytest.mark.parametrize("options", [NOBODY, ["--tsa-roots", "roots.pem"]])
def test_a_stamp_that_cannot_be_verified_here_is_no_finding(
    log: Folder, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    stamp(log, "evm")
    found = look(log, capsys, "A23", *options)
    assert (found["status"], found["findings"]) == ("skipped", [])
    assert found["why_skipped"] in REASONS["nl"]
    assert [note.startswith("Stamps of kind evm were not verified: ") for note in found["notes"]] == [True]


def test_a_token_that_is_none_does_not_hold_whoever_is_asked(
    log: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp(log, "evm")
    log.file(anchors.path(len(log.leaves), "evm")).write_bytes(b"[" * 60_000)
    assert look(log, capsys, "A23", *NOBODY)["findings"] == [
        f"The evm stamp of {len(log.leaves)} leaves does not hold: The token is not that of a contract."
    ]


def test_a_kind_that_nobody_knows_is_passed_over(log: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    stamp(log, "other")
    found = look(log, capsys, "A23", *NOBODY)
    assert (found["status"], found["notes"]) == (
        "skipped",
        ["Stamps of kind other were not verified: this kind is not known here."],
    )


def later(log: Folder) -> None:
    log.change(4, lambda leaf: leaf.update(to_day="2026-12-23"))
    log.write()


def test_without_any_stamp_old_batches_are_late_and_a_kind_that_nobody_knows_covers_nothing(
    log: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    later(log)
    late = [f"Batch {no} of 2026-11-23 has no stamp yet." for no in (1, 2, 4)]
    assert look(log, capsys, "A23", *NOBODY)["findings"] == late
    stamp(log, "other")
    assert look(log, capsys, "A23", *NOBODY)["findings"] == late
    stamp(log, "evm")  # it may be in time: who can ask the chain knows
    assert look(log, capsys, "A23", *NOBODY)["findings"] == []


def test_an_endless_list_of_stamps_is_refused(log: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    log.file(anchors.INDEX).write_bytes(b"1 other\n" * (anchors.MAX_ANCHORS + 1))
    assert "10000 lines" in look(log, capsys, "A23", *NOBODY)["findings"][0]


class Busy(SimpleHTTPRequestHandler):
    """Says of what it does not have that it is busy."""

    def do_GET(self) -> None:
        if Path(self.translate_path(self.path)).is_file():
            super().do_GET()
        else:
            self.send_error(503)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def busy(log: Folder) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Busy, directory=str(log.path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_log_that_says_it_is_busy_does_not_hide_what_others_were_shown(
    log: Folder, busy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Folder(tmp_path / "mirror", 9).write()
    found = look(log, capsys, "A10", "--mirror", str(tmp_path / "mirror"), where=busy)
    assert "was shown another log: 11 leaves" in found["findings"][0]
