"""The phone says in one sentence that its money is there, having checked it by itself."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.e2e.browsers import Devices
from tests.e2e.looking import Screens
from tests.e2e.phone import LOGGED_WITHIN, Phone


def test_the_phone_says_that_its_money_is_there_also_without_a_network(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], screens: Screens
) -> None:
    for language, said in (
        ("nl", "Uw geld is er. Gecontroleerd op"),
        ("en", "Your money is there. Checked on"),
    ):
        phone = Phone.open(devices, chromium, language)
        phone.activate(next(phone_codes))
        expect(phone.page.get_by_text(said)).to_be_visible(timeout=LOGGED_WITHIN * 1000)
        screens.look(phone.page, f"wallet home with its money there {language}")
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    phone.page.context.set_offline(True)
    phone.page.reload()
    expect(phone.page.get_by_text(said)).to_be_visible()
