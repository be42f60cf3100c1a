"""How much slower to make this machine's CPU, so that every machine emulates the same phone."""

from __future__ import annotations

from benchmarks import cpu

COUNT = 2_000
REFERENCE = 0.045e-3  # seconds for a bare P-256 verification where the bars were set (decision 0012)


def slower(times: float) -> float:
    """Chromium's slowdown here for a phone `times` slower than that machine; 1 where this one is as slow.

    Lighthouse asks for the same with its calculator: a phone is as slow as it is, whatever emulates it.
    """
    return max(1.0, round(times * REFERENCE / (cpu.bare(COUNT) / COUNT), 2))
