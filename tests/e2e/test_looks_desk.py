"""Every page of the desk, in both languages, also when something was filled in wrong."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.looking import Screens
from tests.running import Running
from wallet.web.desk.gate import BUSY

CLOTHES = {"nl": "Kleding", "en": "Clothes"}
pytestmark = pytest.mark.parametrize("language", ["nl", "en"])

FILES = {
    "right": "nummer;bedrag\n14000001;12,50\n14000002;60\n",
    "wrong": "nummer;bedrag\n14000001;12,50\n14000002;-3\n99;10\n14000001;5\n14000004;0\n",
}
NUMBERS = re.compile(r"[0-9a-f-]{36}|\d+")


@pytest.fixture
def desk(language: str, town: Running, chromium: Browser, devices: Devices) -> Desk:
    """A desk where somebody may do everything."""
    found = Desk.open(devices, chromium, language)
    found.log_in("demo-admin", town.card["staff"]["demo-admin"])
    return found


def links(page: Page) -> list[str]:
    """Pages of the desk that this page leads to."""
    found = page.eval_on_selector_all("a[href]", "all => all.map((one) => one.pathname)")
    return [path for path in found if path.startswith("/desk/") and not path.endswith((".csv", ".zip"))]


def test_the_door(language: str, chromium: Browser, devices: Devices, screens: Screens) -> None:
    desk = Desk.open(devices, chromium, language)
    screens.look(desk.page, f"desk login {language}")
    desk.button("Log in").click()
    screens.look(desk.page, f"desk login missing {language}")
    desk.page.context.add_cookies([{"name": BUSY, "value": "3", "url": desk.page.url}])
    desk.page.goto("/desk/login")
    expect(desk.page.get_by_role("status")).to_be_visible()
    screens.look(desk.page, f"desk login idle {language}")


def test_every_kind_of_page_that_links_lead_to(language: str, desk: Desk, screens: Screens) -> None:
    waiting, seen = [urlsplit(desk.page.url).path], set()
    while waiting:
        path = waiting.pop(0)
        if (kind := NUMBERS.sub("n", path)) in seen:
            continue
        seen.add(kind)
        answer = desk.page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        screens.look(desk.page, f"desk{kind.removeprefix('/desk').replace('/', ' ')} {language}")
        waiting += links(desk.page)
    assert len(seen) >= 12


def test_forms_that_miss_something(language: str, desk: Desk, screens: Screens) -> None:
    paths = ["holders/", "holders/new", "lost/", "merchants/new", "programmes/new", "series/new", "imports/"]
    for path in paths:
        desk.page.goto(f"/desk/{path}")
        desk.page.get_by_role("main").locator("button.button").first.click()
        expect(desk.page.get_by_role("alert")).to_be_visible()
        screens.look(desk.page, f"desk {path.replace('/', ' ').strip()} missing {language}")


def test_a_holder_and_a_top_up(language: str, desk: Desk, screens: Screens) -> None:
    def seen(page: str) -> None:
        screens.look(desk.page, f"desk {page} {language}")

    desk.find("Demo persoon")
    seen("nobody found")
    desk.find("14000001")
    seen("found")
    desk.page.get_by_role("table").get_by_role("link").first.click()
    seen("holder")
    with desk.page.expect_download():
        desk.button("Print card with PIN").click()
    desk.page.reload()
    desk.page.get_by_text(desk.text("Block card"), exact=True).click()
    seen("holder with a card")
    desk.page.get_by_role("link", name=f"{desk.text('Coupons')} {CLOTHES[language]}").click()
    desk.button("Check coupons").click()
    seen("coupons missing")
    desk.field("Euros on each coupon").fill("10")
    desk.button("Check coupons").click()
    seen("coupons preview")
    with desk.page.expect_download():
        desk.button("Print coupons").click()
    expect(desk.page.get_by_text(desk.text("Block coupons"), exact=True)).to_be_visible()
    seen("coupons made")
    desk.page.get_by_role("link", name=desk.text("Back to the holder")).click()
    desk.page.get_by_role("link", name=f"{desk.text('Top up')} {CLOTHES[language]}").click()
    desk.button("Check top-up").click()
    seen("top-up missing")
    desk.preview_top_up("10")
    seen("top-up preview")
    desk.button("Book top-up").click()
    desk.page.locator("details.undo summary").first.click()
    seen("topped up")


def test_somebody_moves(language: str, desk: Desk, screens: Screens) -> None:
    def seen(page: str) -> None:
        screens.look(desk.page, f"desk move {page} {language}")

    desk.find("14000004")  # a parent with children
    desk.page.get_by_role("table").get_by_role("link").first.click()
    desk.page.get_by_role("link", name=desk.text("Move to another household")).click()
    desk.button("Check move").click()
    seen("missing")
    desk.page.locator("#id_street").fill("Voorbeeldstraat 1")
    desk.page.locator("#id_postcode").fill("9999 ZB")
    desk.page.locator("#id_town").fill("Demostad")
    desk.field("Reason").fill("Demo")
    desk.button("Check move").click()
    seen("with whom")
    desk.page.get_by_role("radio").first.check()
    desk.button("Check move").click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text(desk.text("Is this right?"))
    seen("preview")


def test_a_holder_asks_to_be_erased(language: str, desk: Desk, screens: Screens) -> None:
    desk.add_holder(f"Demo Wissen {language}")
    desk.page.get_by_role("link", name=desk.text("Erase holder")).click()
    desk.button("Ask to erase this holder").click()
    screens.look(desk.page, f"desk erase missing {language}")
    desk.field("Reason").fill("Demo")
    desk.button("Ask to erase this holder").click()
    expect(desk.page.get_by_role("heading", name=desk.text("The request"))).to_be_visible()
    screens.look(desk.page, f"desk erase asked {language}")


def test_imports(language: str, desk: Desk, screens: Screens) -> None:
    for name, rows in FILES.items():
        desk.page.goto("/desk/imports/")
        desk.field("Programme").select_option(label=CLOTHES[language])
        file = {"name": "demo.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        desk.field("File").set_input_files(file)
        desk.button("Check file").click()
        screens.look(desk.page, f"desk import {name} {language}")


def test_a_code_for_a_till(language: str, desk: Desk, screens: Screens) -> None:
    desk.till_code(CLOTHES_SHOP)
    screens.look(desk.page, f"desk till code {language}")
