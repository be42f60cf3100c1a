"""What a camera sees: a symbol on a screen or card, held up in front of a counter, and what goes wrong.

A frame has 1280 × 960 pixels of a lens that sees 60 degrees: at a distance of d mm, a millimetre is
1280 / (2 · d · tan 30°) pixels. All chance comes from the seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from benchmarks.scan.symbols import Symbol

WIDTH, HEIGHT = 1280, 960
SEEN = 2 * math.tan(math.radians(30))
FINER = 2  # drawn so much larger and then reduced, as a lens averages
SQUARE = 11  # screen pixels a module: 720 of them for the 65 modules of an open VP1

Point = tuple[float, float]
Spoil = Callable[[Image.Image, random.Random], Image.Image]


@dataclass(frozen=True)
class Condition:
    """How a symbol is held up (mm, degrees) and what spoils its surface and the picture."""

    name: str
    mm: tuple[float, float] = (180, 220)
    tilt: float = 5
    surface: Sequence[Spoil] = ()
    picture: Sequence[Spoil] = ()


def frame(symbol: Symbol, condition: Condition, chance: random.Random) -> Image.Image:
    """One picture of the camera, in grey."""
    surface = drawn(symbol)
    for spoil in condition.surface:
        surface = spoil(surface, chance)
    corners = _corners(symbol.mm, chance.uniform(*condition.mm), condition.tilt, chance)
    seen = _held_up(surface, corners, _counter(chance))
    for spoil in condition.picture:
        seen = spoil(seen, chance)
    return seen


def drawn(symbol: Symbol) -> Image.Image:
    """The symbol as screen or card shows it: whole pixels a module, quiet zone included."""
    size = len(symbol.squares)
    image = Image.new("L", (size, size), 255)
    image.putdata([0 if dark else 255 for row in symbol.squares for dark in row])
    return image.resize((size * SQUARE, size * SQUARE), Image.Resampling.NEAREST)


# --- how it is held -----------------------------------------------------------------------------------------
def _corners(mm: float, away: float, tilt: float, chance: random.Random) -> list[Point]:
    """Where the corners of a square of `mm` fall in a finer frame, turned about all three axes."""
    turn, lean, roll = (math.radians(chance.uniform(-most, most)) for most in (tilt, tilt, 12))
    at = (chance.uniform(-0.1, 0.1) * away, chance.uniform(-0.08, 0.08) * away)
    found = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        a, b = x * mm / 2, y * mm / 2
        a, b = a * math.cos(roll) - b * math.sin(roll), a * math.sin(roll) + b * math.cos(roll)
        deep = away + a * math.sin(turn) + b * math.sin(lean)
        scale = FINER * WIDTH / (SEEN * deep)
        across, down = a * math.cos(turn) + at[0], b * math.cos(lean) + at[1]
        found.append((FINER * WIDTH / 2 + across * scale, FINER * HEIGHT / 2 + down * scale))
    return found


def _held_up(surface: Image.Image, corners: list[Point], counter: Image.Image) -> Image.Image:
    """The surface with its corners there, before the counter, at the camera's own size."""
    left, top = (math.floor(min(at) / FINER) for at in zip(*corners, strict=True))
    right, bottom = (math.ceil(max(at) / FINER) for at in zip(*corners, strict=True))
    size = surface.width
    flat = [(0.0, 0.0), (float(size), 0.0), (float(size), float(size)), (0.0, float(size))]
    plan = _perspective([(x - left * FINER, y - top * FINER) for x, y in corners], flat)
    how = (Image.Transform.PERSPECTIVE, plan, Image.Resampling.BILINEAR)
    box = ((right - left) * FINER, (bottom - top) * FINER)
    there, mask = (one.transform(box, *how).reduce(FINER) for one in (surface, surface.point(lambda _: 255)))
    counter.paste(there, (left, top), mask)
    return counter


