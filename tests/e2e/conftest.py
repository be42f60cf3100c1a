"""Real browsers on the running demo municipality. A machine without them skips, and says what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.actors import HeldPass, HttpWire, Phone
from tests.e2e.browsers import PATIENCE, Devices, Watch, chromium_with, stock_firefox
from tests.e2e.desk import Desk
from tests.e2e.looking import Screens
from tests.running import Running

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a run of everything these tests share one town with the journeys; alone, each worker has its own."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("town"))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver. It runs an event loop, which Django must not take for an asynchronous view."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, as the distribution ships it."""
    with chromium_with(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """Firefox, as the distribution ships it."""
    with stock_firefox(playwright) as browser:
        yield browser


@pytest.fixture
def devices(town: Running) -> Iterator[Devices]:
    """Devices of this test. None of their pages may complain: no script error, no violation of the policy."""
    watch = Watch()
    found = Devices(town.url, watch)
    yield found
    found.close()
    assert not watch.complaints, "\n".join(watch.complaints)


@pytest.fixture
def screens() -> Iterator[Screens]:
    """Looks at screens; at the end none of them may lack anything."""
    found = Screens()
    yield found
    assert not found.lacks, "\n".join(found.lacks)


@pytest.fixture(scope="session")
def phone_codes(town: Running) -> Iterator[str]:
    """Activation codes that no phone used yet; each of them comes once."""
    return iter(town.card["activation_codes"])


@pytest.fixture(scope="session")
def office(town: Running, chromium: Browser) -> Iterator[Desk]:
    """A desk where a caseworker makes codes for tills."""
    watch = Watch()
    devices = Devices(town.url, watch)
    desk = Desk.open(devices, chromium)
    desk.log_in("demo-desk", town.card["staff"]["demo-desk"])
    yield desk
    devices.close()
    assert not watch.complaints, "\n".join(watch.complaints)


@pytest.fixture
def passes(town: Running, phone_codes: Iterator[str]) -> Iterator[HeldPass]:
    """Passes of a software phone for clothes, each of them once."""
    phone = Phone(HttpWire(town.url))
    assert phone.activate(next(phone_codes)).status == 201
    prg = next(each["prg"] for each in phone.state["vouchers"] if each["programme"] == "Kleding")
    assert phone.refill(prg).status == 201
    return iter(phone.passes)
