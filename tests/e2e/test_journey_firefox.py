"""The same journey in Firefox, where the shop has a scanner on USB in place of a camera."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read
from tests.e2e.till import Till


def test_firefox_pays_by_scanner_and_by_typed_code_and_verifies(
    firefox: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone = Phone.open(devices, firefox)
    phone.activate(next(phone_codes))
    till = Till.open(devices, firefox)
    till.enrol(office.till_code(CLOTHES_SHOP))

    till.key_in(995)
    till.wedge(read(phone.show("Kleding")))
    till.sees_paid("9,95")
    phone.sees_paid()
    phone.button("paid.done").click()
    expect(phone.pot("Kleding")).to_contain_text("€ 140,05")

    till.next_customer()
    till.key_in(100)
    till.type_code(read(phone.show("Kleding")))
    till.sees_paid("1,00")
    phone.sees_paid()
    phone.check_payment()
