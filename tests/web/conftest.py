"""The small town, for every test here, and somebody at its desk."""

import pytest
from django.test import Client

from tests.small_town import nothing_remembered, real_town, standing, town  # noqa: F401 - fixtures
from tests.worlds import Town
from wallet.models import Staff


@pytest.fixture
def desk(town: Town) -> Client:  # noqa: F811 - the fixture
    """An administrator at the desk."""
    client = Client()
    boss = Staff.objects.create(username="boss", muni=town.muni, role=Staff.Role.ADMINISTRATOR)
    client.force_login(boss)
    return client
