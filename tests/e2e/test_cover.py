"""The phone says in one sentence that its money is there, having checked it by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

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


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_phone_that_was_told_less_says_what_to_do(
    language: str, chromium: Browser, devices: Devices, phone_codes: Iterator[str], screens: Screens
) -> None:
    def lessen(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        if answer.ok:
            told["pots"][0]["parts"][0]["amount"] -= 1
            told["pots"][0]["parts"][1]["amount"] += 1
        route.fulfill(response=answer, body=json.dumps(told))

    phone = Phone.open(devices, chromium, language)
    phone.page.route("**/api/v1/wallet/cover", lessen)
    phone.activate(next(phone_codes))
    expect(phone.page.get_by_text(phone.words("cover.bad"))).to_be_visible(timeout=LOGGED_WITHIN * 1000)
    expect(phone.page.get_by_text(phone.words("cover.bad.todo"))).to_be_visible()
    screens.look(phone.page, f"wallet home in doubt about cover {language}")
    with phone.page.expect_download() as kept:
        phone.page.get_by_role("link", name=phone.words("check.save"), exact=True).click()
    evidence = json.loads(kept.value.path().read_text())
    assert evidence["answer"]["pots"] and "does not end in the root" in evidence["why"]
