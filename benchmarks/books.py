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
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks import cpu
from benchmarks.bars import judge, say
from tests.postgres import cluster

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
        _django()
        _book(sys.argv[2])
        return 0
    with tempfile.TemporaryDirectory(prefix="meedoen-bench-") as var, cluster(shared_buffers="256MB") as url:
        os.environ |= {
            "DATABASE_URL": url,
            "MEEDOEN_VAR": var,
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        for command in (("migrate", "--verbosity", "0"), ("createcachetable",)):
            subprocess.run([sys.executable, "manage.py", *command], check=True)
        _django()
        result = _measure()
    judge(BARS, result)
    print(json.dumps(result))
    return 0


def _django() -> None:
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()


def _measure() -> dict[str, Any]:
    from benchmarks.residents import Residents  # noqa: PLC0415

    say(f"preparing {GRANTS} holders")
    town = Residents(GRANTS, SHOPS)
    warm, killed = town.decide(CENTS), town.decide(CENTS)
    found = _timed("grant", lambda: _book(str(warm)))
    result = {"grants": GRANTS, "grants_a_second": round(GRANTS / found), "grant_seconds": round(found, 2)}
    result |= _kill_half_way(str(killed), town)
    result["transfers_in_a_transaction"] = town.most_in_one_transaction()
    result["cents_off"] = town.cents_off(2 * CENTS)
    result["seal_grants_seconds"] = round(_timed("seal the top-ups", town.seal), 2)
    town.pay(PAYMENTS)
    result["seal_seconds"] = round(_timed(f"seal {PAYMENTS} payments", town.seal), 2)
    town.publish()
    town.add_leaves(LEAVES)
    result["publish_seconds"] = round(_timed(f"publish {LEAVES} leaves", town.publish), 2)
    return result


def _timed(what: str, work: Any) -> float:
    """Seconds that it took; on stderr also those of the processors, which a busy machine does not stretch."""
    start, ours, theirs = time.perf_counter(), time.process_time(), cpu.tree_seconds(_postmaster())
    work()
    taken = time.perf_counter() - start
    busy = time.process_time() - ours, cpu.tree_seconds(_postmaster()) - theirs
    say(f"{what}: {taken:.2f} s; CPU {busy[0]:.2f} s here and {busy[1]:.2f} s in the database")
    return taken


def _postmaster() -> int:
    """The process number of the cluster's first process."""
    home = Path(unquote(urlsplit(os.environ["DATABASE_URL"]).hostname or ""))
    return int((home / "data/postmaster.pid").read_text().split()[0])


def _book(batch: str) -> None:
    """The product's own way: the task that beat rings."""
    from django.utils import timezone  # noqa: PLC0415

    from wallet.models import GrantBatch  # noqa: PLC0415
    from wallet.services import grant  # noqa: PLC0415

    grant.book(batch=GrantBatch.objects.select_related("programme").get(pk=batch), now=timezone.now())


def _kill_half_way(batch: str, town: Any) -> dict[str, Any]:
    """Kill the process that books when half is booked, and let another go on."""
    command = [sys.executable, "-m", "benchmarks.books", "book", batch]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    while town.booked(batch) < GRANTS // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    died = process.wait()
    there = town.booked(batch)
    taken = _timed(f"go on from {there}", lambda: _book(batch))
    return {"killed_by": -died, "booked_when_killed": there, "resume_seconds": round(taken, 2)}


if __name__ == "__main__":
    sys.exit(main())
