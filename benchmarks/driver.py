"""Sends prepared requests with `driver.c`, which is cheap enough to share a machine with what it measures."""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


@dataclass
class Outcome:
    """What happened: seconds from the first byte to the last, latencies in ms, answers by status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def __iadd__(self, other: Outcome) -> Outcome:
        """Take in another turn of the same thing."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.statuses += other.statuses
        return self

    def summary(self, wanted: int = 201) -> dict[str, float]:
        """The figures of the run; everything but `wanted` is an error."""
        total = sum(self.statuses.values())
        return {
            "per_s": round(self.statuses[wanted] / self.seconds, 1),
            "p50_ms": percentile(self.latencies, 50),
            "p95_ms": percentile(self.latencies, 95),
            "p99_ms": percentile(self.latencies, 99),
            "errors": total - self.statuses[wanted],
        }


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest-rank percentile, rounded to hundredths."""
    return round(sorted(values)[max(0, -(-len(values) * share // 100) - 1)], 2)


@cache
def _program() -> tempfile.TemporaryDirectory[str]:
    """The folder of the compiled driver; it goes away with this process."""
    folder = tempfile.TemporaryDirectory(prefix="meedoen-driver-")
    subprocess.run(["cc", "-O2", "-o", Path(folder.name) / "driver", _SOURCE], check=True)
    return folder


def drive(ports: range, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send every request once over `connections` connections; each waits for its answer before the next.

    The connections go to the ports in turn.
    """
    text = b"".join(b"%d\n%s" % (len(request), request) for request in requests)
    command = [Path(_program().name) / "driver", *map(str, (ports.start, len(ports), connections))]
    lines = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout.split()
    figures = [int(word) for word in lines[1:]]
    statuses, took = figures[1::2], figures[2::2]
    return Outcome(figures[0] / 1e6, [micros / 1000 for micros in took], Counter(statuses))
