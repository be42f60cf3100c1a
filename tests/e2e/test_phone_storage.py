"""What the phone kept is gone, and later the phone itself: no money was on it, and a letter mends both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from tests.e2e.browsers import Devices
from tests.e2e.desk import Desk
from tests.e2e.looking import Screens
from tests.e2e.phone import Phone, read
from tests.e2e.software import empty_storage, software_till
from tests.e2e.test_journey_chromium import symbol_on
from tests.running import Running
from wallet.protocol import qr

PROGRAMME = "Kleding"


def test_threat_storage_eviction(
    town: Running,
    chromium: Browser,
    devices: Devices,
    phone_codes: Iterator[str],
    office: Desk,
    screens: Screens,
    tmp_path: Path,
) -> None:
    phone, till = Phone.open(devices, chromium), software_till(town, office)
    phone.activate(next(phone_codes))
    number = phone.page.locator(".pass-number bdi").inner_text()
    before = phone.pot(PROGRAMME).locator(".pot-left").inner_text()
    old = read(phone.show(PROGRAMME))

    empty_storage(phone.page)
    phone.page.reload()
    expect(phone.page.get_by_text(phone.words("gone.safe"))).to_be_visible()
    screens.look(phone.page, "wallet storage is gone nl")

    office.find(number)
    office.page.get_by_role("row").get_by_role("link").click()
    letter = office.print_letter(tmp_path / "letter.pdf")
    code = symbol_on(letter).partition("#code=")[2]
    phone.activate(code)
    assert phone.pot(PROGRAMME).locator(".pot-left").inner_text() == before
    refused = till.redeem(till.scan(old), 100, qr.decode(old).prg)
    assert refused.code == "pass_revoked"
    new = read(phone.show(PROGRAMME))
    assert till.redeem(till.scan(new), 100, qr.decode(new).prg).status == 201
    phone.sees_paid()

    # The same letter stops this phone from any other.
    codes = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", PdfReader(letter).pages[0].extract_text())
    other = Phone.open(devices, chromium)
    other.button("block.title").click()
    field = other.page.get_by_label(other.words("block.label"), exact=True)
    field.fill(next(one for one in codes if one.replace("-", "") != code.replace("-", "")))
    other.button("block.send").click()
    expect(other.page.get_by_role("heading", name=other.words("block.done"))).to_be_visible()
    phone.button("paid.done").click()
    phone.button("home.refresh").click()
    expect(phone.page.get_by_role("heading", name=phone.words("revoked.title"))).to_be_visible()
    screens.look(phone.page, "wallet revoked nl")
