"""Where the bytes of a log come from: an address (http, https) or a folder with a copy.

A file that is not there raises FileNotFoundError, as `ledger.log.tiles` asks; a log that
cannot be reached at all raises UnreachableError.
"""

import gzip
import io
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

from ledger.log.tiles import Fetch

Optional = Callable[[str], bytes | None]
"""A way to files of which some may not be there."""

MAX_BYTES = 64 * 1024 * 1024
TIMEOUT_SECONDS = 30


class UnreachableError(Exception):
    """The log did not answer, or not as a log."""


def open_source(where: str) -> Fetch:
    """A way to the files of the log at `where`."""
    if where.startswith(("http://", "https://")):
        return lambda path: _download(f"{where.rstrip('/')}/{path}")
    folder = Path(where)
    if not folder.is_dir():
        raise UnreachableError(f"{where} is not an address and not a folder.")
    return lambda path: _read(folder / path)


def read(where: str) -> bytes:
    """One file, by its address or its path. Raises UnreachableError, OSError."""
    if where.startswith(("http://", "https://")):
        return _download(where)
    return Path(where).read_bytes()


def optional(fetch: Fetch) -> Optional:
    """The same way, with None for a file that is not there."""

    def one(path: str) -> bytes | None:
        try:
            return fetch(path)
        except FileNotFoundError:
            return None

    return one


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreachableError(f"{path} cannot be read: {error.strerror}.") from error


def _download(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - http(s) only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return _body(answer)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise FileNotFoundError(url) from error
        raise UnreachableError(f"{url} answers {error.code}.") from error
    except (OSError, HTTPException, EOFError, zlib.error) as error:
        raise UnreachableError(f"{url} cannot be reached: {error}.") from error


def _body(answer: Any) -> bytes:
    stream = answer
    if answer.headers.get("Content-Encoding") == "gzip":
        stream = gzip.GzipFile(fileobj=io.BytesIO(answer.read(MAX_BYTES)))
    body: bytes = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise UnreachableError(f"{answer.url} is larger than {MAX_BYTES} bytes.")
    return body
