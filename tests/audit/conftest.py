"""The town, built once for a run, and a copy for each test that cheats: books, log, keys, bank files."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache as remembered
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from ledger.audit import ed25519, es256
from tests.anchors.conftest import Tsa, answering, tsa  # noqa: F401 - a fixture
from tests.audit.folder import POLICY, Folder
from tests.audit.town import Copy, build
from tests.emptying import empty

ED25519, ES256 = remembered(ed25519.verify), remembered(es256.slow)


@pytest.fixture(autouse=True)
def the_same_bytes_are_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of audits of one town ask the slow library the same; its answer depends on the bytes alone."""
    monkeypatch.setattr(ed25519, "verify", ED25519)
    monkeypatch.setattr(es256, "slow", ES256)


@pytest.fixture
def log(tmp_path: Path) -> Folder:
    """A log in a folder of the test's own, and beside it its policy."""
    (tmp_path / "policy").write_text(POLICY)
    return Folder(tmp_path / "log").write()


@pytest.fixture(scope="session")
def original(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
    tsa: Tsa,  # noqa: F811 - the fixture
) -> Iterator[Path]:
    """The town's folder; beside it its database, as a file or as a database of the cluster."""
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock():
        cache.clear()
        with answering(tsa.stamp, "application/timestamp-reply") as url:
            build(folder, {"tsa_url": url, "tsa_roots": tsa.roots})
        _keep(folder)
        empty()
        cache.clear()
    yield folder
    with django_db_blocker.unblock():
        _drop(_named("town"))


@pytest.fixture
def copy(original: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Copy]:
    """A copy of one's own."""
    folder = tmp_path / "town"
    shutil.copytree(original, folder)
    if connection.vendor == "sqlite":
        path = str(folder / "books.sqlite3")
        yield Copy(folder, f"sqlite:///{path}", _in_sqlite(path), _from_sqlite(path), _plainly(path))
        return
    with django_db_blocker.unblock():
        _clone(_named("town"), _named("copy"))
        run, ask, close = _in_postgresql(_named("copy"))
        yield Copy(folder, _dsn(_named("copy")), run, ask, run)
        close()
        _drop(_named("copy"))


def _keep(folder: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "books.sqlite3")])
        return
    connection.close()
    _clone(connection.settings_dict["NAME"], _named("town"))


# --- SQLite: the guards are taken down and put up again ----------------------------------------------------
def _in_sqlite(path: str) -> Callable[[str], None]:
    def run(statement: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")  # two hundred triggers need not reach the disk
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            db.execute("PRAGMA ignore_check_constraints = ON")
            db.execute(statement)
            for _, sql in triggers:
                db.execute(sql)

    return run


def _plainly(path: str) -> Callable[[str], None]:
    def run(statement: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(statement)

    return run


def _from_sqlite(path: str) -> Callable[[str], list[tuple[Any, ...]]]:
    def ask(query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as db:
            return db.execute(query).fetchall()

    return ask


# --- PostgreSQL: the owner's session has no triggers -------------------------------------------------------
def _admin(statement: str) -> None:
    import psycopg

    with psycopg.connect(_dsn("postgres"), autocommit=True) as db:
        db.execute(statement)  # type: ignore[call-overload]


def _named(what: str) -> str:
    """A database of this test worker's own."""
    return f"{connection.settings_dict['NAME']}_{what}"


def _clone(template: str, name: str) -> None:
    _drop(name)
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _drop(name: str) -> None:
    if connection.vendor == "postgresql":
        _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _dsn(name: str) -> str:
    from urllib.parse import quote

    settings = connection.settings_dict
    return f"postgres://{settings['USER']}@{quote(settings['HOST'], safe='')}/{name}"


def _in_postgresql(
    name: str,
) -> tuple[Callable[[str], None], Callable[[str], list[tuple[Any, ...]]], Callable[[], None]]:
    import psycopg

    db = psycopg.connect(_dsn(name), autocommit=True)
    db.execute("SET session_replication_role = replica")

    def run(statement: str) -> None:
        db.execute(statement)  # type: ignore[call-overload]

    def ask(query: str) -> list[tuple[Any, ...]]:
        return db.execute(query).fetchall()  # type: ignore[call-overload]

    return run, ask, db.close
