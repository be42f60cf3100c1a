"""A PostgreSQL cluster of our own: made in a temporary folder, gone afterwards.

It is reached by a Unix socket, or over TCP when it is told to listen.

    python -m tests.postgres COMMAND …     runs COMMAND with DATABASE_URL pointing to a fresh cluster

Root may not run PostgreSQL, so as root the server runs as `postgres` (or `nobody`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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


@contextmanager
def cluster(**options: str) -> Iterator[str]:
    """Run a cluster with these server options (`fsync="off"`); yields the URL of its empty database."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("no PostgreSQL programs on this machine")
    user = _server_user()
    home = Path(tempfile.mkdtemp(prefix="meedoen-pg-"))
    if user:
        shutil.chown(home, user)
    try:
        run = [
            programs / "initdb",
            "-D",
            home / "data",
            "-U",
            "meedoen",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*run, "--locale=C.UTF-8"], user=user, check=True, stdout=subprocess.DEVNULL, cwd=home)
        settings = {"listen_addresses": "", "unix_socket_directories": str(home), **options}
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", home / "data", *flags],
                user=user,
                stdout=log,
                stderr=log,
                cwd=home,
            )
        try:
            host, port = settings["listen_addresses"] or str(home), settings.get("port", "5432")
            _create_database(programs, home, host, port)
            yield f"postgres://meedoen@{quote(host, safe='')}:{port}/meedoen"
        finally:
            server.send_signal(2)  # SIGINT is PostgreSQL's fast shutdown
            server.wait(START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _create_database(programs: Path, home: Path, host: str, port: str) -> None:
    """Wait until the server answers, and make the database."""
    command = [programs / "createdb", "-h", host, "-p", port, "-U", "meedoen", "meedoen"]
    until = time.monotonic() + START_SECONDS
    while (made := subprocess.run(command, capture_output=True, text=True, check=False)).returncode != 0:
        if time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {made.stderr} {(home / 'log').read_text()}")
        time.sleep(0.1)


def main(command: list[str]) -> int:
    """Run a command on a cluster that forgets faster than a real one: tests do not test the disk."""
    with cluster(fsync="off", synchronous_commit="off", full_page_writes="off", max_connections="60") as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
