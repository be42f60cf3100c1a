"""The witness over HTTP: a WSGI application, and the standard library's server for it.

POST /add-checkpoint                 ask for a cosignature
GET /<sha256(origin) hex>/checkpoint the newest cosigned checkpoint, for monitors
"""

import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ledger.log.note import MAX_NOTE_BYTES
from ledger.witness.rules import Answer, Witness

MAX_BODY_BYTES = MAX_NOTE_BYTES + 4096  # a note and 63 hashes
SLOW_CLIENT_SECONDS = 10
_MONITOR = re.compile(r"/([0-9a-f]{64})/checkpoint")


def application(witness: Witness, clock: Callable[[], float] = time.time) -> WSGIApplication:
    """The WSGI application of a witness; `clock` gives epoch seconds."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = _route(witness, environ, int(clock()))
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    return app


def _route(witness: Witness, environ: WSGIEnvironment, now: int) -> Answer:
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
    monitor = _MONITOR.fullmatch(path)
    if method == "POST" and path == "/add-checkpoint":
        body = _body(environ)
        return witness.add_checkpoint(body, now) if body is not None else Answer(400, b"Too large.\n")
    if method == "GET" and monitor:
        return witness.latest(monitor[1])
    return Answer(404, b"There is nothing here.\n")


def _body(environ: WSGIEnvironment) -> bytes | None:
    length = environ.get("CONTENT_LENGTH") or "0"
    fits = length.isdecimal() and int(length) <= MAX_BODY_BYTES
    return bytes(environ["wsgi.input"].read(int(length))) if fits else None


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False  # closing waits for requests under way
    request_queue_size = 64

    def handle_error(self, request: object, client_address: tuple[str, int]) -> None:
        print(client_address[0], repr(sys.exception() or ""), file=sys.stderr, flush=True)


class _Handler(WSGIRequestHandler):
    timeout = SLOW_CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        print(self.client_address[0], format % args, file=sys.stderr, flush=True)


def serve(app: WSGIApplication, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    server = _Server((host, port), _Handler)
    server.set_app(app)

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for the loop below

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with server:
        print(f"listening on {host}:{server.server_port}", file=sys.stderr, flush=True)
        server.serve_forever(poll_interval=0.1)
