"""A market: a site over HTTP in which software phones pay at software tills, whatever dies meanwhile.

`python -m tests.chaos.market build` makes its town in the database and prints the codes, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from tests.actors import Answer, HttpWire, Phone, Till

CLOTHES = 12  # the programme of tests.worlds that is spent from
CENTS = 1  # so that ten minutes of sales fit on a voucher
PATIENCE = 90  # seconds until a till must have had an answer


def insist(ask: Callable[[], Answer]) -> Answer:
    """Ask until there is an answer that is not "later", as phones and tills do."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            answer = ask()
            if answer.status < 500:
                return answer
        except (OSError, HTTPException):
            pass
        time.sleep(0.1)
    raise TimeoutError("the site did not come back")


@dataclass
class Stall:
    """One phone that pays at one till, sale after sale, until it is told to stop."""

    phone: Phone
    till: Till
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)

    def sell(self) -> None:
        """One sale, sent until it is answered. Raises AssertionError when it was not approved."""
        if not self.phone.passes:
            answer = insist(lambda: self._noted(self.phone.refill(CLOTHES, 8)))
            assert answer.status == 201, answer
        held = self.phone.passes.pop()
        token = self.till.sale(self.till.scan(held.symbol(time.time(), CENTS)), CENTS, CLOTHES)
        answer = insist(lambda: self._noted(self.till.send(token)))
        assert answer.status in (200, 201), answer
        self.acknowledged[answer.body["id"]] = answer.body

    def _noted(self, answer: Answer) -> Answer:
        self.seen.append(answer.status)
        return answer


class Market:
    """Stalls that sell side by side, each on a thread of its own."""

    def __init__(self, url: str, codes: dict[str, list[str]]) -> None:
        self.stalls = [
            Stall(*pair)
            for pair in zip(_phones(url, codes["phones"]), _tills(url, codes["tills"]), strict=True)
        ]
        self._stop = threading.Event()
        self._errors: list[BaseException] = []

    def open(self) -> None:
        """Let everybody sell."""
        self._threads = [threading.Thread(target=self._run, args=(stall,)) for stall in self.stalls]
        for thread in self._threads:
            thread.start()

    def _run(self, stall: Stall) -> None:
        try:
            while not self._stop.is_set():
                stall.sell()
        except BaseException as error:
            self._errors.append(error)

    def close(self) -> set[str]:
        """Stop after the sale at hand; the ids of all sales that were answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        return {id_ for stall in self.stalls for id_ in stall.acknowledged}

    def wait_for(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until the stalls got there."""
        until = time.monotonic() + PATIENCE
        while not reached():
            if self._errors:
                raise self._errors[0]
            assert time.monotonic() < until, what
            time.sleep(0.05)

    def wait_for_sales(self, more: int) -> None:
        """Wait until `more` sales were answered."""
        wanted = self.sold + more
        self.wait_for(lambda: self.sold >= wanted, "nobody sells any more")

    @property
    def statuses(self) -> set[int]:
        """Every status that a till or a phone has seen."""
        return {status for stall in self.stalls for status in stall.seen}

    @property
    def sold(self) -> int:
        """How many sales were answered so far."""
        return sum(len(stall.acknowledged) for stall in self.stalls)


def _phones(url: str, codes: list[str]) -> list[Phone]:
    phones = [Phone(HttpWire(url)) for _ in codes]
    for phone, code in zip(phones, codes, strict=True):
        assert phone.activate(code).status == 201
        assert phone.issuer  # asked for now, while everything works
    return phones


def _tills(url: str, codes: list[str]) -> list[Till]:
    tills = [Till(HttpWire(url)) for _ in codes]
    for till, code in zip(tills, codes, strict=True):
        assert till.enrol(code).status == 201
    return tills


def build() -> None:
    """Make the town of tests.worlds, and a code for each of two phones and tills."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.utils import timezone

    from tests import worlds
    from wallet.services import enrol

    town, now = worlds.build(), timezone.now()
    phones = [enrol.make_activation_code(holder, now) for holder in (town.holder, town.neighbour)]
    tills = [enrol.make_till_code(row, now) for row in (town.till_row, town.other_till_row)]
    print(json.dumps({"phones": phones, "tills": tills}))


if __name__ == "__main__":
    {"build": build}[sys.argv[1]]()
