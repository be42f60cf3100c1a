"""Pull the plug of any process at any named place: nothing is lost, nothing is repeated, nothing forks."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chaos.conftest import ROOT, Site, answers, free_port

SETTLING = [
    "seal.lock",
    "seal.settle",
    "seal.batch",
    "seal.move",
    "seal.beforecommit",
    "seal.aftercommit",
    "publish.lock",
    "publish.midwrite",
    "publish.tile",
    "publish.beforesign",
    "publish.signed",
    "publish.committed",
    "cosign.kept",
    "serve.beforewrite",
]
TOPPING_UP = ["post.beforecommit", "post.aftercommit"]
# Cut off one by one where they belong: tests/ledger/test_funds.py, test_payouts.py, test_reconcile.py.
ELSEWHERE = ["sweep.piece", "export.beforecommit", "release.beforecommit", "import.beforecommit"]
KILLED = -signal.SIGKILL

pytestmark = pytest.mark.slow


def test_every_named_place_is_tried_and_documented() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "ledger").glob("*.py"))
    named = set(re.findall(r'crash\.here\("([a-z.]+)"\)', sources))
    assert named == {*SETTLING, *TOPPING_UP, *ELSEWHERE}
    spec = "".join((ROOT / "docs/spec" / name).read_text() for name in ("06-books.md", "10-bank.md"))
    assert [place for place in named if f"`{place}`" not in spec] == []


def test_settlement_goes_on_after_a_crash_anywhere(site: Site) -> None:
    paid: set[str] = set()
    for place in SETTLING:
        paid |= site.pay(7)
        assert site.settle(crash=place) == KILLED, place
        site.check()
        assert site.settle() == 0, place
        found = site.check()
        assert set(found["payments"]) == paid
        assert (found["waiting"], set(found["status"])) == (0, {"witnessed"}), place
    audited = site.audit()
    assert audited.returncode == 0, audited.stdout


def test_two_crashes_in_a_row_are_no_worse_than_one(site: Site) -> None:
    paid = site.pay(5)
    for place in ("seal.beforecommit", "seal.aftercommit", "publish.signed", "publish.committed"):
        assert site.settle(crash=place) == KILLED, place
        paid |= site.pay(2)
    assert site.settle() == 0
    assert set(site.check()["payments"]) == paid
    assert site.audit().returncode == 0


@pytest.mark.parametrize("place", TOPPING_UP)
def test_a_top_up_that_was_cut_off_is_finished_by_asking_again(site: Site, place: str) -> None:
    assert site.town("grant", crash=place).returncode == KILLED
    for _ in range(2):
        done = site.town("grant")
        assert done.returncode == 0, done.stderr
    found = site.check()
    assert (found["topped_up"], set(found["distribution"].values())) == (2_500, {0})


def test_a_web_process_that_dies_has_kept_every_payment_it_answered(site: Site) -> None:
    output = site.folder / "acknowledged"
    for _ in range(3):
        with output.open("ab") as file:
            web = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.town", "pay", "100000"],
                cwd=ROOT,
                env=site.environment,
                stdout=file,
                start_new_session=True,
            )
        site.processes.append(web)
        before = output.stat().st_size
        site.wait_until(lambda before=before: output.stat().st_size > before + 2_000, "payments")
        site.settle()
        site.kill(web)
    answered = {line for line in output.read_text().split("\n")[:-1] if len(line) == 36}
    assert site.settle() == 0
    found = site.check()
    assert answered <= set(found["payments"])
    assert len(found["payments"]) <= len(answered) + 3  # one commit a crash may have lost its answer
    assert site.audit().returncode == 0


def test_a_witness_that_dies_is_asked_again(site: Site) -> None:
    for witness in site.processes[:2]:
        site.kill(witness)
    paid = site.pay(5)
    assert site.settle() == 0
    assert set(site.check()["status"]) == {"logged"}
    site.start("-m", "ledger.witness", "serve", str(site.folder / "one.toml"))
    port = int(site.environment["WITNESSES"].split(",")[0].rpartition(":")[2])
    site.wait_until(lambda: answers(port), "witness one")
    assert site.settle() == 0
    assert set(site.check()["status"]) == {"witnessed"}
    assert set(site.check()["payments"]) == paid
    assert site.audit().returncode == 0


BROKERS = [
    pytest.param("filesystem", marks=pytest.mark.sqlite),
    pytest.param("redis", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Iterator[str]:
    """Celery's broker, each with the engine that it is run with: a folder, or a Redis of the test's own."""
    if request.param == "redis":
        server = shutil.which("redis-server")
        if server is None:
            pytest.skip("needs redis-server")
        port = free_port()
        command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        site.environment["BROKER_URL"] = f"redis://127.0.0.1:{port}/0"
        site.wait_until(lambda: answers(port), "Redis")
        yield "redis"
        redis.kill()
        redis.wait()
        return
    yield "filesystem"


def test_worker_and_beat_may_die_at_any_time(site: Site, broker: str) -> None:
    celery = ["-m", "celery", "-A", "config"]
    beat = site.start(*celery, "beat", "--loglevel", "WARNING")
    work = [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "1"]
    paid: set[str] = set()
    for place in ("seal.move", "publish.signed", "cosign.kept"):
        paid |= site.pay(5)
        before = _deaths(site)
        worker = site.start(*work, crash=place)
        site.wait_until(lambda before=before: _deaths(site) > before, place)
        site.kill(worker)
        site.kill(beat)
        site.check()
        beat = site.start(*celery, "beat", "--loglevel", "WARNING")
        worker = site.start(*work)
        site.wait_until(site.all_witnessed, f"recovery from {place}")
        site.kill(worker)
    assert set(site.check()["payments"]) == paid
    assert site.audit().returncode == 0


@pytest.mark.postgres
def test_a_worker_keeps_its_connection_and_opens_another_when_it_broke(site: Site) -> None:
    site.environment["PGAPPNAME"] = "worker"
    site.start("-m", "celery", "-A", "config", "worker", "--loglevel", "WARNING", "--concurrency", "1")
    del site.environment["PGAPPNAME"]
    paid = _pay_and_ring(site)
    first = _of_worker(site, "pid")
    assert len(first) == 1
    paid |= _pay_and_ring(site)
    assert _of_worker(site, "pid") == first
    _of_worker(site, "pg_terminate_backend(pid)")
    paid |= _pay_and_ring(site)
    second = _of_worker(site, "pid")
    assert len(second) == 1
    assert second != first
    assert set(site.check()["payments"]) == paid


def _pay_and_ring(site: Site) -> set[str]:
    """Ring as beat does, until all is witnessed: a bell may be lost, the next one is heard."""
    paid = site.pay(3)

    def rung() -> bool:
        site.run("-m", "celery", "-A", "config", "call", "ledger.seal")
        site.run("-m", "celery", "-A", "config", "call", "ledger.sign")
        return site.all_witnessed()

    site.wait_until(rung, "the worker")
    return paid


def _of_worker(site: Site, what: str) -> list[tuple[object]]:
    with psycopg.connect(site.environment["DATABASE_URL"]) as database:
        asked = f"SELECT {what} FROM pg_stat_activity WHERE application_name = 'worker'"
        return database.execute(asked).fetchall()


def _deaths(site: Site) -> int:
    """How often Celery said that it lost a child to a crash."""
    return (site.folder / "processes.log").read_text().count("signal 9 (SIGKILL)")
