"""`make bench`: how many redemptions a second, next to what this machine's PostgreSQL could do at most.

1. A private PostgreSQL (fsync on), granian as in production, real signed presentations, each sent once.
2. pgbench and the site take turns, so that their ratio means something on a noisy machine too.
3. CPU is that of all server processes, web and database, without this driver.

The last line of the output is one JSON object. CPU is told in ms and in bare ECDSA verifications: the bar is
on the second, which travels from one machine to another. `verify_ratio` compares the checks of a redemption's
three signatures, parsing included, with three bare verifications.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from benchmarks import cpu, driver, pgbench
from benchmarks.bars import judge, say
from benchmarks.product import product
from wallet.management.demo.supervisor import SERVE_API

PORT = int(os.environ.get("BENCH_PORT", "9790"))
PORTS = range(PORT, PORT + 2)  # a process for each of two cores
HOST = f"localhost:{PORT}"
VOUCHERS = 250
WARM_UP = 600
ROUNDS = 8
COUNTS = {1: 600, 4: 3_000, 16: 4_000}  # of all rounds
HOT = 2_000
PROBE = 3_000  # bare verifications
PGBENCH_SECONDS = 1
MUSTS = {  # name: (least, or most when negative)
    "share_of_one_at_4": 0.22,
    "share_of_one_at_16": 0.20,
    "p99_at_16": -4.0,
    "hot_voucher_share": 0.60,
    "cpu_verifications": -35.5,
    "round_trips": -3,
    "errors": 0,
}
OPTIONS = {
    # Over TCP, as from another host or container: the site and pgbench alike.
    "listen_addresses": "127.0.0.1",
    "port": os.environ.get("BENCH_DATABASE_PORT", "9789"),
    "shared_buffers": "256MB",
    "max_connections": "60",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "top",
}


def main() -> int:
    """Measure, print, and say on stderr which bars hold."""
    with product(OPTIONS, BASE_URL=f"http://{HOST}") as database:
        pgbench.prepare(database)
        result = _measure(database)
    judge(MUSTS, {**result, **result["ratios"]})
    print(json.dumps(result))
    return 0


def _measure(database: str) -> dict[str, Any]:
    from benchmarks.stock import Stock  # noqa: PLC0415 - after the environment is set

    say("preparing passes")
    _count_statements()
    stock = Stock(VOUCHERS)
    each = -(-(WARM_UP + sum(COUNTS.values())) // (VOUCHERS - 1))
    for resident in stock.residents[1:]:
        stock.fill(resident, each)
    stock.fill(stock.residents[0], HOT)
    cold = [
        held
        for turn in range(each)
        for phone, _ in stock.residents[1:]
        for held in phone.passes[turn : turn + 1]
    ]
    hot = stock.residents[0][0].passes
    look_around()
    with _site() as web:
        return _runs(stock, cold, hot, web, database)


def _runs(stock: Any, cold: list[Any], hot: list[Any], web: list[int], database: str) -> dict[str, Any]:
    """Site and pgbench in turns, ROUNDS times; each figure is of all its turns together."""
    cold_passes, hot_passes = iter(cold), iter(hot)
    used = _Used(web, database)

    def drive(passes: Iterator[Any], count: int, connections: int) -> driver.Outcome:
        requests = stock.requests(list(islice(passes, count)), HOST)
        with used:
            outcome = driver.drive(PORTS, requests, connections)
        say(f"{connections} connections: {outcome.summary()}")
        return outcome

    if drive(cold_passes, WARM_UP, 4).summary()["errors"]:
        raise RuntimeError("the site refuses what it should redeem; see above")
    used.forget()
    site = {count: driver.Outcome() for count in COUNTS}
    heat = driver.Outcome()
    one, four, prepared = ({count: driver.Outcome() for count in (4, 16)} for _ in range(3))
    for _ in range(ROUNDS):
        site[1] += drive(cold_passes, COUNTS[1] // ROUNDS, 1)
        for count in (4, 16):
            one[count] += pgbench.measure(database, pgbench.ONE, count, PGBENCH_SECONDS)
            site[count] += drive(cold_passes, COUNTS[count] // ROUNDS, count)
            four[count] += pgbench.measure(database, pgbench.FOUR, count, PGBENCH_SECONDS)
            prepared[count] += pgbench.measure(database, pgbench.ONE, count, PGBENCH_SECONDS, "prepared")
        heat += drive(hot_passes, HOT // ROUNDS, 16)
    probe = [
        json.loads(request.partition(b"\r\n\r\n")[2])["record"] for request in stock.requests(hot[:300], HOST)
    ]
    return _result(site, one, four, prepared, heat, used, probe)


def _result(
    site: dict[int, driver.Outcome],
    one: dict[int, driver.Outcome],
    four: dict[int, driver.Outcome],
    prepared: dict[int, driver.Outcome],
    heat: driver.Outcome,
    used: _Used,
    probe: list[str],
) -> dict[str, Any]:
    """The figures and their ratios."""
    redeem, ones, fours, ready = (
        {str(count): outcome.summary() for count, outcome in group.items()}
        for group in (site, one, four, prepared)
    )
    spent = used.each()
    return {
        "redeem": redeem,
        "pgbench_one": ones,
        "pgbench_four": fours,
        "pgbench_one_prepared": ready,
        "ratios": {
            "share_of_one_at_4": round(redeem["4"]["per_s"] / ones["4"]["per_s"], 3),
            "share_of_one_at_16": round(redeem["16"]["per_s"] / ones["16"]["per_s"], 3),
            "share_of_four_at_16": round(redeem["16"]["per_s"] / fours["16"]["per_s"], 3),
            "share_of_prepared_one_at_4": round(redeem["4"]["per_s"] / ready["4"]["per_s"], 3),
            "share_of_prepared_one_at_16": round(redeem["16"]["per_s"] / ready["16"]["per_s"], 3),
            "p99_at_16": round(redeem["16"]["p99_ms"] / ones["16"]["p99_ms"], 2),
        },
        **spent,
        "cpu_verifications": _in_verifications(spent["cpu_ms"]),
        "hot_voucher_share": round(heat.summary()["per_s"] / redeem["16"]["per_s"], 3),
        "verify_ratio": _verify_ratio(probe),
        "errors": sum(int(figures["errors"]) for figures in [*redeem.values(), heat.summary()]),
    }


class _Used:
    """CPU seconds and statements of the server processes, while the site was driven (`with used:`)."""

    def __init__(self, web: list[int], database: str) -> None:
        self._web, self._postmaster, self._database = web, _postmaster(database), database
        self.forget()

    def forget(self) -> None:
        """Count from here."""
        self._spent = [0.0, 0.0, 0]
        self._sales = -pgbench.redemptions(self._database)

    def _now(self) -> list[float]:
        web, postgres = sum(map(cpu.tree_seconds, self._web)), cpu.tree_seconds(self._postmaster)
        return [web, postgres, pgbench.statements(self._database)]

    def __enter__(self) -> None:
        self._before = self._now()

    def __exit__(self, *_: object) -> None:
        self._spent = [
            spent + now - was for spent, now, was in zip(self._spent, self._now(), self._before, strict=True)
        ]

    def each(self) -> dict[str, float]:
        """CPU milliseconds (of web and database apart, too) and round trips of each redemption."""
        sales = self._sales + pgbench.redemptions(self._database)
        web, postgres, sent = self._spent
        return {
            "cpu_ms": round((web + postgres) * 1000 / sales, 3),
            "cpu_ms_web": round(web * 1000 / sales, 3),
            "cpu_ms_database": round(postgres * 1000 / sales, 3),
            "round_trips": round(sent / sales, 2),
        }


def _postmaster(database: str) -> int:
    """The process number of the cluster's first process."""
    return int((pgbench.folder(database) / "postmaster.pid").read_text().split()[0])


