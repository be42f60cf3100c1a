"""Everything is killed at random while shops sell: each answered sale is in one batch, and nothing forks.

It runs CHAOS_SECONDS (20 unless told otherwise; `make chaos`: ten minutes) on PostgreSQL and Redis, and
prints its seed: CHAOS_SEED repeats the order of the kills.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests import postgres
from tests.chaos.conftest import OpenMarket, Site, answers, free_port

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
SECONDS = int(os.environ.get("CHAOS_SECONDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(1_000_000))))
CELERY = ("-m", "celery", "-A", "config")
BEAT = (*CELERY, "beat", "--loglevel", "WARNING")
WORKER = (*CELERY, "worker", "--loglevel", "WARNING", "--concurrency", "1")


class Broker:
    """A Redis of the test's own, which forgets everything when it dies."""

    def __init__(self, site: Site) -> None:
        self._port = free_port()
        self._folder = site.folder
        site.environment["BROKER_URL"] = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty."""
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("needs redis-server")
        command = [program, "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._server = subprocess.Popen(
            [*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not answers(self._port):
            time.sleep(0.05)

    def kill(self) -> None:
        """Pull its plug."""
        self._server.kill()
        self._server.wait()

    def flush(self) -> None:
        """Throw away every message in it."""
        subprocess.run(
            ["redis-cli", "-p", str(self._port), "FLUSHALL"], check=True, stdout=subprocess.DEVNULL
        )


class Kept:
    """A process that is started again whenever it was killed."""

    def __init__(self, site: Site, command: tuple[str, ...]) -> None:
        self._site, self._command = site, command
        self._process = site.start(*command)

    def kill(self) -> None:
        """Pull its plug and start it anew."""
        with suppress(ProcessLookupError):
            self._site.kill(self._process)
        self._process = self._site.start(*self._command)


def test_random_kills_while_shops_sell(open_market: OpenMarket) -> None:
    print(f"CHAOS_SEED={SEED}")
    dice, done = random.Random(SEED), Counter[str]()
    with postgres.running(max_connections="60") as server:
        site, market = open_market(server.url)
        broker = Broker(site)
        broker.start()
        beat, worker = Kept(site, BEAT), Kept(site, WORKER)

        def renew_broker() -> None:
            broker.kill()
            broker.start()

        disasters: dict[str, Callable[[], None]] = {
            "database": server.restart_after_crash,
            "worker": worker.kill,
            "beat": beat.kill,
            "broker": renew_broker,
            "flush": broker.flush,
        }
        market.open()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            name = dice.choice(sorted(disasters))
            disasters[name]()
            done[name] += 1
            market.wait_for_sales(dice.randrange(1, 15))
        answered = market.close()
        site.wait_until(site.all_witnessed, "the rest to be settled by Celery alone")
        found = site.check()
        broker.kill()
    print(f"{len(answered)} sales, {found['batches']} batches, {sum(done.values())} disasters: {dict(done)}")
    assert set(found["payments"]) == answered
    assert site.audit().returncode == 0