def _perspective(seen: list[Point], flat: list[Point]) -> list[float]:
    """The eight numbers that Pillow wants: from a place in the picture back to the flat surface."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    return _solved(rows)


def _solved(rows: list[list[float]]) -> list[float]:
    """Gauss and Jordan on eight equations."""
    for at in range(len(rows)):
        best = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(len(rows)):
            if other != at:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[-1] for row in rows]


def _counter(chance: random.Random) -> Image.Image:
    """Something grey with edges behind it."""
    image = Image.new("L", (WIDTH, HEIGHT), chance.randrange(60, 190))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = chance.randrange(WIDTH), chance.randrange(HEIGHT)
        pen.rectangle(
            (x, y, x + chance.randrange(40, 400), y + chance.randrange(40, 300)), chance.randrange(256)
        )
    return image


# --- what spoils it -----------------------------------------------------------------------------------------
def blur(least: float, most: float, image: Image.Image, chance: random.Random) -> Image.Image:
    """Out of focus, in pixels."""
    return image.filter(ImageFilter.GaussianBlur(chance.uniform(least, most)))


def motion(least: int, most: int, image: Image.Image, chance: random.Random) -> Image.Image:
    """Moved while the shutter was open, by so many pixels."""
    steps = chance.randint(least, most)
    angle = chance.uniform(0, math.pi)
    seen = image
    for step in range(1, steps):
        moved = ImageChops.offset(image, round(step * math.cos(angle)), round(step * math.sin(angle)))
        seen = Image.blend(seen, moved, 1 / (step + 1))
    return seen


def glare(strength: float, image: Image.Image, chance: random.Random) -> Image.Image:
    """A lamp in the glass: a bright spot with soft edges."""
    light = Image.new("L", image.size, 0)
    wide, high = image.width * chance.uniform(0.2, 0.45), image.height * chance.uniform(0.1, 0.3)
    x, y = chance.uniform(0, image.width), chance.uniform(0, image.height)
    ImageDraw.Draw(light).ellipse((x - wide, y - high, x + wide, y + high), round(255 * strength))
    return ImageChops.screen(image, light.filter(ImageFilter.GaussianBlur(image.width / 16)))


def cracks(count: int, image: Image.Image, chance: random.Random) -> Image.Image:
    """Broken glass: lines from one place, light or dark, that bend."""
    seen = image.copy()
    pen = ImageDraw.Draw(seen)
    start = (chance.uniform(0, image.width), chance.uniform(0, image.height))
    for _ in range(count):
        path, angle = [start], chance.uniform(0, 2 * math.pi)
        for _ in range(7):
            angle += chance.uniform(-0.4, 0.4)
            step = image.width / 7
            path.append((path[-1][0] + step * math.cos(angle), path[-1][1] + step * math.sin(angle)))
        pen.line(
            path, chance.choice((0, 70, 200, 255)), chance.randint(image.width // 300, image.width // 120)
        )
    return seen


def faint(image: Image.Image, chance: random.Random) -> Image.Image:
    """Little light on the screen or in the room: a fifth to two fifths of the contrast."""
    black = chance.randrange(40, 110)
    span = chance.randrange(50, 100)
    return image.point([round(black + value * span / 255) for value in range(256)])


def noise(least: float, most: float, image: Image.Image, chance: random.Random) -> Image.Image:
    """Grain of a small lens in a dark shop."""
    grain = Image.effect_noise(image.size, chance.uniform(least, most))
    return ImageChops.add(image, grain, 1, -128)


CONDITIONS = [
    Condition("held well, 20 cm"),
    Condition("40 cm", (390, 410), 10),
    Condition("60 cm", (590, 610), 10),
    Condition("80 cm", (790, 810), 10),
    Condition("tilted 25 to 45°", tilt=45),
    Condition("out of focus", picture=[partial(blur, 1.5, 3.0)]),
    Condition("moving", picture=[partial(motion, 6, 14)]),
    Condition("lamp in the glass", surface=[partial(glare, 0.9)]),
    Condition("cracked glass", surface=[partial(cracks, 7)]),
    Condition("faint and grainy", picture=[faint, partial(noise, 12, 30)]),
    Condition(
        "all of it, 30 cm",
        (280, 320),
        20,
        [partial(cracks, 3), partial(glare, 0.6)],
        [partial(blur, 0.6, 1.2), partial(noise, 4, 10), partial(motion, 2, 4)],
    ),
]
