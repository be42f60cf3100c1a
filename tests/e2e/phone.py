"""The holder's phone: what a person does with the wallet."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsers import PATIENCE, PHONE, Devices
from tests.e2e.words import Words

LOGGED_WITHIN = 90  # seconds: batches are sealed every two, beat rings every ten, the machine is busy


class Phone:
    """A wallet in a browser."""

    def __init__(self, page: Page, language: str = "nl") -> None:
        self.page = page
        self.words = Words("wallet", language)

    @classmethod
    def open(cls, devices: Devices, browser: Browser, language: str = "nl", path: str = "/wallet/") -> Phone:
        """A new phone, at `path`."""
        device: dict[str, Any] = dict(PHONE)
        return cls(devices.open(browser, path, language, **device), language)

    def button(self, key: str, **values: object) -> Locator:
        """The button that says so."""
        return self.page.get_by_role("button", name=self.words(key, **values), exact=True)

    def activate(self, code: str) -> None:
        """Type the code of the letter."""
        self.button("welcome.start").click()
        self.page.get_by_label(self.words("code.label"), exact=True).fill(code)
        self.put_pass_here()

    def put_pass_here(self) -> None:
        """Send the code that is filled in."""
        self.button("code.send").click()
        expect(self.page.get_by_text(self.words("pass.number"))).to_be_visible()

    def pot(self, programme: str) -> Locator:
        """The holder's own card of a programme on the home screen: a child's comes after it."""
        return self.page.get_by_role("article").filter(has_text=programme).first

    def show(self, programme: str) -> bytes:
        """Open the pay screen of a programme; answers a picture of its code."""
        show = f"{self.words('pot.show')} {self.words('pot.of', programme=programme)}"
        self.page.get_by_role("button", name=show, exact=True).click()
        return self.picture()

    def code(self) -> Locator:
        """The payment code on the screen."""
        code = self.page.get_by_role("img", name=self.words("pay.code.label"))
        expect(code).to_be_visible()
        return code

    def picture(self) -> bytes:
        """A picture of the payment code on the screen."""
        return readable(lambda: self.code().screenshot())

    def type_question(self, text: str) -> None:
        """Type the shop's question in place of a scan."""
        self.page.get_by_label(self.words("ask.type.label"), exact=True).fill(text)
        self.button("ask.type.use").click()

    def sees_paid(self) -> None:
        """Wait until the phone says by itself that it paid."""
        expect(self.page.get_by_role("heading", name=self.words("paid.title"))).to_be_visible()

    def check_payment(self) -> None:
        """Open the payment that was just made, and ask until the phone has proved that it is public."""
        self.button("paid.proof").click()
        proved = self.page.get_by_text(self.words("check.proved"))
        ask = self.page.get_by_role(
            "button", name=re.compile(f"{self.words('check.start')}|{self.words('check.again')}")
        )
        for _ in range(LOGGED_WITHIN // 2):
            ask.click()
            expect(self.button("check.again")).to_be_visible()
            if proved.is_visible():
                return
            self.page.wait_for_timeout(2_000)
        expect(proved).to_be_visible()


def readable(take: Callable[[], bytes]) -> bytes:
    """A picture with a code that reads: the first ones may show the screen while it is being drawn."""
    until = time.monotonic() + PATIENCE / 1000
    while not qr_codes(png := take()):
        assert time.monotonic() < until, "the code on the screen cannot be read"
        time.sleep(0.1)
    return png


def qr_codes(png: bytes) -> list[zxingcpp.Barcode]:
    """The QR codes of a picture. In so many modules a reader of stripes may see a bar code as well."""
    only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return list(zxingcpp.read_barcodes(Image.open(io.BytesIO(png)), only))


def read(png: bytes) -> str:
    """Read the one QR code of a picture, with another program than our own."""
    found = qr_codes(png)
    assert len(found) == 1
    return str(found[0].text)
