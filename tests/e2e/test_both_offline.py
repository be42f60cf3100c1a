"""Nobody can reach the server: ten phones pay at a till that was started without it. Then it comes back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

from playwright.sync_api import Browser, expect

from tests.actors import HttpWire
from tests.actors import Phone as SoftPhone
from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read
from tests.e2e.stopping import server_stopped
from tests.e2e.till import Till
from tests.running import Running

PHONES = 10
CLOTHES = 101
CENTS = [1500, 1250, 999, 700, 501, 333, 250, 100, 25, 1]


def software_phones(town: Running, codes: Iterator[str]) -> list[SoftPhone]:
    """Phones with passes; each has paid nothing yet."""
    phones = [SoftPhone(HttpWire(town.url)) for _ in range(PHONES - 1)]
    for phone in phones:
        assert phone.activate(next(codes)).status == 201
        assert phone.refill(CLOTHES).status == 201
    return phones


def seen_by(phones: list[SoftPhone]) -> tuple[dict[str, int], dict[str, int]]:
    """What these phones see, by number: balances of pots, and payments. A family sees each other's."""
    states = [phone.refresh() for phone in phones]
    pots = {
        one["id"]: one["balance"] for state in states for one in state["vouchers"] if one["prg"] == CLOTHES
    }
    activity = [each for state in states for each in state["activity"] if each["kind"] == "redemption"]
    assert all(each["receipt"] for each in activity)
    return pots, {each["id"]: -each["amount"] for each in activity if each["prg"] == CLOTHES}


def test_ten_phones_pay_while_the_server_is_stopped_and_all_is_booked_once(
    town: Running, chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    others = software_phones(town, phone_codes)
    pots, paid = seen_by(others)
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.knows_enough()
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")

    with server_stopped(town):
        phone.page.reload()
        till.page.reload()
        till.key_in(CENTS[0])
        till.type_code(read(phone.show("Kleding")))
        till.sees_kept("15,00")
        for other, cents in zip(others, CENTS[1:], strict=True):
            till.next_customer()
            till.key_in(cents)
            till.wedge(other.take(CLOTHES).symbol(time.time(), 5000))
            till.sees_kept(f"{cents // 100},{cents % 100:02}")
        till.page.reload()
        expect(till.waiting()).to_contain_text(till.words("queue.chip", n=PHONES))

    expect(till.waiting()).to_have_count(0)
    phone.sees_paid()
    left, now_paid = seen_by(others)
    new = [cents for number, cents in now_paid.items() if number not in paid]
    assert sorted(set(CENTS[1:]) - set(new)) == []
    assert len(new) == len(set(new)), "a payment was booked twice"
    assert sum(pots.values()) - sum(left.values()) == sum(new)
    till.button("bar.today").click()
    expect(till.page.locator(".total")).to_contain_text("56,59")
    expect(till.page.get_by_role("listitem")).to_have_count(PHONES)
    expect(till.page.get_by_text(till.words("today.kept"))).to_have_count(0)
    assert_nothing_told(town)


def assert_nothing_told(town: Running) -> None:
    """No process of the demo wrote a pass or a code into its log, whatever was done in this town so far."""
    with closing(sqlite3.connect(town.var / "meedoen.sqlite3")) as books:
        passes = [jti for (jti,) in books.execute("SELECT jti FROM wallet_issuedpass")]
    said = town.log.read_text()
    assert passes and "Listening" in said
    assert [secret for secret in (*passes, "VP1:", "VP2:", "VPC1:", "eyJ") if secret in said] == []
