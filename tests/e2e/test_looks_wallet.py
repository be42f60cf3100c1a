"""Every screen of the wallet, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.looking import Screens
from tests.e2e.phone import Phone, read
from tests.e2e.till import Till

pytestmark = pytest.mark.parametrize("language", ["nl", "en"])

CLOTHES = {"nl": "Kleding", "en": "Clothes"}


@pytest.fixture
def phone(language: str, chromium: Browser, devices: Devices) -> Phone:
    """A new phone."""
    return Phone.open(devices, chromium, language)


def test_up_to_the_pass(language: str, phone: Phone, screens: Screens, phone_codes: Iterator[str]) -> None:
    page, words = phone.page, phone.words
    screens.look(page, f"wallet welcome {language}")
    page.get_by_text(words("welcome.nocode"), exact=True).click()
    screens.look(page, f"wallet welcome without a letter {language}")
    phone.button("welcome.start").click()
    phone.button("code.send").click()
    screens.look(page, f"wallet code missing {language}")
    page.get_by_label(words("code.label"), exact=True).fill("ABCDE-FGHJK")
    phone.button("code.send").click()
    expect(page.get_by_text(words("code.unknown"))).to_be_visible()
    screens.look(page, f"wallet code unknown {language}")
    page.get_by_label(words("code.label"), exact=True).fill(next(phone_codes))
    phone.put_pass_here()
    screens.look(page, f"wallet home {language}")


def test_the_settings(language: str, phone: Phone, screens: Screens, phone_codes: Iterator[str]) -> None:
    phone.activate(next(phone_codes))
    phone.button("more").click()
    screens.look(phone.page, f"wallet more {language}")
    for screen in ("lost", "move", "card", "about"):
        phone.page.get_by_role("button", name=phone.words(f"{screen}.title")).click()
        screens.look(phone.page, f"wallet {screen} {language}")
        phone.button("back").click()
    phone.page.get_by_text(phone.words("more.text.huge"), exact=True).click()
    screens.look(phone.page, f"wallet more with very large text {language}")


def test_a_payment(
    language: str,
    chromium: Browser,
    devices: Devices,
    phone: Phone,
    office: Desk,
    screens: Screens,
    phone_codes: Iterator[str],
) -> None:
    phone.activate(next(phone_codes))
    till = Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    code = read(phone.show(CLOTHES[language]))
    screens.look(phone.page, f"wallet pay {language}")
    phone.button("pay.easier").click()
    screens.look(phone.page, f"wallet pay another code {language}")
    till.key_in(1250)
    till.type_code(code)
    phone.sees_paid()
    screens.look(phone.page, f"wallet paid {language}")
    phone.check_payment()
    screens.look(phone.page, f"wallet payment proved {language}")
    phone.page.get_by_text(phone.words("check.details")).click()
    screens.look(phone.page, f"wallet proof {language}")
    phone.button("back").click()
    screens.look(phone.page, f"wallet home after a payment {language}")


def test_without_a_network(language: str, phone: Phone, screens: Screens, phone_codes: Iterator[str]) -> None:
    phone.activate(next(phone_codes))
    phone.page.context.set_offline(True)
    phone.button("home.refresh").click()
    expect(phone.page.get_by_text(phone.words("home.offline"))).to_be_visible()
    screens.look(phone.page, f"wallet home offline {language}")
    phone.show(CLOTHES[language])
    screens.look(phone.page, f"wallet pay offline {language}")
