"""Bytes from somewhere else: a log that is hostile costs the auditor neither memory nor days."""

import gzip
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.request import Request

import pytest

from ledger.audit import source, view
from ledger.audit.__main__ import main
from ledger.log import tiles
from tests.audit.folder import POLICY, Folder

ZIPPED = gzip.compress(b"\0" * 50_000_000)


class Hostile(BaseHTTPRequestHandler):
    """`/zipped` is small and becomes large; `/short` breaks off; `/moved` is elsewhere."""

    def do_GET(self) -> None:
        body = {"/zipped": ZIPPED, "/short": b"abc", "/moved": b""}.get(self.path, b"abcdef")
        self.send_response(301 if self.path == "/moved" else 200)
        self.send_header("Content-Length", str(9 if self.path == "/short" else len(body)))
        if self.path == "/zipped":
            self.send_header("Content-Encoding", "gzip")
        if self.path == "/moved":
            self.send_header("Location", "/whole")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Patient(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Who asks may hang up."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = Patient(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_of_a_file_that_is_too_large_one_byte_too_many_is_read(address: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 5000)
    assert source.open_source(str(tmp_path))("large", 100) == b"x" * 101
    fetch = source.open_source(address)
    assert fetch("zipped", 100) == b"\0" * 101
    assert fetch("whole", 6) == b"abcdef"
    assert source.optional(fetch)("whole", 2) == b"abc"


def test_a_log_cannot_fill_memory_with_files_that_are_too_large(tmp_path: Path) -> None:
    log = Folder(tmp_path / "log").write()
    for file in [*(log.path / "tile/0").rglob("*"), *(log.path / "addenda").iterdir()]:
        if file.is_file():
            file.write_bytes(file.read_bytes() + b"x" * 1_000_000)
    served, head = view.read_head(str(log.path))
    found = view.read(str(log.path), served, head, frozenset(), lambda what, done, total: None)
    files = [file or b"" for row in found.levels for file in row.files]
    assert [len(file) for file in files] == [32 * head.size + 1]
    assert max(len(file or b"") for file in found.addenda.values()) < 200_000


def total(log: Folder) -> int:
    """What an auditor reads of a log, in bytes."""
    return sum(
        file.stat().st_size for file in log.path.rglob("*") if file.is_file() and file.name != "checkpoint"
    )


def test_a_log_cannot_fill_memory_with_many_files_that_are_not_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Folder(tmp_path / "log", batches=40).write()
    (tmp_path / "policy").write_text(POLICY)
    monkeypatch.setattr(source, "MAX_TOTAL_BYTES", total(log))
    command = [str(log.path), "--policy", str(tmp_path / "policy")]
    assert main(command) == 0
    for file in (log.path / "addenda").iterdir():
        file.write_bytes(file.read_bytes() * 2)
    capsys.readouterr()
    assert main(command) == 2
    said = capsys.readouterr()
    assert said.err.startswith("The audit could not be done: The log is larger than ")
    assert said.out == ""


def test_leaves_count_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Folder(tmp_path / "log").write()
    entries = log.path / tiles.entries_path(0, len(log.leaves))
    monkeypatch.setattr(source, "MAX_TOTAL_BYTES", entries.stat().st_size - 1)
    with pytest.raises(source.TooMuchError):
        view.read(str(log.path), *view.read_head(str(log.path)), frozenset(), lambda what, done, total: None)


def test_a_file_that_breaks_off_is_not_there_rather_than_wrong(address: str) -> None:
    with pytest.raises(source.UnreachableError):
        source.open_source(address)("short")


def test_an_answer_has_a_deadline(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "DEADLINE_SECONDS", 0)
    with pytest.raises(source.UnreachableError, match="too long"):
        source.open_source(address)("whole")


def test_a_log_that_moved_is_followed_but_not_from_https_to_http(address: str) -> None:
    assert source.read(f"{address}/moved") == b"abcdef"

    def follow(old: str, new: str) -> Request | None:
        return source._Redirects().redirect_request(Request(old), BytesIO(), 301, "", Message(), new)

    for new in ("http://a.example/y", "ftp://a.example/y"):
        assert follow("https://a.example/x", new) is None
    assert follow("http://a.example/x", "https://a.example/y")
    assert follow("https://a.example/x", "https://b.example/y")
