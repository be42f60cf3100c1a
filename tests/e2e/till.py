"""The shop's till: what a cashier does with it."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.e2e.browsers import PATIENCE, TABLET, Devices
from tests.e2e.words import Words
from tests.running import wait_until
from wallet.protocol.signing import peek

LISTS_KEPT = """async () => {
  const opened = indexedDB.open('meedoen-till')
  await new Promise((done) => { opened.onsuccess = done })
  const counted = opened.result.transaction('lists').objectStore('lists').count()
  await new Promise((done) => { counted.onsuccess = done })
  opened.result.close()
  return counted.result
}"""
LIVING_LISTS = 5  # of three weeks, and of the signed cards of two years


class Till:
    """A till in a browser."""

    def __init__(self, page: Page, language: str = "nl") -> None:
        self.page = page
        self.words = Words("till", language)

    @classmethod
    def open(cls, devices: Devices, browser: Browser, language: str = "nl", **more: Any) -> Till:
        """A new tablet, at the till's page."""
        return cls(devices.open(browser, "/till/", language, **TABLET, **more), language)

    def button(self, key: str, **values: object) -> Locator:
        """The button that says so."""
        return self.page.get_by_role("button", name=self.words(key, **values), exact=True)

    def enrol(self, code: str) -> None:
        """Connect with the code from the desk."""
        self.page.get_by_label(self.words("enrol.label"), exact=True).fill(code)
        self.button("enrol.button").click()
        expect(self.button("amount.scan")).to_be_visible()

    def key_in(self, cents: int) -> None:
        """Press an amount on the keypad."""
        keypad = self.page.get_by_role("region", name=self.words("amount.keypad"))
        for digit in str(cents):
            keypad.get_by_role("button", name=digit, exact=True).click()

    def scan(self) -> None:
        """Start the camera."""
        self.button("amount.scan").click()

    def type_code(self, text: str) -> None:
        """Type the customer's code in place of a scan."""
        self.scan()
        self.button("scan.type").click()
        self.page.get_by_label(self.words("scan.type.label"), exact=True).fill(text)
        self.button("scan.type.use").click()

    def wedge(self, text: str) -> None:
        """Scan with a scanner on USB, which types as fast as it can."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def sees_paid(self, amount: str) -> None:
        """Wait for the dark green screen with this amount."""
        expect(self.page.locator(".result-paid")).to_contain_text(amount)

    def knows_enough(self) -> None:
        """Wait until this tablet keeps all that it needs without a connection."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        wait_until(lambda: self.page.evaluate(LISTS_KEPT) == LIVING_LISTS, PATIENCE / 1000)

    def go_offline(self) -> None:
        """Switch the network off, and wait until the till noticed."""
        self.page.context.set_offline(True)
        expect(self.page.locator(".connection-off")).to_be_visible()

    def sees_kept(self, amount: str) -> None:
        """Wait for the white screen with the dashed frame: paid, not sent yet."""
        expect(self.page.locator(".result-kept")).to_contain_text(amount)

    def waiting(self) -> Locator:
        """What the bar says of the payments that wait to be sent."""
        return self.page.locator(".queue-chip")

    def sees_check(self, key: str) -> None:
        """Wait for the amber screen with this sentence."""
        expect(self.page.locator(".result-check")).to_contain_text(self.words(key))

    def type_pin(self, pin: str) -> None:
        """What the customer does with a card: type the PIN, and give it."""
        expect(self.button("pin.give")).to_be_visible()  # the keypad of the amount looks the same
        keypad = self.page.get_by_role("region", name=self.words("amount.keypad"))
        for digit in pin:
            keypad.get_by_role("button", name=digit, exact=True).click()
        with self.page.expect_response("**/api/v1/redemptions"):
            self.button("pin.give").click()

    def next_customer(self) -> None:
        """Back to the keypad, whether or not the till went there already."""
        self.button("paid.next").or_(self.button("amount.scan")).click()

    def open_last_payment(self) -> None:
        """The newest payment of today's list."""
        self.button("bar.today").click()
        self.page.get_by_role("listitem").get_by_role("button").first.click()

    def say_yes(self, key: str) -> None:
        """Confirm with the button that names the amount."""
        self.page.get_by_role("button", name=re.compile(self.words(key, amount=".+"))).click()


CASE = {"id": "jti", "txn": "txn", "seq": "seq", "amount": "amt", "cur": "cur", "prg": "prg", "at": "iat"}


def _body(route: Route) -> dict[str, Any]:
    return dict(route.request.post_data_json or {})


class Records:
    """What a server would say of records that come later; it keeps what it was sent.

    `code`: it refuses (or holds) what was sold offline, and a case is open.
    """

    def __init__(self, till: Till, outcome: str = "accepted", code: str | None = None) -> None:
        self.records: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self._outcome, self._code = outcome, code
        till.page.context.route("**/api/v1/tills/records", self._take)
        till.page.context.route("**/api/v1/tills/cases", self._tell)

    def _take(self, route: Route) -> None:
        claims = [peek(token)[1] for token in _body(route)["records"]]
        results = [{"seq": sale["seq"], **self._said(sale)} for sale in claims]
        self.records += claims
        last = claims[-1]
        route.fulfill(json={"results": results, "acked_seq": last["seq"], "server_time": last["iat"]})

    def _said(self, sale: dict[str, Any]) -> dict[str, Any]:
        if sale["mode"] != "off":
            return {"outcome": "noted"}
        if self._code is None:
            return {"outcome": self._outcome, "id": sale["jti"], "approved": sale["amt"]}
        told = {name: sale[claim] for name, claim in CASE.items()}
        self.cases.append({**told, "code": self._code, "state": "open"})
        return {"outcome": self._outcome, "code": self._code}

    def _tell(self, route: Route) -> None:
        route.fulfill(json={"cases": self.cases, "server_time": int(time.time())})


class Refusals:
    """A server that refuses sales, each time with the next of these codes and facts; it keeps what came."""

    def __init__(self, till: Till, *answers: tuple[str, dict[str, int]]) -> None:
        self.records: list[str] = []
        self.pins: list[str | None] = []
        self._answers = iter(answers)
        till.page.context.route("**/api/v1/redemptions", self._refuse)

    def _refuse(self, route: Route) -> None:
        body = _body(route)
        self.records.append(body["record"])
        self.pins.append(body.get("pin"))
        code, facts = next(self._answers)
        route.fulfill(status=403, json={"code": code, "status": 403, "retry": False, "facts": facts})
