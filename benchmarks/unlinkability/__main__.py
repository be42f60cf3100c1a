"""The figure of docs/PRIVACY.md: can two shops tell who came to both?

    python -m benchmarks.unlinkability [--people N] [--weeks N] [--visits N] [--seed N]

A table, then one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict

from benchmarks.bars import say
from benchmarks.product import product


def main() -> int:
    """Let the town live some weeks, and let its shops compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument(
        "--visits", type=float, default=2.0, help="a week and person, at the two shops together"
    )
    parser.add_argument("--seed", type=int, default=353)
    asked = parser.parse_args()
    with product({}, BASE_URL="http://testserver", ISSUER="http://testserver"):
        from benchmarks.unlinkability import matching, weeks  # noqa: PLC0415 - the environment comes first
        from tests import worlds  # noqa: PLC0415

        started = time.monotonic()
        seen = weeks.live(
            worlds.build(), people=asked.people, weeks=asked.weeks, visits=asked.visits, seed=asked.seed
        )
        say(f"{len(seen.sightings)} payments in {time.monotonic() - started:.0f} s")
        found = matching.results(seen)
        lists, reserve = matching.kept_lists(seen), matching.reserve_links(seen.sightings)
        same = sorted(matching.equal_in_two(seen.sightings))
    print("| Matched by | right | blind guess | deviations | by chance |\n|---|---|---|---|---|")
    for one in [*found, lists]:
        shares = f"{one.right:.2%} | {one.baseline:.2%} | {one.deviations:+.1f}"
        print(f"| {one.name} | {shares} | {one.chance:.2g} |")
    figures = {"payments": len(seen.sightings), "equal_claims": same, "reserve": reserve}
    print(json.dumps({**figures, "lists": asdict(lists), "matchers": [asdict(one) for one in found]}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
