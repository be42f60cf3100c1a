"""The small town, for every test here."""

from tests.small_town import nothing_remembered, real_town, town  # noqa: F401 - fixtures
