"""`make bench-settle`: what Celery adds to a payment that is settled, next to what a redemption costs.

1. A private PostgreSQL, a private Redis, granian and a Celery worker as in production.
2. Online redemptions are measured, settled, and then beat's bell for settlement is rung when nothing is due:
   by Celery, and by calling the same task in this process. The difference is Celery's: whoever rings, Redis,
   the worker, and what the worker's way costs the database.
3. A settlement is rung for twice, once to seal and once to sign, however many payments are in it.

The last line of the output is one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from benchmarks import cpu, driver
from benchmarks.bars import judge, say
from benchmarks.product import product
from benchmarks.redeem import HOST, OPTIONS, PORTS, _postmaster, _site, look_around

VOUCHERS = 100
WARM_UP = 400  # redemptions
ONLINE = 2_000
RINGS = 1_000
RINGS_A_SETTLEMENT = 2
BATCH = 100  # payments: a settlement of fewer is not worth measuring
BROKER_PORT = int(os.environ.get("BENCH_BROKER_PORT", "9788"))
MUSTS = {"celery_share_of_100": -0.02}


def main() -> int:
    """Measure, print, and say on stderr which bars hold."""
    with _redis() as (redis, url), product(OPTIONS, BASE_URL=f"http://{HOST}", BROKER_URL=url) as database:
        result = _measure(_postmaster(database), redis)
    judge(MUSTS, result)
    print(json.dumps(result))
    return 0


def _measure(postmaster: int, redis: int) -> dict[str, Any]:
    from django.conf import settings  # noqa: PLC0415 - after the environment is set
    from django.utils import timezone  # noqa: PLC0415

    from ledger import api, tasks  # noqa: PLC0415

    online = _online_seconds(postmaster) * 1000 / ONLINE
    api.setup_log(settings.MUNICIPALITY, timezone.now())
    api.settle(settings.MUNICIPALITY, timezone.now(), force=True)  # now nothing is due
    with _worker() as worker:
        used = _used(postmaster, redis, worker)
        _ring_all(tasks.seal.delay, RINGS // 10)  # warm
        rung = used(lambda: _ring_all(tasks.seal.delay, RINGS))
        called = used(lambda: [tasks.seal() for _ in range(RINGS)])
    ring = (rung - called) * 1000 / RINGS
    return {
        "cpu_ms_online": round(online, 3),
        "cpu_ms_ring": round(rung * 1000 / RINGS, 3),
        "cpu_ms_called": round(called * 1000 / RINGS, 3),
        "celery_ms": round(ring, 3),
        "celery_share_of_100": round(RINGS_A_SETTLEMENT * ring / BATCH / online, 4),
        "rings_a_day": _rings_a_day(),
    }


def _online_seconds(postmaster: int) -> float:
    """CPU seconds of ONLINE redemptions: web and database, without this driver."""
    from benchmarks.stock import Stock  # noqa: PLC0415

    say("preparing passes")
    stock = Stock(VOUCHERS)
    for resident in stock.residents:
        stock.fill(resident, -(-(WARM_UP + ONLINE) // VOUCHERS))
    look_around()
    passes = iter([held for phone, _ in stock.residents for held in phone.passes])
    with _site() as web:
        for count in (WARM_UP, ONLINE):
            requests = stock.requests(list(islice(passes, count)), HOST)
            before = sum(map(cpu.tree_seconds, [*web, postmaster]))
            if driver.drive(PORTS, requests, 4).summary()["errors"]:
                raise RuntimeError("the site refuses what it should redeem")
        return sum(map(cpu.tree_seconds, [*web, postmaster])) - before


def _used(*processes: int) -> Callable[[Callable[[], object]], float]:
    """A measure of the CPU seconds that work takes, here and in these processes with those under them."""

    def used(work: Callable[[], object]) -> float:
        before = time.process_time() + sum(map(cpu.tree_seconds, processes))
        work()
        return time.process_time() + sum(map(cpu.tree_seconds, processes)) - before

    return used


def _ring_all(ring: Callable[[], object], count: int) -> None:
    """Ring `count` times, and wait until all of it was heard and done."""
    from config.celery import app  # noqa: PLC0415

    for _ in range(count):
        ring()
    with app.connection_for_read() as connection:
        client = connection.default_channel.client
        while client.llen("celery") or client.hlen("unacked"):
            time.sleep(0.05)


def _rings_a_day() -> int:
    """How often beat rings for settlement each day, whether anything is due or not."""
    from django.conf import settings  # noqa: PLC0415

    schedule = settings.CELERY_BEAT_SCHEDULE
    return sum(86_400 // schedule[name]["schedule"] for name in ("seal", "sign"))


@contextmanager
def _redis() -> Iterator[tuple[int, str]]:
    """A Redis of its own, which keeps nothing: its process number and address."""
    with tempfile.TemporaryDirectory(prefix="meedoen-redis-") as folder:
        command = ["redis-server", "--port", str(BROKER_PORT), "--bind", "127.0.0.1"]
        redis = subprocess.Popen([*command, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            yield redis.pid, f"redis://127.0.0.1:{BROKER_PORT}/0"
        finally:
            redis.terminate()
            redis.wait()


@contextmanager
def _worker() -> Iterator[int]:
    """The worker, as deploy/systemd starts it; its process number."""
    from config.celery import app  # noqa: PLC0415

    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING"]
    worker = subprocess.Popen(command, stdout=sys.stderr)
    try:
        while not app.control.ping(timeout=1):
            if worker.poll() is not None:
                raise RuntimeError("the worker did not start")
        yield worker.pid
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    sys.exit(main())
