"""`make bench-scan`: the share of spoiled symbols that the till reads, and how long it takes.

    python -m benchmarks.scan [--frames N] [--seed N] [--keep FOLDER]

zxing-cpp, the same decoder outside a browser, reads the same pictures. A table, then one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.bars import say
from benchmarks.scan.browser import Read, till_scanner
from benchmarks.scan.camera import CONDITIONS, Condition, frame
from benchmarks.scan.symbols import Symbol, symbols
from tests.e2e.browsers import chromium_with

Cell = tuple[str, str]  # kind of symbol, condition
Job = tuple[Symbol, int, int, str]  # the symbol, the place of its condition, its seed, the file to write


def main() -> int:
    """Draw, spoil, read twice, and print both shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10, help="of each kind of symbol in each condition")
    parser.add_argument("--seed", type=int, default=353)
    parser.add_argument("--keep", type=Path, help="a folder to keep the pictures in")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.keep or Path(made)
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        result = measure(folder, symbols(asked.frames, asked.seed), asked.seed)
    print(table(result["cells"]))
    print(json.dumps({"scan": result}))
    return 0 if result["wrong"] == 0 else 1


def measure(folder: Path, held: dict[str, list[Symbol]], seed: int) -> dict[str, Any]:
    """Take the pictures and let both readers look at them."""
    jobs = list(planned(held, seed))
    started = time.monotonic()
    with ProcessPoolExecutor() as pool:
        list(pool.map(take, [(job, folder) for job in jobs], chunksize=8))
    say(f"{len(jobs)} pictures in {time.monotonic() - started:.0f} s")
    with sync_playwright() as driver, chromium_with(driver) as browser, till_scanner(browser, folder) as till:
        till.read(jobs[0][3])  # loads and compiles the decoder
        by_till = {job[3]: till.read(job[3]) for job in jobs}
        engine = till.engine
    by_zxing = {job[3]: outside(folder / "pictures" / job[3]) for job in jobs}
    say(f"read twice in {time.monotonic() - started:.0f} s")
    wrong = sum(read[job[3]].text not in (None, job[0].text) for job in jobs for read in (by_till, by_zxing))
    cells = {
        kind: {
            condition.name: summary(
                [job for job in jobs if at(job) == (kind, condition.name)], by_till, by_zxing
            )
            for condition in CONDITIONS
        }
        for kind in held
    }
    return {"engine": engine, "wrong": wrong, "all": summary(jobs, by_till, by_zxing), "cells": cells}


def planned(held: dict[str, list[Symbol]], seed: int) -> Iterator[Job]:
    """Each symbol in each condition."""
    for kind, place in product(held, range(len(CONDITIONS))):
        for nth, symbol in enumerate(held[kind]):
            number = f"{seed}.{kind}.{CONDITIONS[place].name}.{nth}"
            yield symbol, place, random.Random(number).getrandbits(32), f"{number}.png".replace(" ", "_")


def at(job: Job) -> Cell:
    """Where in the table a picture counts."""
    return job[0].kind, CONDITIONS[job[1]].name


def take(asked: tuple[Job, Path]) -> None:
    """Take one picture."""
    (symbol, place, seed, name), folder = asked
    condition: Condition = CONDITIONS[place]
    frame(symbol, condition, random.Random(seed)).save(folder / "pictures" / name, compress_level=1)


def outside(path: Path) -> Read:
    """Read a picture with zxing-cpp, asked as the till asks its own."""
    image = Image.open(path)
    image.load()
    started = time.perf_counter()
    found = zxingcpp.read_barcodes(image, zxingcpp.BarcodeFormat.QRCode)
    milliseconds = (time.perf_counter() - started) * 1000
    return Read(found[0].text if found else None, milliseconds)


def summary(jobs: Sequence[Job], by_till: dict[str, Read], by_zxing: dict[str, Read]) -> dict[str, Any]:
    """Share and milliseconds of both readers, over these pictures."""
    return {
        name: _figures([(reads[job[3]], job[0].text) for job in jobs])
        for name, reads in (("till", by_till), ("zxing_cpp", by_zxing))
    }


def _figures(read: list[tuple[Read, str]]) -> dict[str, float]:
    took = sorted(found.ms for found, _ in read)
    return {
        "share": round(sum(found.text == text for found, text in read) / len(read), 3),
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[min(len(took) - 1, int(len(took) * 0.95))], 1),
    }


def table(cells: dict[str, dict[str, Any]]) -> str:
    """A row for each condition, a column for each kind: the till's share and zxing-cpp's."""
    lines = ["| | " + " | ".join(cells) + " |", "|---" * (len(cells) + 1) + "|"]
    for condition in CONDITIONS:
        row = [cells[kind][condition.name] for kind in cells]
        told = [f"{one['till']['share']:.0%} ({one['zxing_cpp']['share']:.0%})" for one in row]
        lines.append(f"| {condition.name} | " + " | ".join(told) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
