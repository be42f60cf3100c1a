"""The small town, with a phone and a till in it, for callers who send anything at all.

`FUZZ_EXAMPLES` says how many things each test tries; the checks try a few, `make fuzz` thousands.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

from tests.actors import Answer, Phone, Till
from tests.conformance import schemas
from tests.small_town import nothing_remembered, standing, town  # noqa: F401 - fixtures
from tests.worlds import CLOTHES, Town

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Callers:
    """Who is let in: so that a call comes further than the door."""

    town: Town
    phone: Phone
    till: Till


@pytest.fixture
def callers(town: Town) -> Callers:  # noqa: F811 - the fixture
    """A phone with passes, and a till."""
    phone = town.phone()
    assert phone.refill(CLOTHES, 4, reserve=True).status == 201
    return Callers(town, phone, town.till())


def in_order(answer: Answer) -> None:
    """Demand that an answer is one of ours: no fault of the server, and each refusal a problem document."""
    assert answer.status < 500, answer
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json", answer
        assert schemas.faults("problem", answer.body) == [], answer
