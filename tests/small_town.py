"""The small town, as fixtures. The in-process catalogue is forgotten with the database it was read from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django.plugin import DjangoDbBlocker

from tests.standing import Standing
from tests.worlds import Town
from wallet.services import catalogue


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """No test reads the catalogue of another."""
    catalogue.forget()
    yield
    catalogue.forget()


@pytest.fixture(scope="session")
def standing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Standing:
    """The town, built once for all tests of this process."""
    with django_db_blocker.unblock():
        return Standing()


@pytest.fixture
def town(standing: Standing, db: None) -> Town:
    """A small town in a transaction that is rolled back."""
    cache.clear()
    return standing.put_back()


@pytest.fixture
def real_town(standing: Standing, transactional_db: None) -> Town:
    """A small town in committed rows, for tests with several connections."""
    cache.clear()
    return standing.put_back()
