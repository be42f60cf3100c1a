"""A database with every table and nothing in them, migrated once for a run; others are copies of it.

Migrating takes seconds of a processor, and each test worker and drill wants a database of its own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

NAME = "meedoen_migrated"  # on PostgreSQL
ROOT = Path(__file__).resolve().parents[1]


def migrated(folder: Path) -> str:
    """The URL of that database of the chosen engine; made by whoever asks first for this folder."""
    given = os.environ.get("DATABASE_URL", "")
    url = like(given, NAME) if is_postgres(given) else f"sqlite://{folder / 'migrated.sqlite3'}"
    made = folder / "migrated"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(url)
            made.touch()
    return url


def copy(template: str, url: str) -> None:
    """Make the database `url` as a copy of another that nobody is connected to."""
    if not is_postgres(url):
        shutil.copyfile(urlsplit(template).path, urlsplit(url).path)
        return
    drop(url)
    _admin(url, f'CREATE DATABASE "{_name(url)}" TEMPLATE "{_name(template)}"')


def drop(url: str) -> None:
    """Throw a database of PostgreSQL away, whoever is connected to it; a file is left to its folder."""
    if is_postgres(url):
        _admin(url, f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')


def is_postgres(url: str) -> bool:
    """Whether this is the address of a database of PostgreSQL."""
    return url.startswith("postgres")


def like(url: str, name: str) -> str:
    """Another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _make(url: str) -> None:
    if is_postgres(url):
        copy(like(url, "template1"), url)
    command = [sys.executable, "manage.py", "migrate", "-v0", "--settings", "config.settings"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _admin(url: str, statement: str) -> None:
    address = like(url, "postgres").replace("postgres://", "postgresql://", 1)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
