"""CPU time of a process and all of its descendants, from /proc; and the measure that it is told in."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> tuple[int, float] | None:
    """Parent and CPU seconds of one process (its reaped children included), None when it is gone."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:15]) / _TICKS


def tree_seconds(root: int) -> float:
    """CPU seconds that process `root` and those under it have used so far."""
    found = {int(path.name): stat for path in Path("/proc").glob("[0-9]*") if (stat := _stat(path))}
    family = {root}
    while new := {number for number, (parent, _) in found.items() if parent in family} - family:
        family |= new
    return sum(found[number][1] for number in family if number in found)


def bare(count: int) -> float:
    """CPU seconds for `count` P-256 verifications by `cryptography` alone."""
    key, message, scheme = ec.generate_private_key(ec.SECP256R1()), b"x" * 400, ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(message, scheme), key.public_key()
    started = time.process_time()
    for _ in range(count):
        public.verify(signature, message, scheme)
    return time.process_time() - started
