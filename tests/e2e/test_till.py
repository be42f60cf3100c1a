"""At the till: money goes back, a pot is too small, a code comes twice, and the network is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.actors import HeldPass
from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read
from tests.e2e.till import Till
from tests.running import Running


def test_a_payment_goes_back_in_part_and_another_one_whole(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))

    till.key_in(1250)
    till.type_code(read(phone.show("Kleding")))
    till.sees_paid("12,50")
    phone.sees_paid()
    till.next_customer()
    till.open_last_payment()
    till.button("payment.refund").click()
    till.page.get_by_label(till.words("payment.refund.label")).fill("2,50")
    till.button("payment.refund.next").click()
    till.say_yes("payment.refund.yes")
    expect(till.page.get_by_text(till.words("payment.done", amount="€ 2,50"))).to_be_visible()

    phone.button("paid.done").click()
    till.button("back").click()
    till.button("back").click()
    till.key_in(400)
    till.type_code(read(phone.show("Kleding")))
    till.sees_paid("4,00")
    phone.sees_paid()
    till.next_customer()
    till.open_last_payment()
    till.button("payment.void").click()
    till.say_yes("payment.void.yes")
    expect(till.page.get_by_text(till.words("payment.done", amount="€ 4,00"))).to_be_visible()

    phone.button("paid.done").click()
    phone.button("home.refresh").click()
    expect(phone.pot("Kleding")).to_contain_text("€ 140,00")


def test_a_pot_that_is_too_small_pays_what_it_has_and_its_code_works_once(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))

    code = read(phone.show("Kleding"))
    till.key_in(16000)
    till.type_code(code)
    expect(till.page.locator(".result-check")).to_contain_text("€ 150,00")
    till.button("part.pay", left="€ 150,00").click()
    till.sees_paid("150,00")
    expect(till.page.get_by_role("alert")).to_contain_text(till.words("paid.rest", rest="€ 10,00"))
    phone.sees_paid()

    till.next_customer()
    till.key_in(300)
    till.type_code(code)
    till.sees_check("refusal.already_redeemed")


def test_threat_screenshot_next_customer(
    chromium: Browser, devices: Devices, office: Desk, passes: Iterator[HeldPass]
) -> None:
    till = Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    code = next(passes).symbol(time.time(), 5000)
    till.key_in(300)
    till.wedge(code)
    till.sees_paid("3,00")
    till.wedge(code)
    expect(till.page.locator(".result-check, .result-refused")).to_have_count(0)

    # At once, for the same amount: somebody else may show a picture of the first one's screen.
    till.next_customer()
    till.key_in(300)
    till.wedge(code)
    till.sees_check("refusal.already_redeemed")


def test_a_till_goes_on_without_a_network_and_stops_when_it_knows_too_little(
    chromium: Browser, devices: Devices, office: Desk
) -> None:
    till = Till.open(devices, chromium)
    till.page.context.route("**/status/*", lambda route: route.abort())
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(700)
    till.go_offline()
    expect(till.page.get_by_text(till.words("refusal.list_stale"))).to_be_visible()
    till.page.context.unroute("**/status/*")
    till.page.context.set_offline(False)
    expect(till.button("amount.scan")).to_be_visible()
    till.knows_enough()
    till.go_offline()
    expect(till.page.get_by_text(till.words("offline.goes.on", max="€ 15,00"))).to_be_visible()


def test_a_card_pays_with_its_pin(chromium: Browser, devices: Devices, town: Running, office: Desk) -> None:
    card, till = town.card["cards"][-1], Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(200)
    till.wedge(card["vpc1"])
    till.type_pin("0000")
    expect(till.page.get_by_role("alert")).to_contain_text(till.words("refusal.pin_wrong"))
    till.type_pin(card["pin"])
    till.sees_paid("2,00")
