"""Every screen of the till, in both languages."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.actors import HeldPass
from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, SWIMMING_POOL, Desk
from tests.e2e.looking import Screens
from tests.e2e.phone import Phone, read
from tests.e2e.till import Records, Refusals, Till
from wallet.protocol import qr

pytestmark = pytest.mark.parametrize("language", ["nl", "en"])

CLOTHES = {"nl": "Kleding", "en": "Clothes"}
KEY = 64  # CSS pixels, for a finger in a hurry
SMALLEST_KEY = """() => Math.min(...[...document.querySelectorAll('.key')]
  .flatMap((key) => [key.getBoundingClientRect().width, key.getBoundingClientRect().height]))"""


@pytest.fixture
def till(language: str, chromium: Browser, devices: Devices) -> Till:
    """A new tablet."""
    return Till.open(devices, chromium, language)


def test_up_to_the_scan(language: str, till: Till, office: Desk, screens: Screens) -> None:
    page = till.page
    screens.look(page, f"till enrol {language}")
    till.button("enrol.button").click()
    screens.look(page, f"till enrol missing {language}")
    till.enrol(office.till_code(CLOTHES_SHOP))
    screens.look(page, f"till amount {language}")
    assert page.evaluate(SMALLEST_KEY) >= KEY
    till.scan()
    screens.look(page, f"till amount missing {language}")
    till.button("bar.today").click()
    screens.look(page, f"till today empty {language}")
    till.button("back").click()
    till.button("bar.settings").click()
    screens.look(page, f"till settings {language}")
    till.button("back").click()
    till.key_in(1250)
    till.scan()
    expect(till.button("camera.retry")).to_be_visible()
    screens.look(page, f"till scan without a camera {language}")
    till.button("scan.type").click()
    till.button("scan.type.use").click()
    screens.look(page, f"till code missing {language}")


def test_results(
    language: str,
    chromium: Browser,
    devices: Devices,
    till: Till,
    office: Desk,
    screens: Screens,
    phone_codes: Iterator[str],
) -> None:
    phone, page = Phone.open(devices, chromium), till.page
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(16000)
    till.type_code("https://example.org/")
    till.sees_check("refusal.malformed_qr")
    screens.look(page, f"till not a pass {language}")
    till.button("next.stop").click()
    till.key_in(16000)
    code = read(phone.show("Kleding"))
    till.type_code(code)
    expect(page.locator(".result-check")).to_contain_text("€ 150,00")
    screens.look(page, f"till too much {language}")
    till.button("part.pay", left="€ 150,00").click()
    till.sees_paid("150,00")
    screens.look(page, f"till paid in part {language}")
    till.next_customer()
    screens.look(page, f"till amount after a sale {language}")
    till.key_in(300)
    till.type_code(code)
    till.sees_check("refusal.already_redeemed")
    screens.look(page, f"till used code {language}")
    till.button("next.stop").click()
    till.open_last_payment()
    screens.look(page, f"till payment {language}")
    till.button("payment.refund").click()
    till.button("payment.refund.next").click()
    screens.look(page, f"till refund missing {language}")
    till.page.get_by_label(till.words("payment.refund.label")).fill("2,50")
    till.button("payment.refund.next").click()
    screens.look(page, f"till refund sure {language}")
    till.say_yes("payment.refund.yes")
    expect(page.get_by_text(till.words("payment.done", amount="€ 2,50"))).to_be_visible()
    screens.look(page, f"till refunded {language}")
    till.button("back").click()
    expect(page.get_by_role("listitem").first).to_contain_text(CLOTHES[language])
    screens.look(page, f"till today {language}")


def test_a_payment_in_full(
    language: str,
    chromium: Browser,
    devices: Devices,
    till: Till,
    office: Desk,
    screens: Screens,
    phone_codes: Iterator[str],
) -> None:
    phone = Phone.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(1250)
    till.type_code(read(phone.show("Kleding")))
    till.sees_paid("12,50")
    screens.look(till.page, f"till paid {language}")


def test_tickets(
    language: str,
    chromium: Browser,
    devices: Devices,
    till: Till,
    office: Desk,
    screens: Screens,
    phone_codes: Iterator[str],
) -> None:
    phone = Phone.open(devices, chromium)
    phone.activate(next(phone_codes))
    till.enrol(office.till_code(SWIMMING_POOL))
    screens.look(till.page, f"till tickets {language}")
    till.type_code(read(phone.show("Zwemmen en film")))
    ticket = till.words("amount.tickets", n=1)
    till.sees_paid(ticket)
    till.next_customer()
    till.button("bar.today").click()
    expect(till.page.locator(".total")).to_contain_text(ticket)
    expect(till.page.locator(".total")).not_to_contain_text("€")
    screens.look(till.page, f"till today tickets {language}")


def test_without_a_connection(
    language: str, till: Till, office: Desk, screens: Screens, passes: Iterator[HeldPass]
) -> None:
    page, code = till.page, next(passes).symbol(time.time(), 5000)
    page.context.route("**/status/*", lambda route: route.abort())
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.go_offline()
    expect(page.get_by_text(till.words("refusal.list_stale"))).to_be_visible()
    screens.look(page, f"till stopped {language}")
    page.context.unroute("**/status/*")
    page.context.set_offline(False)
    till.knows_enough()
    till.go_offline()
    screens.look(page, f"till amount offline {language}")
    till.key_in(1600)
    till.wedge(code)
    till.sees_check("refusal.over_offline_limit")
    screens.look(page, f"till over the offline limit {language}")
    till.button("part.pay", left="€ 15,00").click()
    till.sees_kept("15,00")
    screens.look(page, f"till kept {language}")
    till.button("paid.next").click()
    screens.look(page, f"till amount unsent {language}")
    till.button("queue.look").click()
    screens.look(page, f"till queue {language}")
    server = Records(till, "rejected", "pass_revoked")
    nothing = {
        "id": "n",
        "txn": "n",
        "seq": 0,
        "code": "amount_invalid",
        "amount": 0,
        "cur": "EUR",
        "prg": 101,
    }
    server.cases.append({**nothing, "at": int(time.time()), "state": "open"})
    page.context.set_offline(False)
    expect(till.waiting()).to_have_count(0)
    expect(page.get_by_text(till.words("cases.open"), exact=True)).to_be_visible()
    expect(page.get_by_text(till.words("cases.nothing.todo"))).to_be_visible()
    assert len(server.cases) == 2
    screens.look(page, f"till cases {language}")
    till.button("back").click()
    screens.look(page, f"till amount cases {language}")


def test_a_question_and_a_card(
    language: str, till: Till, office: Desk, screens: Screens, passes: Iterator[HeldPass]
) -> None:
    page = till.page
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.key_in(900)
    till.wedge(next(passes).symbol(time.time() - 600, 5000))
    till.sees_check("refusal.proof_stale")
    screens.look(page, f"till old code {language}")
    till.button("question.show").click()
    expect(till.button("question.answer")).to_be_visible()
    screens.look(page, f"till question {language}")
    till.button("scan.change").click()
    answers = Refusals(till, ("pin_required", {}), ("pin_wrong", {"left": 3}), ("card_locked", {}))
    till.wedge(qr.encode_card(bytes(range(16))))
    expect(till.button("pin.give")).to_be_visible()
    till.button("pin.give").click()
    screens.look(page, f"till pin missing {language}")
    for _ in range(2):
        till.type_pin("1234")
    expect(page.locator(".result-refused")).to_contain_text(till.words("refusal.card_locked"))
    assert answers.pins == [None, "1234", "1234"]
    assert len(set(answers.records)) == 1, "the same record goes again, with the PIN beside it"
    screens.look(page, f"till card locked {language}")
