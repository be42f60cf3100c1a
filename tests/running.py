"""The whole installation as real processes: what `make demo` starts, in a folder and on ports of its own.

Web, Celery worker, beat and three witnesses run; batches are sealed every two seconds, so that a test can
wait for the public log.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 300  # the demo lives ten weeks before it answers, on machines that do other work too

T = TypeVar("T")


@dataclass(frozen=True)
class Running:
    """A running demo municipality: `card` is its demo.json, `var` its folder."""

    card: dict[str, Any]
    var: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return str(self.card["base_url"])

    def children(self) -> dict[str, int]:
        """Process numbers by name, as the supervisor started them."""
        listed = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        found = {}
        for number in listed.stdout.split():
            command = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            words = ("granian", "beat", "worker", "province", "neighbour", "university")
            found[next((word for word in words if word in command), command)] = int(number)
        return found


def free_ports(count: int) -> int:
    """The first of `count` free ports, below those that outgoing connections take."""
    while True:
        first = random.randrange(15_000, 29_000)
        try:
            probes = [socket.create_server(("127.0.0.1", first + nth)) for nth in range(count)]
        except OSError:
            continue
        for probe in probes:
            probe.close()
        return first


@contextmanager
def running(var: Path, port: int | None = None, **environment: str) -> Iterator[Running]:
    """Start the demo in folder `var` (again, if it was there) and stop it afterwards."""
    port = port or free_ports(4)
    wanted = {"MEEDOEN_VAR": str(var), "SEAL_EVERY": "2", "DJANGO_SETTINGS_MODULE": "config.settings"}
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BASE_URL")
    }
    log = var.with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=ROOT,
            env={**inherited, **wanted, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_site(process, port, log)
        yield Running(json.loads((var / "demo.json").read_text()), var, port, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for_site(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def up() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"the demo ended:\n{log.read_text()[-3000:]}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/.well-known/jwks.json", timeout=5).close()
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False
        return True

    wait_until(up, START_SECONDS)


def wait_until(ready: Callable[[], T], seconds: float) -> T:
    """Ask until the answer is true, and answer it. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while not (answer := ready()):
        if time.monotonic() > until:
            raise TimeoutError(f"{ready} was not true within {seconds} s")
        time.sleep(0.2)
    return answer
