"""The phone without a network: it starts, and shows codes that a shop can scan."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.e2e.browsers import Devices
from tests.e2e.phone import Phone, read
from wallet.protocol.qr import decode

STEP_MS = 30_000  # a new code each half minute


def test_the_phone_starts_without_a_network_and_its_code_goes_on_changing(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str]
) -> None:
    phone = Phone.open(devices, chromium)
    phone.activate(next(phone_codes))
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    phone.page.context.set_offline(True)
    phone.page.clock.install()
    phone.page.reload()
    expect(phone.page.get_by_text(phone.words("home.offline"))).to_be_visible()

    first = read(phone.show("Kleding"))
    phone.page.clock.run_for(STEP_MS)
    phone.page.wait_for_timeout(500)
    second = read(phone.picture())
    assert first.startswith("VP1:")
    assert second.startswith("VP1:")
    assert first != second

    # Nobody tells a phone without a network that it paid, so the holder can ask for another pass.
    phone.button("pay.close").click()
    again = read(phone.show("Kleding"))
    assert decode(again).jti == decode(second).jti
    phone.button("pay.another").click()
    expect(phone.button("pay.another")).to_have_count(0)
    phone.page.wait_for_timeout(500)
    assert decode(read(phone.picture())).jti != decode(second).jti
