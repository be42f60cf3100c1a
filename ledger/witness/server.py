"""The witness over HTTP: a WSGI application, and the standard library's server for it.

POST /add-checkpoint                 ask for a cosignature
GET /<sha256(origin) hex>/checkpoint the newest cosigned checkpoint, for monitors
GET /metrics, GET /health            numbers and life, for the administrator alone
"""

import re
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ledger.log import LogError, prometheus
from ledger.log.hurried import hurried
from ledger.log.note import MAX_NOTE_BYTES
from ledger.witness.metrics import Tally
from ledger.witness.rules import Answer, Witness

MAX_BODY_BYTES = MAX_NOTE_BYTES + 4096  # a note and 63 hashes
SLOW_CLIENT_SECONDS = 10  # for the whole request
MAX_CLIENTS = 32
_LENGTH = re.compile(r"[0-9]{1,9}")
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint")


def application(
    witness: Witness, tally: Tally | None = None, clock: Callable[[], float] = time.time
) -> WSGIApplication:
    """The WSGI application of a witness; `clock` gives epoch seconds."""
    counted = tally or Tally()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = _route(witness, counted, environ, int(clock()))
        except sqlite3.Error as error:  # nothing was signed: that comes after the memory
            answer = Answer(503, f"The witness cannot reach its memory: {error}.\n".encode())
        if answer.status not in (200, 404):
            _say(f"{answer.status} {answer.origin} {answer.body.decode().strip()}")
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    return app


def _route(witness: Witness, tally: Tally, environ: WSGIEnvironment, now: int) -> Answer:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    if method == "POST" and path == "/add-checkpoint":
        answer = _asked(witness, environ, now)
        tally.count(answer.origin, answer.status)
        return answer
    if method == "GET" and (monitor := _MONITOR.fullmatch(path)):
        return witness.latest(monitor[1])
    if method == "GET" and path in ("/metrics", "/health"):
        numbers = tally.page(witness.store)
        return Answer(200, numbers, prometheus.CONTENT_TYPE) if path == "/metrics" else Answer(200, b"ok\n")
    return Answer(404, b"There is nothing here.\n")


def _asked(witness: Witness, environ: WSGIEnvironment, now: int) -> Answer:
    length = environ.get("CONTENT_LENGTH") or "0"
    if not _LENGTH.fullmatch(length) or int(length) > MAX_BODY_BYTES:
        return Answer(400, b"Too large.\n")
    try:
        return witness.add_checkpoint(environ["wsgi.input"].read(int(length)), now)
    except TimeoutError:
        return Answer(408, b"Too slow.\n")


def _say(text: str) -> None:
    """A line in the journal. What strangers sent is in it: nothing in it steers a terminal."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    print(shown, file=sys.stderr, flush=True)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False  # closing waits for requests under way
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], bind_and_activate: bool = True, *, quiet: bool = False
    ) -> None:
        super().__init__(address, _Handler, bind_and_activate)
        self.quiet = quiet
        self._free = threading.BoundedSemaphore(MAX_CLIENTS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each client; who comes when all are taken waits."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: tuple[str, int]) -> None:
        _say(f"{client_address[0]} {sys.exception()!r}")


class _Handler(WSGIRequestHandler):
    server: _Server

    def setup(self) -> None:
        super().setup()
        until = time.monotonic() + SLOW_CLIENT_SECONDS
        self.rfile = hurried(self.rfile, self.connection, until, time.monotonic)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if not (self.server.quiet and str(code) == "200"):
            super().log_request(code, size)

    def log_message(self, format: str, *args: object) -> None:
        _say(f"{self.client_address[0]} {format % args}")


def serve(make: Callable[[], WSGIApplication], host: str, port: int, *, quiet: bool = False) -> None:
    """Serve what `make` gives until SIGTERM or SIGINT; requests under way are finished first.

    SIGHUP makes it again for what comes next; when it cannot be made, the old one stays. `quiet` leaves
    requests that went well out of the journal.
    """
    app = make()
    server = _Server((host, port), bind_and_activate=False, quiet=quiet)  # signals, then the world
    server.set_app(app)

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for the loop below

    def reload(*_: object) -> None:
        try:
            server.set_app(make())
        except (LogError, OSError, sqlite3.Error) as error:
            _say(f"the settings were not read again: {error}")
        else:
            _say("the settings were read again")

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, reload)
    with server:
        server.server_bind()
        server.server_activate()
        _say(f"listening on {host}:{server.server_port}")
        server.serve_forever(poll_interval=0.1)
