"""The squares of a QR code, for letters and for the desk's screens."""

from collections.abc import Iterator
from typing import Any

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET = 4  # modules of white around it


def modules(text: str) -> list[list[bool]]:
    """The rows of modules that say `text`, quiet zone included; True is dark. Error correction M."""
    code: Any = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    return [list(row) for row in code.get_matrix()]


def runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin in a row, and how many there are."""
    start = None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            yield start, x - start
            start = None


def svg_path(text: str) -> tuple[str, int]:
    """The same as the `d` of one SVG path, and how many modules wide it is."""
    rows = modules(text)
    boxes = (f"M{x} {y}h{n}v1h-{n}z" for y, row in enumerate(rows) for x, n in runs(row))
    return "".join(boxes), len(rows)
