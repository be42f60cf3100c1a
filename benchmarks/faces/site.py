"""The product as phones meet it: compressed files over TLS and HTTP/2, and one holder with a letter.

In production nginx speaks TLS and HTTP/2 (deploy/nginx.conf); here granian does so itself.
"""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.product import product
from tests.running import free_ports

START_SECONDS = 60
SERVE = (
    *("-m", "granian", "--interface", "wsgi", "--http", "auto", "--runtime-mode", "st"),
    *("--workers", "1", "--blocking-threads", "4", "--no-ws"),
)
CERTIFICATE = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"),
    *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
)


@dataclass(frozen=True)
class Site:
    """Where it answers, and the code of a letter."""

    url: str
    code: str


@contextmanager
def served() -> Iterator[Site]:
    """The product with all that a first visit asks for, until the block ends."""
    port = free_ports(1)
    url = f"https://localhost:{port}"
    with product({}, BASE_URL=url), TemporaryDirectory(prefix="meedoen-bench-") as made:
        from benchmarks.faces.letter import code_of_a_letter  # noqa: PLC0415 - after the environment is set

        code = code_of_a_letter()
        collect = (sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        subprocess.run(collect, check=True)
        key, certificate = Path(made, "key.pem"), Path(made, "certificate.pem")
        subprocess.run([*CERTIFICATE, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        tls = ("--ssl-keyfile", str(key), "--ssl-certificate", str(certificate))
        command = [sys.executable, *SERVE, "--port", str(port), *tls, "config.wsgi:application"]
        web = subprocess.Popen(command, stdout=sys.stderr)
        try:
            _wait(url)
            yield Site(url, code)
        finally:
            web.terminate()
            web.wait()


def _wait(url: str) -> None:
    unknown = ssl._create_unverified_context()  # noqa: S323 - a certificate of this minute, on this machine
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/.well-known/jwks.json", timeout=2, context=unknown).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the site did not start")
