"""Where the bytes of a log come from: an address (http, https) or a folder with a copy.

A file that is not there raises FileNotFoundError, as `ledger.log.tiles` asks; a log that cannot be reached at
all raises UnreachableError. Of a file that is larger than it can be, one byte too many is read: it fills no
memory, and whoever looks at it sees that it is wrong. Nor do many files together: a `Tally` ends the reading.
"""

import gzip
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

from ledger.log.hurried import hurried

MAX_BYTES = 64 * 1024 * 1024
MAX_TOTAL_BYTES = 4 * 1024 * 1024 * 1024  # of one log: ten million leaves are some 2.5 GiB
TIMEOUT_SECONDS = 30
DEADLINE_SECONDS = 300


class Source(Protocol):
    """A way to the files of a log."""

    def __call__(self, path: str, most: int = MAX_BYTES) -> bytes:
        """A file, of which no more than `most` bytes and one are read."""


class Optional(Protocol):
    """A way to files of which some may not be there."""

    def __call__(self, path: str, most: int = MAX_BYTES) -> bytes | None:
        """The file, as a `Source` gives it, or None."""


class UnreachableError(Exception):
    """The log did not answer, or not as a log."""


class TooMuchError(UnreachableError):
    """The log has more to read than any log of a municipality has."""


class Tally:
    """Counts the bytes that are read of one log, by whichever threads, and ends it after `most`."""

    def __init__(self, most: int) -> None:
        self._most, self._read, self._lock = most, 0, Lock()

    def count(self, n: int) -> None:
        """Count `n` bytes more. Raises TooMuchError when they, or those before, were too many."""
        with self._lock:
            self._read += n
            if self._read > self._most:
                size = f"{self._most / 1024**3:.3g} GiB"
                raise TooMuchError(f"The log is larger than {size}: it was not read any further.")

    def of(self, fetch: Source) -> Source:
        """The same way to files, counted."""

        def one(path: str, most: int = MAX_BYTES) -> bytes:
            self.count(0)
            data = fetch(path, most)
            self.count(len(data))
            return data

        return one


def open_source(where: str) -> Source:
    """A way to the files of the log at `where`."""
    if where.startswith(("http://", "https://")):
        return lambda path, most=MAX_BYTES: _download(f"{where.rstrip('/')}/{path}", most)
    folder = Path(where)
    if not folder.is_dir():
        raise UnreachableError(f"{where} is not an address and not a folder.")
    return lambda path, most=MAX_BYTES: _read(folder / path, most)


def read(where: str) -> bytes:
    """One file, by its address or its path. Raises UnreachableError, OSError."""
    if where.startswith(("http://", "https://")):
        return _download(where, MAX_BYTES)
    return Path(where).read_bytes()


def optional(fetch: Source) -> Optional:
    """The same way, with None for a file that is not there."""

    def one(path: str, most: int = MAX_BYTES) -> bytes | None:
        try:
            return fetch(path, most)
        except FileNotFoundError:
            return None

    return one


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreachableError(f"{path} cannot be read: {error.strerror}.") from error


def _download(url: str, most: int) -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - http(s) only
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _body(answer, most)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise FileNotFoundError(url) from error
        raise UnreachableError(f"{url} answers {error.code}.") from error
    except (OSError, HTTPException, EOFError, zlib.error) as error:
        raise UnreachableError(f"{url} cannot be reached: {error}.") from error


def _body(answer: Any, most: int) -> bytes:
    zipped = answer.headers.get("Content-Encoding") == "gzip"
    stream = gzip.GzipFile(fileobj=answer) if zipped else answer
    body: bytes = stream.read(most + 1)
    if answer.length and not zipped and len(body) <= most:
        raise IncompleteRead(body, answer.length)
    return body


class _Response(HTTPResponse):
    """An answer that is whole by a deadline, its headers too."""

    def __init__(self, sock: Any, *rest: Any, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        self.fp = hurried(self.fp, sock, time.monotonic() + DEADLINE_SECONDS, time.monotonic)


def _hurried(kind: type[HTTPConnection]) -> Callable[..., HTTPConnection]:
    def make(host: str, **named: Any) -> HTTPConnection:
        made = kind(host, **named)
        made.response_class = _Response
        return made

    return make


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_hurried(HTTPConnection), req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_hurried(HTTPSConnection), req)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A log may move, but not from https to where anybody on the way can change it."""

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        to = urlsplit(rest[-1]).scheme
        return super().redirect_request(req, *rest) if to in ("https", req.type) else None


_OPENER = urllib.request.build_opener(_Http, _Https, _Redirects)