def _count_statements() -> None:
    """Let PostgreSQL count the statements of clients."""
    _run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def look_around() -> None:
    """Let PostgreSQL look at what its tables hold, as it does by itself within minutes: it plans by that."""
    _run("ANALYZE")


def _run(statement: str) -> None:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _site() -> Iterator[list[int]]:
    """Granian as it serves tills and phones in production, on each of PORTS; yields the process numbers."""
    command = [sys.executable, *SERVE_API, "config.wsgi:application", "--port"]
    web = [subprocess.Popen([*command, str(port)], stdout=sys.stderr) for port in PORTS]
    try:
        for port in PORTS:
            _wait(port)
        yield [process.pid for process in web]
    finally:
        for process in web:
            process.terminate()
        for process in web:
            process.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/.well-known/jwks.json", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the site did not start")


def _in_verifications(cpu_ms: float) -> float:
    """CPU time as a number of bare ECDSA verifications: what travels from one machine to another."""
    return round(cpu_ms / (cpu.bare(PROBE) / PROBE * 1000), 1)


def _verify_ratio(records: list[str]) -> float:
    """What reading and checking costs on top of three bare ECDSA verifications."""
    from django.conf import settings  # noqa: PLC0415

    from benchmarks.verify import whole  # noqa: PLC0415

    return round(whole(records, settings.MUNICIPALITY) / cpu.bare(3 * len(records)), 2)


if __name__ == "__main__":
    sys.exit(main())
