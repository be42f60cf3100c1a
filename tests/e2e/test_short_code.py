"""Scanning does not work: the phone shows its short code, the till takes it, the phone checks the receipt."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, Route, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read
from tests.e2e.till import Till


def spoil_receipts(route: Route) -> None:
    """The state of the phone, with another amount than its receipts say."""
    answer = route.fetch()
    state = answer.json()
    for item in state.get("activity", []):
        item["amount"] -= 100
    route.fulfill(response=answer, json=state)


def test_a_short_code_pays_and_the_phone_knows_a_receipt_that_does_not_hold(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))

    whole = read(phone.show("Kleding"))
    phone.button("pay.easier").click()
    expect(phone.button("pay.normal")).to_be_visible()
    phone.page.wait_for_timeout(500)  # the other code is signed and drawn
    short = read(phone.picture())
    assert (whole[:4], short[:4]) == ("VP1:", "VP2:")

    till.key_in(640)
    with phone.page.expect_response("**/.well-known/jwks.json") as keys:
        till.type_code(short)
    assert keys.value.ok
    till.sees_paid("6,40")
    phone.sees_paid()
    till.next_customer()
    till.button("bar.today").click()
    expect(till.page.get_by_role("listitem").first).to_contain_text("Kleding")

    doubt = phone.page.get_by_text(phone.words("payment.doubt"))
    phone.button("paid.proof").click()
    expect(phone.button("check.start")).to_be_visible()
    phone.page.wait_for_timeout(500)  # the receipt is checked in a moment
    expect(doubt).to_have_count(0)
    phone.page.context.route("**/api/v1/wallet/state", spoil_receipts)
    phone.button("back").click()
    phone.button("home.refresh").click()
    phone.page.get_by_role("listitem").get_by_role("button").first.click()
    expect(doubt).to_be_visible()
    expect(phone.page.get_by_text(phone.words("payment.doubt.todo"))).to_be_visible()
