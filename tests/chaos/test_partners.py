"""Witnesses that are slow, lie, or talk nonsense: the others decide, and shops never wait for any of them."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.chaos.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # the engine has no part in it
Answer = Callable[[BaseHTTPRequestHandler], None]


def _slow(request: BaseHTTPRequestHandler) -> None:
    time.sleep(10)


def _nonsense(request: BaseHTTPRequestHandler) -> None:
    _say(request, 200, b"\xff\x00 not a signature\n" * 1000)


def _a_size_from_the_future(request: BaseHTTPRequestHandler) -> None:
    _say(request, 409, b"999999999\n")


def _a_signature_of_nobody(request: BaseHTTPRequestHandler) -> None:
    _say(request, 200, f"— three.example {base64.b64encode(bytes(76)).decode()}\n".encode())


def _say(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def _witness(answer: Answer) -> Iterator[str]:
    """A witness that does something else than its work; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _instead(site: Site, names: list[str], answer: Answer) -> Iterator[None]:
    """These witnesses are replaced, the others stay."""
    before = site.environment["WITNESSES"]
    with _witness(answer) as url:
        pairs = [pair.split("=", 1) for pair in before.split(",")]
        site.environment["WITNESSES"] = ",".join(
            f"{name}={url if name in names else own}" for name, own in pairs
        )
        yield
    site.environment["WITNESSES"] = before


def test_one_bad_witness_is_outvoted_and_two_hold_the_proof_but_not_the_shops(site: Site) -> None:
    paid: set[str] = set()
    for answer in (_slow, _nonsense, _a_size_from_the_future, _a_signature_of_nobody):
        paid |= site.pay(2)
        with _instead(site, ["three"], answer):
            assert site.settle() == 0
            assert set(site.check()["status"]) == {"witnessed"}, answer
    with _instead(site, ["two", "three"], _slow):
        paid |= site.pay(3)
        assert site.settle() == 0
        assert site.check()["status"]["logged"] == 1
        paid |= site.pay(3)
    assert site.settle() == 0
    found = site.check()
    assert (set(found["payments"]), set(found["status"])) == (paid, {"witnessed"})
    assert site.audit().returncode == 0
