"""The small town, for every test here."""

from tests.small_town import nothing_remembered, real_town, standing, town  # noqa: F401 - fixtures
