"""Pictures of amounts: plain geometry for an SVG. The table under each is its text; the CSS colours it."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 100  # in the picture's own units
PITCH, BAR = 10, 8
ROOM_FOR = 12  # bars, also when there are fewer: a single one is no wall


@dataclass(frozen=True)
class Rect:
    """A bar or a part of one; `style` is the class that colours it."""

    x: int
    y: int
    width: int
    height: int
    style: str = ""


@dataclass(frozen=True)
class Chart:
    """Rectangles, and the room that they stand in."""

    width: int
    height: int
    rects: tuple[Rect, ...]


def columns(amounts: Sequence[int]) -> Chart:
    """One column an amount, the first on the left."""
    room, most = max(ROOM_FOR, len(amounts)), max([*amounts, 1])
    tops = [HEIGHT * max(amount, 0) // most for amount in amounts]
    rects = (Rect(nth * PITCH, HEIGHT - top, BAR, top) for nth, top in enumerate(tops))
    return Chart(room * PITCH, HEIGHT, tuple(rects))


def parts(amounts: Sequence[int]) -> Chart:
    """One bar, cut in as many parts as there are amounts; what is below zero has no part."""
    whole = sum(max(amount, 0) for amount in amounts) or 1
    ends, at = [], 0
    for amount in amounts:
        at += max(amount, 0)
        ends.append(WIDTH * at // whole)
    starts = [0, *ends[:-1]]
    pieces = enumerate(zip(starts, ends, strict=True), 1)
    return Chart(WIDTH, 1, tuple(Rect(a, 0, b - a, 1, f"part-{nth}") for nth, (a, b) in pieces))
