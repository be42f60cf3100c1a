"""How long a step takes, by the clock and by the processors."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks import cpu
from benchmarks.bars import say

T = TypeVar("T")


@dataclass(frozen=True)
class Timed(Generic[T]):
    """What a step gave, its seconds, and the CPU seconds of this process and the children that ended."""

    done: T
    seconds: float
    cpu: float


def timed(what: str, work: Callable[[], T], database: int | None = None) -> Timed[T]:
    """Do it and say what it took; with the `database`'s first process, also what that one's family used.

    A busy machine stretches the seconds of the clock, and not those of the processors.
    """
    start, here, there = time.perf_counter(), _here(), _there(database)
    done = work()
    found = Timed(done, time.perf_counter() - start, _here() - here)
    more = f" and {_there(database) - there:.2f} s in the database" if database else ""
    say(f"{what}: {found.seconds:.2f} s; CPU {found.cpu:.2f} s here{more}")
    return found


def _here() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _there(database: int | None) -> float:
    return cpu.tree_seconds(database) if database else 0.0
