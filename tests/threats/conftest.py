"""The small town, a till in it, and a pass on a phone. Spec 13 lists the threats."""

import pytest

from tests.actors import HeldPass, Till
from tests.small_town import nothing_remembered, real_town, standing, town  # noqa: F401 - fixtures
from tests.worlds import Town


@pytest.fixture
def till(town: Town) -> Till:  # noqa: F811 - the fixture
    return town.till()


@pytest.fixture
def held(town: Town) -> HeldPass:  # noqa: F811 - the fixture
    return town.passes()[0]
