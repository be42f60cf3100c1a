"""A PostgreSQL cluster of our own: made in a temporary folder, gone afterwards.

It is reached by a Unix socket, or over TCP when it is told to listen.

    python -m tests.postgres COMMAND …     runs COMMAND with DATABASE_URL pointing to a fresh cluster

Root may not run PostgreSQL, so as root the server runs as `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

START_SECONDS = 60


def binaries() -> Path | None:
    """Find the folder of the newest PostgreSQL programs of this machine, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _server_user() -> str | None:
    """Who runs the server: ourselves (None), unless we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """A cluster in folder `home`, which may be crashed and started again. `url` is its first database."""

    def __init__(self, home: Path, options: Mapping[str, str]) -> None:
        self.home, self._programs, self._user = home, _programs(), _server_user()
        settings = {"listen_addresses": "", "unix_socket_directories": str(home), **options}
        self._host, self._port = settings["listen_addresses"] or str(home), settings.get("port", "5432")
        self.url = f"postgres://meedoen@{quote(self._host, safe='')}:{self._port}/meedoen"
        self._flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        if self._user:
            shutil.chown(home, self._user)

    def make(self) -> None:
        """Write its files, start it, and make the database."""
        run = [self._programs / "initdb", "-D", self.home / "data", "-U", "meedoen", "-A", "trust"]
        run += ["-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]
        subprocess.run(run, user=self._user, check=True, stdout=subprocess.DEVNULL, cwd=self.home)
        self.start()
        self._wait_for("createdb", "meedoen")

    def start(self) -> None:
        """Start it; after a crash it recovers first."""
        with (self.home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self.home / "data", *self._flags],
                user=self._user,
                stdout=log,
                stderr=log,
                cwd=self.home,
            )

    def restart_after_crash(self) -> None:
        """End it at once, as a power cut would, and bring it back."""
        self._server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown: nothing is tidied
        self._server.wait(START_SECONDS)
        self.start()
        self._wait_for("psql", "-c", "SELECT 1", "meedoen")

    def stop(self) -> None:
        """End it tidily."""
        self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        self._server.wait(START_SECONDS)

    def _wait_for(self, program: str, *arguments: str) -> None:
        """Run a client program until the server answers it."""
        command = [self._programs / program, "-h", self._host, "-p", self._port, "-U", "meedoen", *arguments]
        until = time.monotonic() + START_SECONDS
        while (made := subprocess.run(command, capture_output=True, text=True, check=False)).returncode != 0:
            if time.monotonic() > until:
                raise RuntimeError(
                    f"PostgreSQL did not start: {made.stderr} {(self.home / 'log').read_text()}"
                )
            time.sleep(0.1)


def _programs() -> Path:
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("no PostgreSQL programs on this machine")
    return programs


@contextmanager
def running(**options: str) -> Iterator[Cluster]:
    """Run a cluster with these server options (`fsync="off"`)."""
    home = Path(tempfile.mkdtemp(prefix="meedoen-pg-"))
    try:
        found = Cluster(home, options)
        found.make()
        try:
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def cluster(**options: str) -> Iterator[str]:
    """Run a cluster; yields the URL of its empty database."""
    with running(**options) as found:
        yield found.url


def main(command: list[str]) -> int:
    """Run a command on a cluster that forgets faster than a real one: tests do not test the disk."""
    with cluster(fsync="off", synchronous_commit="off", full_page_writes="off", max_connections="60") as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
