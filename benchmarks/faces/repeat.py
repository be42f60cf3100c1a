"""A later visit of the wallet without a connection: its home screen, and the code.

The service worker is stopped before each visit, as it is on a phone that was put away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.browsers import PATIENCE, PHONE
from tests.e2e.phone import Phone

QUIET_MS = 1_500  # without a new largest paint
PAINTS = """new PerformanceObserver((list) => {
  self.largest = list.getEntries().at(-1).startTime
  self.heard = performance.now()
}).observe({ type: 'largest-contentful-paint', buffered: true })"""
# A finger as fast as the screen: presses as soon as there is a button, and looks each frame for the code.
PRESS = """{
  let pressed = false
  const look = () => {
    const buttons = [...document.querySelectorAll('article button')]
    const show = buttons.find((one) => one.textContent.includes(SHOW))
    if (show && !pressed) {
      pressed = true
      show.click()
    }
    if (!document.querySelector(CODE)) requestAnimationFrame(look)
    else requestAnimationFrame(() => setTimeout(() => { self.shown = performance.now() }))
  }
  requestAnimationFrame(look)
}"""


class Wallet:
    """A phone with a pass and without a connection."""

    def __init__(self, context: BrowserContext, phone: Phone) -> None:
        self._context, self._words = context, phone.words

    def largest_paint(self, slowdown: float = 1) -> float:
        """Seconds until the largest thing on the home screen was there; `slowdown`: of the CPU."""
        with self._visit(PAINTS, slowdown) as page:
            page.wait_for_function(f"() => self.heard && performance.now() - self.heard > {QUIET_MS}")
            return float(page.evaluate("() => self.largest")) / 1000

    def code_shown(self, slowdown: float) -> float:
        """Seconds until the payment code was on the screen, the press on its button included."""
        label = json.dumps(f'svg[aria-label="{self._words("pay.code.label")}"]')
        press = PRESS.replace("SHOW", json.dumps(self._words("pot.show"))).replace("CODE", label)
        with self._visit(press, slowdown) as page:
            page.wait_for_function("() => self.shown")
            return float(page.evaluate("() => self.shown")) / 1000

    @contextmanager
    def _visit(self, script: str, slowdown: float) -> Iterator[Page]:
        page = self._context.new_page()
        page.add_init_script(script)
        tools = self._context.new_cdp_session(page)
        tools.send("ServiceWorker.enable")
        tools.send("ServiceWorker.stopAllWorkers")
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        page.goto("/wallet/")
        yield page
        page.close()


@contextmanager
def offline_wallet(browser: Browser, url: str, code: str) -> Iterator[Wallet]:
    """A phone that took its pass with the code of the letter, and then lost its connection."""
    settings: dict[str, Any] = {**PHONE, "ignore_https_errors": True, "locale": "nl-NL", "base_url": url}
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto("/wallet/")
    phone = Phone(page)
    phone.activate(code)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.get_by_role("button", name=phone.words("pot.show")).click()
    phone.code()  # so it has passes
    context.set_offline(True)
    page.close()
    try:
        yield Wallet(context, phone)
    finally:
        context.close()
