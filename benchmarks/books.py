"""`make bench-books`: how fast a great top-up is booked, a great day sealed, and the log published.

1. A private PostgreSQL (fsync on) and the product's own services; nothing is left out.
2. The top-up is killed (SIGKILL) half way by a process of its own, and gone on with by another.
3. No transaction writes more than a thousand transfers; the database is asked, not the code.

The last line of the output is one JSON object.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.bars import judge, say
from benchmarks.product import product, set_up
from benchmarks.timing import timed

GRANTS = int(os.environ.get("BENCH_GRANTS", "100000"))
PAYMENTS = 10_000
LEAVES = 1_000
SHOPS = 50
CENTS = 500
BARS = {  # name: least, or most when negative
    "grants_a_second": 5_000,
    "transfers_in_a_transaction": -1_000,
    "cents_off": 0,
    "seal_seconds": -5,
    "publish_seconds": -1,
}


def main() -> int:
    """Measure, print, and say on stderr which bars hold. As `book BATCH` it is the process that is killed."""
    if sys.argv[1:2] == ["book"]:
        set_up()
        _book(sys.argv[2])
        return 0
    with product({"shared_buffers": "256MB"}) as database:
        result = _measure(_postmaster(database))
    judge(BARS, result)
    print(json.dumps(result))
    return 0


def _measure(database: int) -> dict[str, Any]:
    from benchmarks.residents import Residents  # noqa: PLC0415

    say(f"preparing {GRANTS} holders")
    town = Residents(GRANTS, SHOPS)
    warm, killed = town.decide(CENTS), town.decide(CENTS)

    def seconds(what: str, work: Callable[[], None]) -> float:
        return round(timed(what, work, database).seconds, 2)

    found = seconds("grant", lambda: _book(str(warm)))
    result = {"grants": GRANTS, "grants_a_second": round(GRANTS / found), "grant_seconds": found}
    result |= _kill_half_way(str(killed), town)
    result["resume_seconds"] = seconds("go on", lambda: _book(str(killed)))
    result["transfers_in_a_transaction"] = town.most_in_one_transaction()
    result["cents_off"] = town.cents_off(2 * CENTS)
    result["seal_grants_seconds"] = seconds("seal the top-ups", town.seal)
    town.pay(PAYMENTS)
    result["seal_seconds"] = seconds(f"seal {PAYMENTS} payments", town.seal)
    town.publish()
    town.add_leaves(LEAVES)
    result["publish_seconds"] = seconds(f"publish {LEAVES} leaves", town.publish)
    return result


def _postmaster(database: str) -> int:
    """The process number of the cluster's first process."""
    home = Path(unquote(urlsplit(database).hostname or ""))
    return int((home / "data/postmaster.pid").read_text().split()[0])


def _book(batch: str) -> None:
    """The product's own way: the task that beat rings."""
    from django.utils import timezone  # noqa: PLC0415

    from wallet.models import GrantBatch  # noqa: PLC0415
    from wallet.services import grant  # noqa: PLC0415

    grant.book(batch=GrantBatch.objects.select_related("programme").get(pk=batch), now=timezone.now())


def _kill_half_way(batch: str, town: Any) -> dict[str, Any]:
    """Kill the process that books when half is booked."""
    command = [sys.executable, "-m", "benchmarks.books", "book", batch]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    while town.booked(batch) < GRANTS // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    died = process.wait()
    return {"killed_by": -died, "booked_when_killed": town.booked(batch)}


if __name__ == "__main__":
    sys.exit(main())
