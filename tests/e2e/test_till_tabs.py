"""One tablet, two tabs: one of them sells, the other says so, and nothing is written twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.actors import HeldPass
from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.looking import Screens
from tests.e2e.till import Records, Till


def is_elsewhere(till: Till) -> None:
    """This tab says that another one has the till."""
    expect(till.page.get_by_role("alert")).to_have_text(till.words("elsewhere.what"))
    expect(till.button("amount.scan")).to_have_count(0)


def test_a_second_tab_of_a_till_says_so_and_may_take_over(
    chromium: Browser, devices: Devices, office: Desk, passes: Iterator[HeldPass], screens: Screens
) -> None:
    first = Till.open(devices, chromium)
    first.enrol(office.till_code(CLOTHES_SHOP))
    first.knows_enough()
    second = Till(first.page.context.new_page())
    second.page.goto("/till/")
    is_elsewhere(second)
    screens.look(second.page, "till open in another tab nl")

    first.go_offline()
    codes = [next(passes).symbol(time.time(), 5000) for _ in range(2)]
    second.wedge(codes[0])
    is_elsewhere(second)
    first.key_in(700)
    first.wedge(codes[0])
    first.sees_kept("7,00")

    second.button("elsewhere.here").click()
    expect(second.waiting()).to_contain_text(second.words("queue.chip", n=1))
    is_elsewhere(first)
    second.key_in(700)
    second.wedge(codes[0])
    second.sees_check("refusal.already_redeemed")
    second.button("next.stop").click()
    second.key_in(600)
    second.wedge(codes[1])
    second.sees_kept("6,00")

    server = Records(second)
    second.page.context.set_offline(False)
    expect(second.waiting()).to_have_count(0)
    sales = [(sale["seq"], sale["mode"], sale["amt"]) for sale in server.records]
    assert sales == [(1, "off", 700), (2, "off", 600)]
    second.page.close()
    expect(first.button("amount.scan")).to_be_visible()
    first.button("bar.today").click()
    expect(first.page.locator(".total")).to_contain_text("13,00")
