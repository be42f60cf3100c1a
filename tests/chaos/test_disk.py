"""The disk of the public log is full: nothing is signed, shops go on, and it goes on when there is room."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]  # the engine has no part in it


def _fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


def test_a_full_disk_stops_the_log_and_not_the_shops(site: Site, small_disk: Path) -> None:
    site.environment["LOG_DIR"] = str(small_disk / "log")
    paid = site.pay(5)
    assert site.settle() == 0
    paid |= site.pay(5)
    filler = _fill(small_disk)
    for _ in range(2):
        assert site.settle() != 0
        found = site.check()  # each checkpoint that was signed has its files
        assert found["status"] == {"witnessed": 1, "sealed": 1}
    paid |= site.pay(5)
    filler.unlink()
    assert site.settle() == 0
    found = site.check()
    assert (set(found["payments"]), set(found["status"])) == (paid, {"witnessed"})
    assert site.audit().returncode == 0
