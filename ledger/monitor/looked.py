"""How far a monitor looked at a log, and when, beside the checkpoints it saw (`ledger.audit.seen`).

What witnesses showed does not count: its leaves were not looked at.
"""

from pathlib import Path

from ledger.audit import seen
from ledger.log import durable

Looks = list[tuple[int, int]]
"""Sizes, and since when (epoch seconds) they were looked at."""


def load(folder: Path, origin: str) -> Looks:
    """The looks at a log, oldest first. Raises seen.SeenError."""
    file = _file(folder, origin)
    if not file.exists():
        return []
    try:
        lines = [line.split(" ") for line in file.read_text("ascii").splitlines()]
        return [(int(size), int(at)) for size, at in lines]
    except ValueError as error:
        raise seen.SeenError(
            f"{file} is damaged: remove it, and what it would keep quiet is said again."
        ) from error


def save(folder: Path, origin: str, size: int, now: int) -> None:
    """Remember a look that went further than those before."""
    looks = load(folder, origin)
    if size > max((old for old, _ in looks), default=0):
        text = "".join(f"{old} {at}\n" for old, at in [*looks, (size, now)])
        durable.write(_file(folder, origin), text.encode())


def _file(folder: Path, origin: str) -> Path:
    return seen.home(folder, origin) / "looked"
