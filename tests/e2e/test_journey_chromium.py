"""The journey of one euro, through a real camera: desk, letter, phone, till, public log, stranger."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, Playwright, expect
from pypdf import PdfReader

from tests.e2e.browsers import Devices, chromium_with, film
from tests.e2e.desk import CLOTHES_SHOP, Desk, symbol_on
from tests.e2e.phone import Phone
from tests.e2e.till import Till
from tests.running import ROOT, Running

NAME = f"Noor Demo-{uuid4().hex[:6]}"
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


def audit(town: Running) -> subprocess.CompletedProcess[str]:
    """Run the auditor's command on the town's log."""
    command = [sys.executable, "-m", "ledger.audit", town.card["log_url"], "--policy", town.card["policy"]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_euro_goes_from_the_desk_to_the_public_log(
    town: Running, chromium: Browser, playwright: Playwright, devices: Devices, tmp_path: Path
) -> None:
    desk = Desk.open(devices, chromium)
    desk.log_in("demo-desk", town.card["staff"]["demo-desk"])
    desk.add_holder(NAME)
    desk.open_holder(NAME)
    desk.add_voucher("Kleding")
    desk.preview_top_up("60")
    expect(desk.page.locator(".preview")).to_contain_text("Was € 0,00, wordt € 60,00")
    desk.button("Book top-up").click()
    expect(desk.page.get_by_role("status")).to_contain_text("€ 60,00")

    letter = desk.print_letter(tmp_path / "letter.pdf")
    link = symbol_on(letter)
    code = link.partition("#code=")[2]
    assert f"{code[:5]}-{code[5:]}" in PdfReader(letter).pages[0].extract_text()
    till_code = desk.till_code(CLOTHES_SHOP)

    phone = Phone.open(devices, chromium, path=link.removeprefix(town.url))
    phone.put_pass_here()
    expect(phone.pot("Kleding")).to_contain_text("€ 60,00")

    shown = tmp_path / "shown.mjpeg"
    with chromium_with(playwright, *CAMERA, f"--use-file-for-fake-video-capture={shown}") as with_camera:
        till = Till.open(devices, with_camera, permissions=["camera"])
        till.enrol(till_code)
        film(phone.show("Kleding"), shown)
        till.key_in(1250)
        till.scan()
        till.sees_paid("12,50")
        phone.sees_paid()
        expect(phone.page.locator(".paid-left")).to_contain_text("€ 47,50")

        till.next_customer()
        till.key_in(500)
        till.scan()
        till.sees_check("refusal.already_redeemed")

    phone.check_payment()
    found = audit(town)
    assert found.returncode == 0, found.stdout
