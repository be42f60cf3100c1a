"""A stranger checks a payment and the whole log in a browser of their own, and trusts nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e.browsers import DESKTOP, Devices, chromium_with, film
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read, readable
from tests.e2e.till import Till
from tests.e2e.words import Words
from tests.running import ROOT, Running

WORDS = Words("verify", "nl")
CAMERA_ASKS = "--use-fake-device-for-media-stream"  # and no browser that says yes by itself


def audit(town: Running, proof: Path) -> int:
    """What the auditor's command says of a proof, without the log."""
    command = [sys.executable, "-m", "ledger.audit", "--receipt", proof, "--policy", town.card["policy"]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode


def press(page: Page, key: str) -> None:
    """Press a button of the page that checks."""
    page.get_by_role("button", name=WORDS(key), exact=True).click()


def check(page: Page, proof: str) -> None:
    """Paste a proof and ask."""
    page.get_by_label(WORDS("receipt.label"), exact=True).fill(proof)
    press(page, "receipt.check")


def saved(page: Page, words: str, folder: Path) -> Path:
    """Download what a link with these words leads to."""
    with page.expect_download() as download:
        page.get_by_role("link", name=words, exact=True).click()
    to = folder / download.value.suggested_filename
    download.value.save_as(to)
    return to


def test_phone_and_shop_keep_proofs_that_a_stranger_can_check(
    town: Running,
    chromium: Browser,
    playwright: Playwright,
    devices: Devices,
    office: Desk,
    phone_codes: Iterator[str],
    tmp_path: Path,
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(1250)
    till.type_code(read(phone.show("Kleding")))
    till.sees_paid("12,50")
    phone.sees_paid()
    phone.check_payment()

    phone.page.get_by_text(phone.words("check.details")).click()
    of_phone = saved(phone.page, phone.words("check.save"), tmp_path)
    till.next_customer()
    till.button("bar.today").click()
    expect(till.page.get_by_text(till.words("log.in.short"))).to_be_visible()
    till.page.get_by_role("listitem").get_by_role("button").first.click()
    till.button("log.get").click()
    of_shop = saved(till.page, till.words("log.save"), tmp_path)
    assert of_phone.name == of_shop.name
    assert json.loads(of_phone.read_text())["canonical"] == json.loads(of_shop.read_text())["canonical"]
    assert audit(town, of_shop) == 0

    stranger = devices.open(chromium, "/log/verify", **DESKTOP)
    stranger.locator("input[type=file]").set_input_files(of_phone)
    expect(stranger.get_by_text(WORDS("proved"))).to_be_visible()
    expect(stranger.get_by_role("status").first).to_contain_text("€ 12,50, voor Kleding.")
    stranger.get_by_text(WORDS("details")).click()
    expect(stranger.get_by_text(WORDS("signatures"))).to_be_visible()
    check(stranger, of_phone.read_text().replace('\\"amount\\":1250', '\\"amount\\":9950'))
    expect(stranger.get_by_text(WORDS("differs"))).to_be_visible()

    phone.page.get_by_text(phone.words("check.link"), exact=True).click()
    code = phone.page.get_by_role("img", name=phone.words("check.link"))
    picture = readable(code.screenshot)
    check(stranger, read(picture))
    expect(stranger.get_by_text(WORDS("proved"))).to_be_visible()

    shown = tmp_path / "shown.mjpeg"
    film(picture, shown)
    with chromium_with(playwright, CAMERA_ASKS, f"--use-file-for-fake-video-capture={shown}") as with_camera:
        scanning = devices.open(with_camera, "/log/verify", **DESKTOP)
        press(scanning, "receipt.scan")
        expect(scanning.get_by_text(WORDS("camera.denied"))).to_be_visible()
        scanning.context.grant_permissions(["camera"])
        press(scanning, "camera.retry")
        expect(scanning.get_by_text(WORDS("proved"))).to_be_visible()
    opened = devices.open(chromium, read(picture).removeprefix(town.url), **DESKTOP)
    expect(opened.get_by_text(WORDS("proved"))).to_be_visible()


def test_a_browser_adds_the_log_up_and_remembers_it(chromium: Browser, devices: Devices) -> None:
    page = devices.open(chromium, "/log/verify", **DESKTOP)
    press(page, "whole.check")
    expect(page.get_by_text(WORDS("whole.first"))).to_be_visible()
    page.reload()
    press(page, "whole.check")
    expect(page.get_by_text("Alles wat uw browser zag op")).to_be_visible()
    page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((one) => one.startsWith('log:'))
          const seen = JSON.parse(localStorage.getItem(key))
          localStorage.setItem(key, JSON.stringify({ ...seen, root: '0'.repeat(64) }))
        }"""
    )
    press(page, "whole.check")
    expect(page.get_by_text("Het register is veranderd sinds")).to_be_visible()


def test_the_page_works_in_firefox(firefox: Browser, devices: Devices) -> None:
    page = devices.open(firefox, "/log/verify", **DESKTOP)
    press(page, "whole.check")
    expect(page.get_by_text(WORDS("whole.first"))).to_be_visible()
