"""Processes are killed with signal 9 while shops are selling. Nothing is lost, and nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from http.client import HTTPException

import pytest

from tests.actors import Answer, HeldPass, Phone, Till
from tests.journeys.conftest import CLOTHES
from tests.journeys.test_top_up_to_audit import LOGGED_WITHIN, proof_of
from tests.running import Running, wait_until

pytestmark = pytest.mark.xdist_group("town")

SALES = 20
CENTS = 35
PAUSE = 0.05  # seconds between sales, so that the kill falls among them
RETRY_SECONDS = 45


def insist(till: Till, token: str) -> Answer:
    """Send a sale until there is an answer, as a till does."""

    def sent() -> Answer | None:
        try:
            answer = till.send(token)
        except (OSError, HTTPException):
            return None
        return answer if answer.status < 500 else None

    return wait_until(sent, RETRY_SECONDS)


def online_passes(phone: Phone) -> list[HeldPass]:
    """Passes without an offline limit: no payment with another one makes the server take them back."""
    while len(found := [held for held in phone.passes if held.claims["ofl"] == 0]) < SALES:
        assert phone.refill(CLOTHES, 8).status == 201
    return found[:SALES]


def strangers(town: Running) -> set[str]:
    """Web processes on the town's port that belong to no process that its supervisor knows of."""

    def listed(*options: str) -> set[str]:
        found = subprocess.run(["pgrep", *options], capture_output=True, text=True, check=False)
        return set(found.stdout.split())

    web = str(town.children()["granian"])
    return listed("-f", f"granian .*--port {town.port} ") - listed("-P", web) - {web}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["granian", "worker", "beat", "province"])
def test_what_was_answered_stays_and_a_retry_pays_once(
    town: Running,
    name: str,
    new_phone: Callable[[], Phone],
    till: Till,
    audit: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    phone = new_phone()
    before = phone.voucher(CLOTHES)["balance"]
    passes = online_passes(phone)
    killed = threading.Timer(SALES * PAUSE / 2, os.kill, (town.children()[name], signal.SIGKILL))
    killed.start()
    answers = []
    for held in passes:
        token = till.sale(till.scan(held.symbol(time.time(), CENTS)), CENTS, CLOTHES)
        answers.append((token, insist(till, token)))
        time.sleep(PAUSE)
    killed.join()

    assert {answer.status for _, answer in answers} <= {200, 201}
    again = [insist(till, token) for token, _ in answers]
    assert [answer.body for answer in again] == [answer.body for _, answer in answers]
    phone.refresh()
    assert phone.voucher(CLOTHES)["balance"] == before - SALES * CENTS
    for _, answer in answers[:: SALES // 3]:
        assert wait_until(lambda answer=answer: proof_of(phone, answer.body["id"]), LOGGED_WITHIN)  # type: ignore[misc]
    wait_until(lambda: audit().returncode == 0, LOGGED_WITHIN)
    assert wait_until(lambda: town.children().get(name), 10)
    assert wait_until(lambda: not strangers(town), 10)
