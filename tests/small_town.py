"""The small town, as fixtures. The in-process catalogue is forgotten with the database it was read from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests import worlds
from wallet.services import catalogue


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """No test reads the catalogue of another."""
    catalogue.forget()
    yield
    catalogue.forget()


@pytest.fixture
def town(db: None) -> worlds.Town:
    """A small town in a transaction that is rolled back."""
    cache.clear()
    return worlds.build()


@pytest.fixture
def real_town(transactional_db: None) -> worlds.Town:
    """A small town in committed rows, for tests with several connections."""
    cache.clear()
    return worlds.build()
