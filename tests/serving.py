"""Servers of a test's own, in threads of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import HTTPServer
from wsgiref.simple_server import WSGIRequestHandler, make_server

from ledger.witness.rules import Witness
from ledger.witness.server import application


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Let it answer until the block ends; the address."""
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def witnessing(witness: Witness, ahead: int = 0) -> AbstractContextManager[str]:
    """A witness that answers over HTTP until the block ends; its address. Its clock is `ahead` by seconds."""
    app = application(witness, clock=lambda: time.time() + ahead)
    return serving(make_server("127.0.0.1", 0, app, handler_class=_Quiet))
