"""`make bench-sync`: what an upload of a till costs, next to single online redemptions, in one run.

1. A private PostgreSQL, granian as in production, real signed presentations, each sent once.
2. Online redemptions and uploads of 100 records take turns; then one till uploads 500 in one go, and again.
3. CPU is that of all server processes, web and database, without this driver.

The last line of the output is one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from typing import Any

from benchmarks import cpu, driver, pgbench
from benchmarks.bars import judge, say
from benchmarks.product import product
from benchmarks.redeem import HOST, OPTIONS, PORTS, _postmaster, _site, look_around

VOUCHERS = 100
WARM_UP = 6  # uploads: PostgreSQL plans the first five anew
ROUNDS = 8
ONLINE = 400  # a round
UPLOAD = 100
QUEUE = 500
MUSTS = {"seconds_for_500": -10, "again_seconds": -10, "cpu_ratio": -0.333, "refused": 0}


def main() -> int:
    """Measure, print, and say on stderr which bars hold."""
    with product(OPTIONS, BASE_URL=f"http://{HOST}") as database:
        result = _measure(database)
    judge(MUSTS, result)
    print(json.dumps(result))
    return 0


def _measure(database: str) -> dict[str, Any]:
    from benchmarks.stock import Stock  # noqa: PLC0415 - after the environment is set

    say("preparing passes")
    stock = Stock(VOUCHERS)
    needed = ROUNDS * (ONLINE + UPLOAD) + ONLINE + WARM_UP * UPLOAD + QUEUE
    for resident in stock.residents:
        stock.fill(resident, -(-needed // VOUCHERS))
    look_around()
    passes = iter([held for phone, _ in stock.residents for held in phone.passes])
    with _site() as web:
        return _turns(stock, passes, web, database)


def _turns(stock: Any, passes: Any, web: list[int], database: str) -> dict[str, Any]:
    def used() -> float:
        return sum(map(cpu.tree_seconds, web)) + cpu.tree_seconds(_postmaster(database))

    def online() -> float:
        requests = stock.requests([next(passes) for _ in range(ONLINE)], HOST)
        before = used()
        if driver.drive(PORTS, requests, 4).summary()["errors"]:
            raise RuntimeError("the site refuses what it should redeem")
        return (used() - before) / ONLINE

    def offline(count: int, body: bytes | None = None) -> tuple[float, float, bytes, Any]:
        till = stock.tills[0]
        sent = body or stock.queue(till, [next(passes) for _ in range(count)])
        before, start = used(), time.perf_counter()
        answer = _send(till, sent)
        return (used() - before) / count, time.perf_counter() - start, sent, answer

    online()
    for _ in range(WARM_UP):
        offline(UPLOAD)
    single, each = [], []
    for _ in range(ROUNDS):
        single.append(online())
        each.append(offline(UPLOAD)[0])
    _, seconds, sent, first = offline(QUEUE)
    _, again, _, second = offline(QUEUE, sent)
    say(f"500 records: {seconds:.2f} s, again {again:.2f} s")
    cpu_online, cpu_each = (1000 * sum(some) / len(some) for some in (single, each))
    return {
        "seconds_for_500": round(seconds, 2),
        "again_seconds": round(again, 2),
        "same_answers": first["results"] == second["results"],
        "refused": sum(one["outcome"] != "accepted" for one in first["results"]),
        "cpu_ms_online": round(cpu_online, 3),
        "cpu_ms_record": round(cpu_each, 3),
        "cpu_ratio": round(cpu_each / cpu_online, 3),
        "redemptions": pgbench.redemptions(database),
    }


def _send(till: Any, body: bytes) -> Any:
    """Upload, with a nonce that is fetched first."""
    url = f"http://{HOST}/api/v1/tills/records"
    with urllib.request.urlopen(f"http://{HOST}/api/v1/wallet/nonce", timeout=10) as answer:
        nonce = json.load(answer)["nonce"]
    proof = till.sign_call("POST", url, nonce, int(time.time()))
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", "DPoP": proof})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
