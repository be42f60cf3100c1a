"""`make bench-cover`: what a proof of cover costs for a large town, on a PostgreSQL of its own.

    python -m benchmarks.cover [--pots N]

The pots are filled by one grant. The last line of the output is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import resource
import secrets
import uuid
from typing import Any

from benchmarks.product import product
from benchmarks.timing import timed

MUNI, FUND = 14, 1
CENTS = 15_000


def main() -> int:
    """Fill, prove, look one pot up, and print what each took."""
    parser = argparse.ArgumentParser(description="Measure a proof of cover.")
    parser.add_argument("--pots", type=int, default=100_000)
    pots = parser.parse_args().pots
    with product({}, BASE_URL="http://bench.example"):
        result = _measure(pots)
    print(json.dumps(result))
    return 0


def _measure(pots: int) -> dict[str, Any]:
    from django.utils import timezone  # noqa: PLC0415 - the environment comes first

    from ledger import api  # noqa: PLC0415
    from ledger.models import CoverTile  # noqa: PLC0415

    now = timezone.now()
    api.setup_log(MUNI, now)
    accounts = _open(pots)
    api.allocate(muni=MUNI, fund=FUND, amount=CENTS * pots, decision_ref="b", actor="b", now=now)
    lines = [(account, CENTS) for account in accounts]
    api.grant(
        muni=MUNI, batch=uuid.uuid4(), fund=FUND, lines=lines, decision_ref="b", actor="b", reason="",
        four_eyes=False, now=now,
    )  # fmt: skip
    tree_seconds, path_bytes = _tree(pots)
    first = timed("first proof", lambda: api.prove_cover(MUNI, now))
    again = timed("another proof", lambda: api.prove_cover(MUNI, now, again=True))
    made = first.done
    assert made.gap == 0 and made.lines.count() == pots  # noqa: S101 - what is measured must be right
    kept = sum(len(nodes) for nodes in CoverTile.objects.filter(proof=made).values_list("nodes", flat=True))
    return {
        "pots": pots,
        "first_seconds": round(first.seconds, 1),
        "seconds": round(again.seconds, 1),
        "cpu_seconds": round(again.cpu, 1),
        "tree_seconds": round(tree_seconds, 2),
        "path_bytes": path_bytes,
        "tree_megabytes": round(kept / 1e6, 1),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _open(pots: int) -> list[int]:
    """Accounts of empty pots, in bulk: opening them is not what is measured."""
    from ledger.models import Account, Code  # noqa: PLC0415

    rows = (
        Account(muni=MUNI, code=Code.POT, side="C", guard=True, balance=0, fund=FUND, party=uuid.uuid4())
        for _ in range(pots)
    )
    return [row.id for row in Account.objects.bulk_create(rows, batch_size=5_000)]


def _tree(pots: int) -> tuple[float, int]:
    """Seconds for the hashing of a tree with one leaf a pot, and the bytes of one path."""
    from ledger.log import cover  # noqa: PLC0415

    leaves = [cover.leaf(CENTS, secrets.token_bytes(32)) for _ in range(pots)]
    tree = timed("tree", lambda: cover.Tree.of(leaves, secrets.token_bytes))
    return tree.seconds, (len(tree.done.levels) - 1) * cover.NODE_BYTES


if __name__ == "__main__":
    raise SystemExit(main())
