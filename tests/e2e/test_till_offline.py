"""The till without a connection: it sells, keeps what it sold, and sends it when the connection is back."""

from __future__ import annotations

import time
from collections.abc import Iterator

from playwright.sync_api import Browser, expect

from tests.actors import HeldPass, HttpWire
from tests.actors import Till as SoftTill
from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.phone import Phone, read, readable
from tests.e2e.till import Records, Till
from tests.running import Running
from wallet.protocol import qr

EXPORT_KEY = """async () => {
  const opened = indexedDB.open('meedoen-till')
  await new Promise((done) => { opened.onsuccess = done })
  const asked = opened.result.transaction('self').objectStore('self').get('self')
  await new Promise((done) => { asked.onsuccess = done })
  const { privateKey } = asked.result.key
  const tries = ['jwk', 'pkcs8', 'raw'].map((format) => crypto.subtle.exportKey(format, privateKey))
  return (await Promise.allSettled(tries)).map(({ reason }) => reason?.name ?? 'exported')
}"""
MINUTE = 60


def test_threat_same_till_twice_offline(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], office: Desk
) -> None:
    phone, till = Phone.open(devices, chromium), Till.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.knows_enough()
    phone.page.context.set_offline(True)
    code = read(phone.show("Kleding"))

    till.go_offline()
    till.key_in(700)
    till.type_code(code)
    till.sees_kept("7,00")
    till.page.reload()
    till.key_in(700)
    till.type_code(code)
    till.sees_check("refusal.already_redeemed")
    expect(till.waiting()).to_contain_text(till.words("queue.chip", n=1))

    server = Records(till)
    till.page.context.set_offline(False)
    expect(till.waiting()).to_have_count(0)
    assert [(sale["mode"], sale["amt"]) for sale in server.records] == [("off", 700)]
    till.button("next.stop").click()
    till.open_last_payment()
    expect(till.page.get_by_text(till.words("payment.number"))).to_be_visible()


def test_a_sale_without_an_answer_goes_on_offline_and_can_be_undone_before_it_is_sent(
    chromium: Browser, devices: Devices, office: Desk, passes: Iterator[HeldPass]
) -> None:
    till = Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.knows_enough()
    till.page.context.route("**/api/v1/redemptions", lambda route: None)  # no answer, ever
    till.page.context.route("**/api/v1/config", lambda route: route.abort())
    till.page.context.route("**/api/v1/tills/**", lambda route: route.abort())
    till.key_in(1100)
    till.wedge(next(passes).symbol(time.time(), 5000))
    till.sees_kept("11,00")
    till.next_customer()
    till.key_in(600)
    till.wedge(next(passes).symbol(time.time(), 5000))
    till.sees_kept("6,00")
    till.next_customer()
    till.open_last_payment()
    till.button("payment.void").click()
    till.say_yes("payment.void.yes")
    expect(till.page.get_by_text(till.words("payment.done", amount="€ 6,00"))).to_be_visible()

    server = Records(till, outcome="rejected", code="pass_revoked")
    till.page.context.unroute("**/api/v1/config")
    expect(till.waiting()).to_have_count(0)
    modes = [(sale["seq"], sale["mode"], sale["amt"]) for sale in server.records]
    assert modes == [(1, "on", 1100), (2, "off", 1100), (3, "off", 600), (4, "void", 600)]
    asked, kept, sold, undone = server.records
    assert asked["txn"] == kept["txn"] != sold["txn"]
    assert undone["ref"] == sold["jti"]
    till.button("back").click()
    till.button("back").click()
    till.button("cases.look").first.click()
    expect(till.page.get_by_role("listitem").filter(has_text="11,00")).to_contain_text(
        till.words("cases.open")
    )


def test_a_phone_with_a_wrong_clock_answers_the_question_of_the_shop(
    chromium: Browser, devices: Devices, office: Desk, passes: Iterator[HeldPass]
) -> None:
    held, till = next(passes), Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    wrong = time.time() - 10 * MINUTE
    till.key_in(900)
    till.wedge(held.symbol(wrong, 5000))
    till.sees_check("refusal.proof_stale")
    till.button("question.show").click()
    shown = till.page.get_by_role("img", name=till.words("question.label"))
    asked = qr.decode_question(read(readable(shown.screenshot)))
    assert (asked.merchant, asked.amount) == (CLOTHES_SHOP, 900)
    till.button("question.answer").click()
    till.wedge(held.answer_symbol(wrong, 900, asked.merchant, "AAECAwQFBgc"))
    till.sees_check("refusal.bad_proof")
    till.wedge(held.answer_symbol(wrong, 900, asked.merchant, asked.nonce))
    till.sees_paid("9,00")


def test_threat_copied_keys(chromium: Browser, devices: Devices, town: Running, office: Desk) -> None:
    code = office.till_code(CLOTHES_SHOP)
    thief = SoftTill(HttpWire(town.url))
    body = {"code": code, "jwk": {**thief.key.public.jwk, "d": "AQ"}, "name": ""}
    refused = thief.call("POST", "/api/v1/tills/enrol", body)
    assert (refused.status, refused.code) == (422, "bad_proof")
    till = Till.open(devices, chromium)
    till.enrol(code)
    assert till.page.evaluate(EXPORT_KEY) == ["InvalidAccessError"] * 3
