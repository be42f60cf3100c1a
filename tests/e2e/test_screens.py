"""Every screen that the journey does not pass: the rest of phone and till, the whole desk, the public pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import DESK, PHONE, TABLET
from tests.e2e.looking import look
from tests.e2e.test_journey import activate, enrol
from tests.running import Running

Open = Callable[..., Page]
PAGES_AT_MOST = 60


def test_the_other_screens_of_the_phone(town: Running, chromium: Browser, open_page: Open) -> None:
    phone = open_page(
        chromium, f"/wallet/#code={town.card['activation_codes'].pop().replace('-', '')}", **PHONE
    )
    expect(phone.get_by_text("Wij hebben de code uit uw brief gelezen.")).to_be_visible()
    look(phone, "code from the letter")
    phone.get_by_role("button", name="Zet de pas op deze telefoon").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Dag ")
    phone.get_by_role("button", name="Meer").click()
    look(phone, "more")
    for name in ("Telefoon kwijt", "Over deze pas"):
        phone.get_by_role("button", name=name).click()
        expect(phone.get_by_role("heading", level=1)).to_contain_text(name)
        look(phone, name)
        phone.get_by_role("button", name="Terug").click()


def test_the_phone_in_english(town: Running, chromium: Browser, open_page: Open) -> None:
    phone = open_page(chromium, "/wallet/", language="en-GB", **PHONE)
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    look(phone, "welcome in English")


def test_the_other_screens_of_the_till(town: Running, chromium: Browser, open_page: Open) -> None:
    till = open_page(chromium, "/till/", **TABLET)
    enrol(till, town.card["till_codes"].pop(0))
    till.get_by_role("button", name="Instellingen").click()
    look(till, "settings")
    till.get_by_role("button", name="Terug").click()
    for digit in "100":
        till.get_by_role("button", name=digit, exact=True).click()
    till.get_by_role("button", name="Scan code").click()
    till.get_by_role("button", name="Typ code").click()
    look(till, "typed code")
    till.get_by_label("Code van de klant").fill("VP1:NOT A CODE")
    till.get_by_role("button", name="Gebruik code").click()
    expect(till.get_by_text("Dit is geen stadspas.").first).to_be_visible()
    look(till, "refused")


def shape(path: str) -> str:
    """An address without its numbers: one page of a kind is enough."""
    return re.sub(r"[0-9a-f-]{36}|\d+", "N", urlsplit(path).path)


def crawl(page: Page, start: str) -> list[str]:
    """Follow links from `start` below it, one of each kind, and look at each page; answers what was seen."""
    waiting, seen = [start], {}
    while waiting and len(seen) < PAGES_AT_MOST:
        path = waiting.pop(0)
        if shape(path) in seen:
            continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        seen[shape(path)] = path
        if "html" in answer.headers.get("content-type", ""):
            look(page, path, targets=False)
            links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
            waiting += [link for link in links if link.startswith(start) and "logout" not in link]
    return list(seen)


@pytest.mark.parametrize("language", ["nl-NL", "en-GB"])
@pytest.mark.parametrize("name", ["demo-desk", "demo-admin"])
def test_every_page_of_the_desk(
    town: Running, chromium: Browser, open_page: Open, name: str, language: str
) -> None:
    desk = open_page(chromium, "/desk/", language=language, **DESK)
    look(desk, "login", targets=False)
    desk.locator("input[name=username]").fill(name)
    desk.locator("input[name=password]").fill(town.card["staff"][name])
    desk.locator("form button[type=submit]").first.click()
    desk.wait_for_url(re.compile(r"/desk/(?!login)"))
    assert len(crawl(desk, "/desk/")) >= 5


@pytest.mark.parametrize("path", ["/", "/log/", "/api/v1/docs"])
def test_the_public_pages(town: Running, chromium: Browser, open_page: Open, path: str) -> None:
    page = open_page(chromium, path, **DESK)
    if path != "/api/v1/docs":  # another project's page
        look(page, path, targets=False)
