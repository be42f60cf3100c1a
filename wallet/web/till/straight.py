"""An approved redemption goes straight from the web server to its service and back, past Django's handler.

1. It is the one call that a queue of people waits for, and the usual way is a quarter of its work.
2. Whatever else comes of it takes the usual way, with the error that was found: `RedemptionsView` raises it.
3. So both ways give the same answer, and refusals, failures and their log lines are made in one place.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.urls import reverse

from wallet.protocol.strict import compact
from wallet.web.door import HEADERS
from wallet.web.till.views import FOUND, sell


class Straight:
    """A WSGI application around Django's."""

    def __init__(self, usual_way: Callable[..., Any]) -> None:
        self._usual_way: WSGIApplication = usual_way

    @cached_property
    def _path(self) -> str:
        return reverse("redemptions")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a redemption here, pass on anything else."""
        if environ.get("PATH_INFO") != self._path or environ["REQUEST_METHOD"] != "POST":
            return self._usual_way(environ, start_response)
        connection.close_if_unusable_or_obsolete()  # as Django does before each request
        try:
            status, body = sell(WSGIRequest(environ))
        except Exception as error:  # Django's handler sorts them
            return self._usual_way({**environ, FOUND: error}, start_response)
        return _write(status, compact(body), start_response)


def _write(status: int, body: bytes, start_response: StartResponse) -> list[bytes]:
    headers = {**HEADERS, "Content-Type": "application/json", "Content-Length": str(len(body))}
    start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [body]
