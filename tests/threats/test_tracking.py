"""Two shops that put together all that their tills saw cannot tell who came to both. docs/PRIVACY.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.unlinkability import matching, weeks
from tests.worlds import Town

ACCIDENT = 1e-6  # an honest town is accused once in so many runs


@pytest.mark.django_db
def test_threat_tracking(town: Town) -> None:
    seen = weeks.live(town, people=24, weeks=2, visits=3, seed=353)
    assert len(matching.opportunities(seen.sightings)) > 20
    assert matching.equal_in_two(seen.sightings) == set()
    assert [one for one in matching.results(seen) if one.chance < ACCIDENT] == []
    # They do find each other's guests where a city gives one person neighbouring places in the list, or where
    # a phone tells what is in the pot.
    told = matching.opportunities([telling(one) for one in seen.sightings])
    for name in ("place in the list", "what the phone allows"):
        found = matching.judged(name, matching.FEATURES[name], told)
        assert found.chance < ACCIDENT, found


def telling(one: weeks.Sighting) -> weeks.Sighting:
    """A sighting as a careless city and a careless phone would have made it."""
    status = {"status_list": {**one.claims["status"]["status_list"], "idx": one.who * 100 + one.at % 50}}
    return replace(one, claims={**one.claims, "status": status}, proof={**one.proof, "max": 5_000 + one.who})
