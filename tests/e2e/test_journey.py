"""The whole journey in real browsers: activate, show, scan, pay, settle, verify on the phone, audit."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e.conftest import PHONE, QUIET, TABLET, program
from tests.e2e.looking import look
from tests.running import ROOT, Running

SETTLED_WITHIN = 90  # seconds
Open = Callable[..., Page]


def activate(page: Page, code: str) -> None:
    """Type the code of the letter on the phone."""
    page.get_by_role("button", name="Vul de code in").click()
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Zet de pas op deze telefoon").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dag ")


def show_code(page: Page, programme: str) -> bytes:
    """Open the pay screen of a pot; answers a picture of its QR code."""
    page.get_by_role("button", name=f"Toon code van {programme}").click()
    code = page.get_by_role("img", name="Uw betaalcode")
    expect(code).to_be_visible()
    return code.screenshot()


def enrol(page: Page, code: str) -> None:
    """Connect the till."""
    page.get_by_label("Code van de kassa").fill(code)
    page.get_by_role("button", name="Koppel kassa").click()
    expect(page.get_by_role("button", name="Scan code")).to_be_visible()


def key_in(page: Page, cents: int) -> None:
    """Press an amount on the keypad, and go on to the scanner."""
    keypad = page.get_by_role("region", name="Cijfers")
    for digit in str(cents):
        keypad.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Scan code").click()


def check_payment(page: Page) -> None:
    """Ask the phone until it says that the payment is in the register."""
    proved = page.get_by_text("Ja. Deze betaling staat in het openbare register.")
    for _ in range(SETTLED_WITHIN // 3):
        page.get_by_role("button", name=re.compile("Controleer")).click()
        expect(page.get_by_role("button", name="Controleer opnieuw")).to_be_visible()
        if proved.is_visible():
            return
        page.wait_for_timeout(3_000)
    expect(proved).to_be_visible()


def read(png: bytes) -> str:
    """Read a QR code with another program than our own."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    assert len(found) == 1
    return str(found[0].text)


def audit(town: Running) -> subprocess.CompletedProcess[str]:
    """Run the auditor's command on the town's log."""
    command = [sys.executable, "-m", "ledger.audit", town.card["log_url"], "--policy", town.card["policy"]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def camera_browser(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """Chromium with a film before its camera."""
    browser = playwright.chromium.launch(
        executable_path=program("chromium", "google-chrome"),
        args=[
            *QUIET,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    try:
        yield browser
    finally:
        browser.close()


def give_part_back(till: Page, amount: str) -> None:
    """From today's list, give a part of the last payment back."""
    till.get_by_role("button", name="Volgende klant").click()
    till.get_by_role("button", name="Vandaag").click()
    look(till, "today")
    till.locator("button.list-item").first.click()
    look(till, "payment on the till")
    till.get_by_role("button", name="Geef een deel terug").click()
    till.get_by_label("Bedrag dat terug gaat").fill(amount)
    till.get_by_role("button", name="Ga verder").click()
    till.get_by_role("button", name=re.compile("Ja, geef")).click()
    expect(till.get_by_text(re.compile("Terug op de pas"))).to_be_visible()


def test_chromium_pays_by_camera_and_verifies(
    town: Running,
    chromium: Browser,
    playwright: Playwright,
    open_page: Open,
    film: Callable[[bytes], Path],
) -> None:
    phone = open_page(chromium, "/wallet/", **PHONE)
    look(phone, "welcome")
    activate(phone, town.card["activation_codes"].pop())
    look(phone, "home")
    picture = show_code(phone, "Kleding")
    assert read(picture).startswith("VP1:")

    with camera_browser(playwright, film(picture)) as camera:
        till = open_page(camera, "/till/", permissions=["camera"], **TABLET)
        look(till, "enrol")
        enrol(till, town.card["till_codes"].pop(0))
        look(till, "amount")
        key_in(till, 1250)
        expect(till.locator(".result-paid")).to_contain_text("12,50")
        look(till, "paid")
        expect(phone.get_by_role("heading", name="Betaald")).to_be_visible()
        look(phone, "paid on the phone")
        give_part_back(till, "2,50")

    phone.get_by_role("button", name="Bekijk de betaling").click()
    look(phone, "payment")
    check_payment(phone)
    look(phone, "verified")
    found = audit(town)
    assert found.returncode == 0, found.stdout


def test_firefox_pays_by_typed_code_and_verifies(town: Running, firefox: Browser, open_page: Open) -> None:
    phone = open_page(firefox, "/wallet/", **PHONE)
    activate(phone, town.card["activation_codes"].pop())
    till = open_page(firefox, "/till/", **TABLET)
    enrol(till, town.card["till_codes"].pop(0))
    key_in(till, 995)
    till.get_by_role("button", name="Typ code").click()
    till.get_by_label("Code van de klant").fill(read(show_code(phone, "Kleding")))
    till.get_by_role("button", name="Gebruik code").click()
    expect(till.locator(".result-paid")).to_contain_text("9,95")
    expect(phone.get_by_role("heading", name="Betaald")).to_be_visible()
    phone.get_by_role("button", name="Bekijk de betaling").click()
    check_payment(phone)


def test_the_phone_shows_a_code_without_a_network(town: Running, chromium: Browser, open_page: Open) -> None:
    phone = open_page(chromium, "/wallet/", **PHONE)
    activate(phone, town.card["activation_codes"].pop())
    read(show_code(phone, "Kleding"))
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.reload()
    assert read(show_code(phone, "Kleding")).startswith("VP1:")
