"""From the code of the letter to a payment with keys only, and the focus always to be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read
from tests.e2e.till import Till
from tests.running import Running

MANY = 40
WHAT_TYPED_STAYS = "In 2 minutes you are logged out. What you typed here stays if you stay."
HAS_FOCUS = "one => one === document.activeElement"
IS_SEEN = "one => getComputedStyle(one).outlineStyle !== 'none'"


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus; then it must be seen to have it."""
    expect(wanted).to_be_visible()
    for _ in range(MANY):
        if wanted.evaluate(HAS_FOCUS):
            assert wanted.evaluate(IS_SEEN), "the focus is not to be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached with Tab")


def press(page: Page, wanted: Locator) -> None:
    """Go to a button with Tab, and press it with Enter."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def test_a_payment_with_keys_only(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    press(phone.page, phone.button("welcome.start"))
    tab_to(phone.page, phone.page.get_by_label(phone.words("code.label"), exact=True))
    phone.page.keyboard.type(next(phone_codes))
    phone.page.keyboard.press("Enter")
    show = phone.pot("Kleding").get_by_role("button")
    press(phone.page, show)
    code = read(phone.picture())

    tab_to(till.page, till.page.get_by_label(till.words("enrol.label"), exact=True))
    till.page.keyboard.type(office.till_code(CLOTHES_SHOP))
    till.page.keyboard.press("Enter")
    expect(till.button("amount.scan")).to_be_visible()
    till.page.keyboard.type("450", delay=80)
    till.page.keyboard.press("Enter")
    press(till.page, till.button("scan.type"))
    tab_to(till.page, till.page.get_by_label(till.words("scan.type.label"), exact=True))
    till.page.keyboard.type(code)
    till.page.keyboard.press("Enter")
    till.sees_paid("4,50")
    till.page.keyboard.press("Enter")
    expect(till.button("amount.scan")).to_be_visible()

    phone.sees_paid()
    press(phone.page, phone.button("paid.done"))
    expect(phone.pot("Kleding")).to_contain_text("€ 145,50")


TYPE_AT_FIRST_SIGHT = """() => new MutationObserver((_, watch) => {
  if (!document.querySelector('.till-amount')) return
  watch.disconnect()
  setTimeout(() => { for (const key of '450') dispatchEvent(new KeyboardEvent('keydown', { key })) })
}).observe(document.body, { childList: true, subtree: true })"""


def test_the_first_key_counts_however_soon_it_comes(
    chromium: Browser, devices: Devices, office: Desk
) -> None:
    till = Till.open(devices, chromium)
    expect(till.button("enrol.button")).to_be_visible()
    till.page.evaluate(TYPE_AT_FIRST_SIGHT)
    till.enrol(office.till_code(CLOTHES_SHOP))
    expect(till.page.locator(".amount-display")).to_contain_text("4,50")


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_one_key_keeps_the_desk_open_and_what_was_typed(
    key: str, town: Running, chromium: Browser, devices: Devices
) -> None:
    desk = Desk.open(devices, chromium)
    page, asked = desk.page, desk.text("Are you still there?")
    desk.log_in("demo-desk", town.card["staff"]["demo-desk"])
    page.clock.install()
    page.goto("/desk/holders/new")
    desk.field("Name").fill("Half Getypt")
    dialog = page.get_by_role("dialog", name=asked)
    page.clock.fast_forward("27:59")
    expect(dialog).to_be_hidden()
    page.clock.fast_forward("00:02")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_accessible_description(desk.text(WHAT_TYPED_STAYS))
    expect(dialog.get_by_role("button", name=desk.text("Stay logged in"))).to_be_focused()
    with page.expect_response("**/desk/stay") as answer:
        page.keyboard.press(key)
    assert answer.value.status == 204
    expect(dialog).to_be_hidden()
    expect(desk.field("Name")).to_have_value("Half Getypt")
    page.clock.fast_forward("28:01")  # and it comes again
    expect(dialog).to_be_visible()
