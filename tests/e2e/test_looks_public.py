"""Every page that needs no login, in both languages."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsers import DESKTOP, PHONE, Devices
from tests.e2e.looking import Screens
from tests.e2e.words import Words
from tests.running import ROOT, Running

PAGES = {
    "landing": "/",
    "log": "/log/",
    "lines": "{log}/leaves",
    "line": "{log}/leaves/1",
    "witnesses": "{log}/witnesses",
    "verify": "/log/verify",
}


def path_of(town: Running, name: str) -> str:
    """Where a page is in this town."""
    log = str(town.card["log_url"]).removeprefix(town.url)
    return PAGES[name].format(log=log)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_public_page(
    language: str, name: str, town: Running, chromium: Browser, devices: Devices, screens: Screens
) -> None:
    for device, size in ((PHONE, "phone"), (DESKTOP, "desktop")):
        page = devices.open(chromium, path_of(town, name), language, **device)
        for fold in page.locator("summary").all():
            fold.click()
        screens.look(page, f"public {name} {size} {language}")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_answers_of_the_page_to_check(
    language: str, chromium: Browser, devices: Devices, screens: Screens
) -> None:
    page, words = devices.open(chromium, "/log/verify", language, **PHONE), Words("verify", language)

    def button(key: str) -> None:
        page.get_by_role("button", name=words(key), exact=True).click()

    button("receipt.check")
    expect(page.get_by_role("alert")).to_have_text(words("receipt.empty"))
    screens.look(page, f"verify nothing given {language}")
    page.get_by_label(words("receipt.label"), exact=True).fill("hello")
    button("receipt.check")
    expect(page.get_by_text(words("unreadable"))).to_be_visible()
    screens.look(page, f"verify no proof {language}")
    button("whole.check")
    expect(page.get_by_text(words("whole.first"))).to_be_visible()
    screens.look(page, f"verify whole log {language}")
    button("receipt.scan")
    expect(page.get_by_role("button", name=words("camera.retry"), exact=True)).to_be_visible()
    screens.look(page, f"verify without a camera {language}")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_shop_s_line_by_a_list_of_one_s_own(
    language: str, chromium: Browser, devices: Devices, screens: Screens
) -> None:
    known = json.loads((ROOT / "tests/vectors/receipt.json").read_text())
    page, words = devices.open(chromium, "/log/verify", language, **PHONE), Words("verify", language)
    own = page.get_by_label(words("policy.label"), exact=True)
    page.get_by_text(words("policy"), exact=True).click()
    own.fill(known["policy"])
    page.get_by_label(words("receipt.label"), exact=True).fill(json.dumps(known["settled"][0]["receipt"]))
    page.get_by_role("button", name=words("receipt.check"), exact=True).click()
    expect(page.get_by_text(words("proved.settled", amount="€\u00a050,00", batch=7))).to_be_visible()
    expect(own).to_have_value(known["policy"])
    page.get_by_label(words("whose.label"), exact=True).fill("1001")
    page.get_by_role("button", name=words("whose.check"), exact=True).click()
    expect(page.get_by_text(words("whose.no", number="1001"))).to_be_visible()
    screens.look(page, f"verify line of a shop {language}")
    own.fill("half a list")
    page.get_by_role("button", name=words("receipt.check"), exact=True).click()
    expect(page.get_by_text(words("untrusted"))).to_be_visible()
    screens.look(page, f"verify list that cannot be read {language}")
