"""`make bench-faces`: how soon a new wallet can be read and used, and an old one shows a code offline.

    python -m benchmarks.faces [--runs N]

Each figure is the median of the runs. First visits and the code are on a slow CPU, the home screen's later
visit with and without. The till's first visit is printed without a bar. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence

from playwright.sync_api import sync_playwright

from benchmarks.bars import judge, say
from benchmarks.faces.firstload import first_load
from benchmarks.faces.repeat import offline_wallet
from benchmarks.faces.site import Site, served
from benchmarks.faces.slow import slower
from tests.e2e.browsers import chromium_with

TILL_RUNS = 3
FIRST, LATER = 4, 6  # how many times slower the phone is than the machine where the bars were set
MUSTS = {  # name: the most, so negative
    "js_gzip_kb": -45,
    "lcp_s": -1.2,
    "tti_s": -1.8,
    "tbt_ms": -100,
    "offline_lcp_s": -0.5,
    "offline_qr_s": -1.5,
}


def main() -> int:
    """Measure, print, and say on stderr which bars hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    slow = {"first": slower(FIRST), "later": slower(LATER)}
    say(f"CPU slower by: {slow}")
    with served() as site:
        wallet = median([visit(site, "wallet", slow["first"]) for _ in range(runs)])
        till = median([visit(site, "till", slow["first"]) for _ in range(min(runs, TILL_RUNS))])
        offline = without_network(site, runs, slow["later"])
    judge(MUSTS, wallet | offline)
    print(json.dumps({"faces": {"wallet": wallet, "offline": offline, "till": till, "slowdown": slow}}))
    return 0


def visit(site: Site, app: str, slowdown: float) -> dict[str, float]:
    """One first visit."""
    figures = first_load(f"{site.url}/{app}/", slowdown)
    say(f"{app}: " + ", ".join(f"{name} {value:.2f}" for name, value in figures.items()))
    return figures


def without_network(site: Site, runs: int, slowdown: float) -> dict[str, float]:
    """The wallet's later visits."""
    with (
        sync_playwright() as driver,
        chromium_with(driver, "--ignore-certificate-errors") as browser,
        offline_wallet(browser, site.url, site.code) as wallet,
    ):
        wallet.largest_paint()  # the browser compiles what it keeps compiled
        figures = [
            {
                "offline_lcp_s": wallet.largest_paint(),
                "offline_lcp_slow_s": wallet.largest_paint(slowdown),
                "offline_qr_s": wallet.code_shown(slowdown),
            }
            for _ in range(runs)
        ]
    say(f"offline: {figures}")
    return median(figures)


def median(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure by itself."""
    return {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}


if __name__ == "__main__":
    raise SystemExit(main())
