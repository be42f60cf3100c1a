"""What a phone shows of others: a child's pot, dated tickets, helpers; a lost phone; storage that is gone.

The server's answer is dressed up on its way, so that each of these is there in every town.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.browsers import Devices
from tests.e2e.looking import Screens
from tests.e2e.phone import Phone, read
from wallet.protocol import qr

DAY = 86_400
CLOTHES = {"nl": "Kleding", "en": "Clothes"}
both_languages = pytest.mark.parametrize("language", ["nl", "en"])


def dress(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the server tell the phone something else than it does, from the next look on."""

    def answer(route: Route) -> None:
        found = route.fetch()
        state = found.json()
        if found.ok:
            change(state)
        route.fulfill(response=found, json=state)

    page.unroute("**/api/v1/wallet/state")
    page.route("**/api/v1/wallet/state", answer)


def with_a_child(state: dict[str, Any]) -> None:
    """Two children have a pot each, one has dated tickets too, and a helper paid the last time."""
    clothes = next(one for one in state["vouchers"] if one["programme"] == "Kleding")
    clothes["whose"] = {"name": "Sam", "relation": "child"}
    other = next(one for one in state["vouchers"] if one is not clothes and one["currency"] == "EUR")
    other["whose"] = {"name": "Kim", "relation": "child"}
    now = int(time.time())
    for month, (starts, balance) in enumerate(((-40, 0), (-5, 1), (30, 1))):
        state["vouchers"].append(
            clothes
            | {
                "id": f"00000000-0000-4000-8000-00000000000{month}",
                "programme": "Dagkaart",
                "name_en": "Day ticket",
                "icon": "ticket",
                "currency": "TKT",
                "kind": "tickets",
                "balance": balance,
                "valid_from": now + starts * DAY,
                "valid_until": now + (starts + 20) * DAY,
                "series": "Dagkaart",
            }
        )
    for item in state["activity"][:1]:
        item["by"] = "Noor"


def with_helpers(state: dict[str, Any]) -> None:
    """Two people may pay for the holder."""
    until = int(time.time()) + 90 * DAY
    limits = {"per_purchase": 2000, "per_month": 6000, "until": until, "last_used": None}
    state["helpers"] = [
        {"id": "h1", "name": "Noor de Vries", "programmes": [state["vouchers"][0]["prg"]], **limits},
        {"id": "h2", "name": "Buurman Ali", "programmes": [], **limits, "last_used": until - 95 * DAY},
    ]


def helping(state: dict[str, Any]) -> None:
    """This phone is a helper's."""
    state["helping"] = {"name": "Anna Jansen", "until": int(time.time()) + 30 * DAY}
    state["vouchers"] = state["vouchers"][:1]
    state["vouchers"][0]["whose"] = {"name": "Anna Jansen", "relation": "helped"}


@both_languages
def test_a_childs_pot_pays_and_a_series_of_tickets_is_one_card(
    language: str, chromium: Browser, devices: Devices, phone_codes: Iterator[str], screens: Screens
) -> None:
    phone = Phone.open(devices, chromium, language)
    phone.activate(next(phone_codes))
    dress(phone.page, with_a_child)
    phone.button("home.refresh").click()
    sam = phone.page.get_by_role("region", name=phone.words("pots.of", name="Sam"))
    expect(sam.get_by_role("article")).to_have_count(2)
    tickets = sam.get_by_role("article").filter(has_text="Dagkaart")
    expect(tickets.get_by_role("listitem")).to_have_count(3)
    expect(tickets.get_by_role("button")).to_have_count(1)
    expect(phone.page.get_by_text(phone.words("by", name="Noor"))).to_have_count(1)
    screens.look(phone.page, f"wallet home with a child {language}")
    phone.button("pots.of", name="Kim").click()
    kim = phone.page.get_by_role("heading", name=phone.words("pots.of", name="Kim"), exact=True)
    expect(kim).to_be_focused()
    expect(kim).to_be_in_viewport()

    programme = CLOTHES[language]
    show = f"{phone.words('pot.show')} {phone.words('pot.of.whom', programme=programme, name='Sam')}"
    phone.page.get_by_role("button", name=show, exact=True).click()
    assert qr.decode(read(phone.picture())).once
    title = phone.words("pay.title", programme=phone.words("pot.whose", programme=programme, name="Sam"))
    expect(phone.page.get_by_role("heading", name=title)).to_be_visible()
    screens.look(phone.page, f"wallet pay for a child {language}")


