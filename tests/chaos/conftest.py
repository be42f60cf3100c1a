"""A whole site in real processes, on the chosen engine, that tests may kill at any point."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import migrated as template
from tests.chaos.market import Market
from tests.chaos.warm import ROOT, Warm
from wallet.management.demo.supervisor import SERVE

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10
PORTS = range(9320 + 20 * WORKER, 9340 + 20 * WORKER)  # each test worker has its own
PATIENCE = 180  # seconds: other work may share the machine
OpenMarket = Callable[[str], tuple["Site", Market]]


@dataclass
class Site:
    """One municipality: a folder, a database, and the processes that run."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _warm: Warm | None = None

    def run(self, *command: str, crash: str = "") -> subprocess.CompletedProcess[str]:
        """Run `python …` to its end."""
        if self._warm is None or not self._warm.fits(self.environment):
            self.cool()
            self._warm = Warm(self.environment)
        return self._warm.run(command, self.environment.get("WITNESSES", ""), crash, PATIENCE)

    def cool(self) -> None:
        """Keep no process ready for `run`."""
        if self._warm is not None:
            self._warm.close()
        self._warm = None

    def start(self, *command: str, crash: str = "") -> subprocess.Popen[bytes]:
        """Start `python …` in a process group of its own."""
        with (self.folder / "processes.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment | {"MEEDOEN_CRASH": crash},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Pull its plug, and that of its children."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)

    def end(self) -> None:
        """Kill all that still runs."""
        self.cool()
        for process in self.processes:
            self.kill(process)

    def town(self, *verb: str, crash: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("-m", "tests.chaos.town", *verb, crash=crash)

    def pay(self, count: int) -> set[str]:
        """The ids of `count` payments that were answered."""
        done = self.town("pay", str(count))
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())

    def settle(self, crash: str = "") -> int:
        return self.run("manage.py", "settle", "--once", "--now", crash=crash).returncode

    def check(self) -> dict[str, Any]:
        done = self.town("check")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def audit(self) -> subprocess.CompletedProcess[str]:
        (log,) = Path(self.environment["LOG_DIR"]).glob("gm0014/*")
        return self.run("-m", "ledger.audit", str(log), "--policy", self.environment["POLICY_FILE"])

    def wait_until(self, done: Any, what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < until, (what, (self.folder / "processes.log").read_text()[-3000:])
            time.sleep(0.5)

    def all_witnessed(self) -> bool:
        """Is everything sealed, published and witnessed?"""
        found = self.check()
        return found["waiting"] == 0 and set(found["status"]) == {"witnessed"}


def _environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MEEDOEN_", "DJANGO_"))},
        "MEEDOEN_VAR": str(folder),
        "DATABASE_URL": url,
        "LOG_DIR": str(folder / "log"),
        "POLICY_FILE": str(folder / "policy.txt"),
        "BASE_URL": "http://log.example",
        "SEAL_EVERY": "1",
        "SEAL_MINIMUM": "1",
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture
def site(tmp_path: Path, migrated: str) -> Iterator[Site]:
    """A site with money in its books and three running witnesses."""
    with _copy_of(migrated, tmp_path) as url:
        found = Site(tmp_path, _environment(tmp_path, url))
        try:
            done = found.town("setup")
            assert done.returncode == 0, done.stderr
            _start_witnesses(found)
            yield found
        finally:
            found.end()


@pytest.fixture
def open_market(tmp_path: Path) -> Iterator[OpenMarket]:
    """Opens a market on a database: a site over HTTP with witnesses, two phones and two tills."""
    opened: list[Site] = []

    def open_(url: str) -> tuple[Site, Market]:
        port = free_port()
        environment = _environment(tmp_path, url) | {"BASE_URL": f"http://127.0.0.1:{port}"}
        site = Site(tmp_path, environment)
        opened.append(site)
        for command in (["migrate", "-v0"], ["createcachetable"]):
            assert site.run("manage.py", *command).returncode == 0
        built = site.run("-m", "tests.chaos.market", "build")
        assert built.returncode == 0, built.stderr
        site.start(*SERVE, "--host", "127.0.0.1", "--port", str(port), "config.wsgi:application")
        site.wait_until(lambda: answers(port), "the site")
        _start_witnesses(site)
        return site, Market(environment["BASE_URL"], json.loads(built.stdout))

    yield open_
    for site in opened:
        site.end()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 64 MB. Only root can make one."""
    folder = Path(tempfile.mkdtemp(prefix="meedoen-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=777", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk (root)")
    folder.parent.chmod(folder.parent.stat().st_mode | 0o011)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
    folder.rmdir()


@contextmanager
def _copy_of(migrated: str, folder: Path) -> Iterator[str]:
    """A database of the chosen engine, with tables and without rows. Yields its URL."""
    url = f"sqlite://{folder / 'site.sqlite3'}"
    if template.is_postgres(migrated):
        url = template.like(migrated, f"chaos_{uuid.uuid4().hex[:8]}")
    template.copy(migrated, url)
    yield url
    template.drop(url)


def _start_witnesses(site: Site) -> None:
    vkey = site.run("manage.py", "log_setup").stdout.strip()
    origin = vkey.partition("+")[0]
    policy, addresses = [f"log {vkey}"], []
    for name in ("one", "two", "three"):
        key, port = site.folder / f"{name}.key", free_port()
        made = site.run(
            "-m",
            "ledger.witness",
            "keygen",
            f"{name}.example",
            "--key",
            str(key),
            "--database",
            str(key.with_suffix(".sqlite")),
        )
        (site.folder / f"{name}.toml").write_text(
            f'listen = "127.0.0.1:{port}"\nkey = "{name}.key"\ndatabase = "{name}.sqlite"\n'
            f'[logs]\n"{origin}" = ["{vkey}"]\n'
        )
        policy.append(f"witness {name} {made.stdout.strip()}")
        addresses.append(f"{name}=http://127.0.0.1:{port}")
        site.start("-m", "ledger.witness", "serve", str(site.folder / f"{name}.toml"))
        site.wait_until(lambda port=port: answers(port), f"witness {name}")
    policy += ["group all3 2 one two three", "quorum all3", ""]
    (site.folder / "policy.txt").write_text("\n".join(policy))
    site.environment["WITNESSES"] = ",".join(addresses)


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port in {PORTS}")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
