"""The till's built reader reads what the faces draw: what `make bench-scan` spoils, before it is spoiled."""

from __future__ import annotations

import random
from pathlib import Path

import zxingcpp
from playwright.sync_api import Browser

from benchmarks.scan.browser import till_scanner
from benchmarks.scan.camera import CONDITIONS, drawn, frame
from benchmarks.scan.symbols import symbols


def test_each_symbol_is_read_by_the_till_and_by_others(chromium: Browser, tmp_path: Path) -> None:
    held = {kind: found[0] for kind, found in symbols(1, seed=1).items()}
    with till_scanner(chromium, tmp_path) as till:
        for kind, symbol in held.items():
            [read] = zxingcpp.read_barcodes(drawn(symbol), zxingcpp.BarcodeFormat.QRCode)
            assert read.text == symbol.text, kind
            frame(symbol, CONDITIONS[0], random.Random(1)).save(tmp_path / "pictures/one.png")
            assert till.read("one.png").text == symbol.text, kind
        drawn(held["VPQ1 question"]).point(lambda _: 255).save(tmp_path / "pictures/one.png")
        assert till.read("one.png").text is None
