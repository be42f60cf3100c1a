"""The shop's till: what a cashier does with it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsers import TABLET, Devices
from tests.e2e.words import Words


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

    def sees_check(self, key: str) -> None:
        """Wait for the amber screen with this sentence."""
        expect(self.page.locator(".result-check")).to_contain_text(self.words(key))

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
