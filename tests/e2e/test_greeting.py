"""What a new phone reads before the app runs: the first screen, with everything in its place."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsers import PHONE, Devices
from tests.e2e.words import Words

# Each text of the first screen and where it stands; the municipality's name comes with the app.
PLACES = """() => [...document.querySelectorAll('h1, .step h2, .step p, .blob')].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect()
  return [one.textContent, ...[x, y, width, height].map(Math.round)]
})"""


def opened(devices: Devices, browser: Browser, language: str, *, runs: bool) -> Page:
    return devices.open(browser, "/wallet/", language, **PHONE, java_script_enabled=runs)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_greeting_stands_where_the_app_puts_the_same_words(
    chromium: Browser, devices: Devices, language: str
) -> None:
    words = Words("wallet", language)
    greeting = opened(devices, chromium, language, runs=False)
    expect(greeting.get_by_role("heading", name=words("welcome.title"))).to_be_visible()
    app = opened(devices, chromium, language, runs=True)
    expect(app.get_by_role("button", name=words("welcome.start"))).to_be_visible()
    expect(app.locator(".lead")).not_to_have_text(words("welcome.lead.plain"))
    assert greeting.evaluate(PLACES) == app.evaluate(PLACES)
    assert app.locator("h1").count() == 1
