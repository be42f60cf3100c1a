"""The command that somebody types, and the process that Prometheus asks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ledger.monitor.__main__ import main
from tests.monitor.conftest import Place, batch, cover, opened, payout

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fresh(place: Place) -> Place:
    """A log of today."""
    place.now[0] = int(time.time())
    day = time.strftime("%Y-%m-%d", time.gmtime())
    place.publish(opened(), batch(1, day), payout(1), cover(day))
    return place


def once(place: Place, *more: str) -> int:
    return main([str(place.folder), "--policy", str(place.policy), "--once", *more])


def test_all_is_well(fresh: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    numbers = tmp_path / "meedoen.prom"
    assert once(fresh, "--store", str(tmp_path / "store"), "--textfile", str(numbers)) == 0
    assert capsys.readouterr().out == ""
    assert "meedoen_monitor_up 1\n" in numbers.read_text()
    assert len(list((tmp_path / "store").rglob("*.note"))) == 1


def test_something_is_the_matter(fresh: Place, capsys: pytest.CaptureFixture[str]) -> None:
    fresh.publish(cover(time.strftime("%Y-%m-%d", time.gmtime()), bank=1))
    assert once(fresh) == 1
    assert "gap       On " in capsys.readouterr().out


def test_a_log_that_cannot_be_looked_at(
    fresh: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    numbers = tmp_path / "meedoen.prom"
    (fresh.folder / "checkpoint").unlink()
    assert once(fresh, "--textfile", str(numbers)) == 2
    assert "could not be looked at" in capsys.readouterr().err
    assert "meedoen_monitor_up 0\n" in numbers.read_text()


def test_a_checkpoint_of_somebody_else(fresh: Place, capsys: pytest.CaptureFixture[str]) -> None:
    file = fresh.folder / "checkpoint"
    file.write_bytes(file.read_bytes().replace(b"log.example", b"log.elsewhere", 1))
    assert once(fresh) == 2
    assert "does not list a log named log.elsewhere" in capsys.readouterr().err


def test_it_runs_without_django_and_answers_prometheus(fresh: Place, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('django', 'celery', 'redis', 'cryptography'): sys.modules[name] = None\n"
        "from ledger.monitor.__main__ import main\n"
        "sys.exit(main())\n"
    )
    arguments = [str(fresh.folder), "--policy", str(fresh.policy), "--listen", "127.0.0.1:0", "--every", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stderr
        address = process.stderr.readline().removeprefix("listening on ").strip()
        with urlopen(f"http://{address}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b"meedoen_monitor_size 4\n" in answer.read()
        with pytest.raises(HTTPError) as caught:
            urlopen(f"http://{address}/")
        caught.value.close()
        (fresh.folder / "checkpoint").unlink()
        with urlopen(f"http://{address}/metrics") as answer:
            assert answer.read().endswith(b"meedoen_monitor_up 0\n")
    finally:
        process.terminate()
        process.communicate(timeout=20)
