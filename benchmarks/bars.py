"""What a benchmark says while it runs, and of each bar whether it holds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any


def judge(bars: Mapping[str, float], figures: Mapping[str, Any]) -> None:
    """Say of each bar (the least, or the most when negative) whether it holds."""
    for name, bar in bars.items():
        value = figures[name]
        holds = value <= -bar if bar < 0 else value >= bar if bar else value == 0
        wanted = f"at {'least' if bar > 0 else 'most'} {abs(bar)}"
        say(f"{'holds ' if holds else 'MISSED'} {name}: {value} ({wanted})")


def say(line: str) -> None:
    """Tell whoever waits."""
    print(line, file=sys.stderr, flush=True)
