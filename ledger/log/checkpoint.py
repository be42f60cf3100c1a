"""Checkpoints: three lines that stand for the whole log (C2SP tlog-checkpoint).

1. Line 1 is the origin, line 2 the size in decimal, line 3 the root in base64.
2. There is nothing else: extension lines are refused, since nobody could audit them.
3. What is parsed and written again is the same text.
"""

import base64
from dataclasses import dataclass

from ledger.log import LogError, merkle, note

MAX_SIZE = (1 << 53) - 1  # a browser must be able to count the leaves


class CheckpointError(LogError):
    """The text is not a checkpoint of exactly three lines."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: `size` leaves (count) under `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(text: str) -> Checkpoint:
    """Read a note's text. Raises CheckpointError."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise CheckpointError("A checkpoint has three lines: origin, size and root.")
    return Checkpoint(lines[0], read_size(lines[1]), _root(lines[2]))


def read_size(text: str) -> int:
    """A decimal count without leading zeroes, at most 2**53 - 1. Raises CheckpointError."""
    if not (text.isascii() and text.isdigit()) or len(text) > 16:
        raise CheckpointError("The size of a log is a decimal number.")
    size = int(text)
    if str(size) != text or size > MAX_SIZE:
        raise CheckpointError("The size of a log has no leading zeroes and fits in 53 bits.")
    return size


def _root(text: str) -> bytes:
    try:
        root = note.decode_base64(text)
    except note.NoteError as error:
        raise CheckpointError("The root of a log is base64.") from error
    if len(root) != merkle.HASH_BYTES:
        raise CheckpointError("The root of a log is 32 bytes.")
    return root