@both_languages
def test_helpers_are_seen_and_stopped_and_a_helpers_phone_says_whom_it_helps(
    language: str, chromium: Browser, devices: Devices, phone_codes: Iterator[str], screens: Screens
) -> None:
    phone = Phone.open(devices, chromium, language)
    phone.activate(next(phone_codes))
    phone.button("more").click()
    phone.button("helpers.title").click()
    expect(phone.page.get_by_text(phone.words("helpers.none"))).to_be_visible()
    phone.button("back").click()
    phone.button("back").click()
    dress(phone.page, with_helpers)
    phone.button("home.refresh").click()
    phone.button("more").click()
    phone.button("helpers.title").click()
    noor = phone.page.get_by_role("article").filter(has_text="Noor")
    expect(noor).to_contain_text("€ 20,00")
    phone.button("helpers.stop", name="Noor de Vries").click()
    screens.look(phone.page, f"wallet helpers {language}")
    phone.page.route("**/api/v1/wallet/helpers/h1", lambda route: route.fulfill(status=503, json={}))
    phone.button("helpers.yes").click()
    expect(phone.page.get_by_role("alert")).to_have_text(phone.words("helpers.failed"))
    asked = []

    def gone(route: Route) -> None:
        asked.append((route.request.method, "dpop" in route.request.headers))
        route.fulfill(status=204)

    phone.page.route("**/api/v1/wallet/helpers/h1", gone)
    dress(phone.page, lambda state: (with_helpers(state), state["helpers"].pop(0))[0])
    phone.button("helpers.yes").click()
    expect(phone.page.get_by_role("article")).to_have_count(1)
    assert asked == [("DELETE", True)]

    phone.button("back").click()
    phone.button("back").click()
    dress(phone.page, helping)
    phone.button("home.refresh").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text(
        phone.words("helping.title", name="Anna Jansen")
    )
    expect(phone.page.get_by_role("article")).to_have_count(1)
    screens.look(phone.page, f"wallet home of a helper {language}")

    stopped = {"code": "wallet_auth_failed", "status": 401, "retry": False}
    phone.page.unroute("**/api/v1/wallet/state")
    phone.page.route("**/api/v1/wallet/state", lambda route: route.fulfill(status=401, json=stopped))
    phone.button("home.refresh").click()
    expect(phone.page.get_by_text(phone.words("revoked.helping", name="Anna Jansen"))).to_be_visible()
    screens.look(phone.page, f"wallet of a helper who was stopped {language}")


@both_languages
def test_a_lost_phone_is_stopped_on_any_phone(
    language: str, chromium: Browser, devices: Devices, screens: Screens
) -> None:
    phone = Phone.open(devices, chromium, language)
    page, words = phone.page, phone.words
    sent: list[Any] = []

    def answer(status: int, body: dict[str, Any]) -> None:
        def fulfil(route: Route) -> None:
            sent.append(route.request.post_data_json)
            route.fulfill(status=status, json=body)

        page.route("**/api/v1/wallet/lost", fulfil)

    def tell(key: str) -> None:
        phone.button("block.send").click()
        expect(page.get_by_role("alert")).to_have_text(words(key))

    phone.button("block.title").click()
    screens.look(page, f"wallet report a lost phone {language}")
    tell("block.missing")
    page.get_by_label(words("block.label"), exact=True).fill("abcdefghjk")
    answer(404, {"code": "unknown_code"})
    tell("block.unknown")
    answer(429, {"code": "rate_limited"})
    tell("code.toomany")
    page.context.set_offline(True)
    page.unroute("**/api/v1/wallet/lost")
    tell("block.offline")
    screens.look(page, f"wallet report without internet {language}")
    page.context.set_offline(False)
    answer(200, {"blocked_at": int(time.time()), "server_time": int(time.time())})
    phone.button("block.send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words("block.done"))
    expect(page.get_by_text(words("block.done.letter"))).to_be_visible()
    screens.look(page, f"wallet a phone is stopped {language}")
    assert sent[-1] == {"code": "ABCDEFGHJK"}
    phone.button("paid.done").click()
    expect(phone.button("welcome.start")).to_be_visible()


NO_KEYS = """(() => {
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (value, ...rest) {
    if (value && value.key instanceof CryptoKey) throw new DOMException('no', 'DataCloneError')
    return put.call(this, value, ...rest)
  }
})()"""


def test_a_phone_that_keeps_no_key_says_so_at_once(
    chromium: Browser, devices: Devices, screens: Screens
) -> None:
    phone = Phone.open(devices, chromium)
    phone.page.context.add_init_script(NO_KEYS)
    phone.page.reload()
    expect(phone.page.get_by_role("heading", name=phone.words("blocked.title"))).to_be_visible()
    expect(phone.page.get_by_text(phone.words("blocked.card"))).to_be_visible()
    screens.look(phone.page, "wallet blocked nl")
