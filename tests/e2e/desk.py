"""The municipality's desk: what a caseworker does with it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsers import DESKTOP, Devices, program
from tests.e2e.phone import read
from tests.e2e.words import desk_words

CLOTHES_SHOP = 1002  # the demo has shops for clothes from 1001, and for days out from 1012
SWIMMING_POOL = 1013


class Desk:
    """The desk in a browser."""

    def __init__(self, page: Page, language: str = "nl") -> None:
        self.page = page
        self.text = desk_words(language).gettext

    @classmethod
    def open(cls, devices: Devices, browser: Browser, language: str = "nl") -> Desk:
        """The desk's door."""
        return cls(devices.open(browser, "/desk/", language, **DESKTOP), language)

    def button(self, text: str) -> Locator:
        """The button with this text (in English, as the templates have it)."""
        return self.page.get_by_role("main").get_by_role("button", name=self.text(text))

    def field(self, text: str) -> Locator:
        """The field with this label."""
        return self.page.get_by_label(self.text(text), exact=True)

    def log_in(self, username: str, password: str) -> None:
        """In at the door."""
        self.field("User name").fill(username)
        self.field("Password").fill(password)
        self.button("Log in").click()
        expect(self.page.get_by_role("navigation", name=self.text("Desk"))).to_be_visible()

    def add_holder(self, name: str) -> None:
        """A new holder at a new address; ends on the holder's page."""
        self.page.goto("/desk/holders/new")
        typed = {
            "Name": name,
            "Birth date": "2-5-1980",
            "Street and number": "Demostraat 1",
            "Postcode": "9999 ZZ",
            "Town": "Demostad",
        }
        for label, value in typed.items():
            self.field(label).fill(value)
        self.button("Add holder").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    def find(self, query: str) -> None:
        """Search for holders, with a reason."""
        self.page.goto("/desk/holders/")
        self.field("Number, birth date or name").fill(query)
        self.page.get_by_text(self.text("The holder is at the desk"), exact=True).click()
        self.button("Find holder").click()

    def open_holder(self, name: str) -> None:
        """Find a holder and open the page."""
        self.find(name)
        self.page.get_by_role("link", name=name).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    def add_voucher(self, programme: str) -> None:
        """Give the holder a voucher; ends on its first top-up."""
        self.field("Programme").select_option(label=programme)
        self.button("Add voucher").click()

    def preview_top_up(self, amount: str) -> None:
        """Fill in a top-up, and look at what it would do."""
        self.field("Amount in euros").fill(amount)
        self.field("Number of the decision").fill("DEMO-1")
        self.field("Reason").fill("Demo")
        self.button("Check top-up").click()

    def print_letter(self, to: Path) -> Path:
        """Print the letter with the code."""
        return self._print("Print letter with code", to)

    def print_card(self, to: Path) -> Path:
        """Print the letter with a card: the card on the first page, its signed codes on the second."""
        return self._print("Print card with PIN", to)

    def _print(self, button: str, to: Path) -> Path:
        with self.page.expect_download() as download:
            self.button(button).click()
        download.value.save_as(to)
        return to

    def till_code(self, merchant: int) -> str:
        """Add a till to a shop, and make its code."""
        name = f"Kassa {uuid4().hex[:6]}"
        self.page.goto(f"/desk/merchants/{merchant}")
        self.page.get_by_role("link", name=self.text("Add till")).first.click()
        self.field("Name of the till").fill(name)
        self.button("Add till").click()
        self.page.get_by_role("listitem").filter(has_text=name).get_by_role("button").click()
        return self.page.locator(".code").inner_text()


def symbol_on(letter: Path, page: int = 1) -> str:
    """What the QR code of a page of the letter says, from a picture of it."""
    picture, nth = letter.with_suffix(""), str(page)
    pages = ["-f", nth, "-l", nth]
    subprocess.run(
        [program("pdftoppm"), "-png", "-r", "150", *pages, "-singlefile", letter, picture], check=True
    )
    return read(picture.with_suffix(".png").read_bytes())
