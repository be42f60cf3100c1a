"""What every test may count on: the chosen engine, and no test that is quietly left out.

* `DATABASE_URL` chooses the engine (`make test-postgres` sets it); without it, SQLite in a file of its own,
  as a memory database has no second connection to race with.
* Tests marked `postgres` are skipped on SQLite, tests marked `sqlite` elsewhere.
* What asks for no database is tried with SQLite's run alone.
* `MEEDOEN_NO_SKIPS=1` turns each skip into a failure: the checks' machine has everything.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest
from django.db import connections
from hypothesis import settings

from tests import migrated as template
from tests.emptying import guards_step_aside  # noqa: F401 - a fixture of every test
from tests.running import Running, running

NO_SKIPS = os.environ.get("MEEDOEN_NO_SKIPS") == "1"
settings.register_profile("untimed", deadline=None)  # a slow machine is not a broken one
settings.load_profile("untimed")
DATABASES = {"db", "transactional_db", "django_db_setup", "site", "server", "open_market"}


def _engine() -> str:
    return "postgres" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the other engine: with a message, or wholly where that engine has its own run."""
    other = "sqlite" if _engine() == "postgres" else "postgres"
    theirs = [item for item in items if item.get_closest_marker(other)]
    elsewhere = [item for item in items if _engine() == "postgres" and not _asks_for_a_database(item)]
    if NO_SKIPS:
        elsewhere += theirs
    for item in theirs:
        item.add_marker(pytest.mark.skip(reason=f"needs {other}: see `make test-postgres`"))
    config.hook.pytest_deselected(items=elsewhere)
    chosen = [item for item in items if item not in elsewhere]
    # A drill that is begun last would keep the run waiting.
    items[:] = sorted(chosen, key=lambda item: item.get_closest_marker("slow") is None)


def _asks_for_a_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgres")
    return bool(marked or DATABASES & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a skip is a failure that says what was missing."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with every table and nothing in them, for all workers of a run: its URL."""
    own = tmp_path_factory.getbasetemp()
    return template.migrated(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The test database is there when Django looks for it."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Make the test database from the migrated one; SQLite's in a file."""
    connection = connections["default"]
    url = f"sqlite://{tmp_path_factory.mktemp('database') / 'test.sqlite3'}"
    if template.is_postgres(migrated):
        url = template.like(migrated, connection.creation._get_test_db_name())
    else:
        connection.settings_dict["TEST"]["NAME"] = url.removeprefix("sqlite://")
    template.copy(migrated, url)
    yield
    connection.close()
    template.drop(url)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo municipality as real processes, with batches every two seconds; one for a whole run."""
    with running(tmp_path_factory.mktemp("town") / "var") as found:
        yield found
