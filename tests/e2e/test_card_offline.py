"""Nobody can reach the server: a printed card's second code pays a little, and is booked once afterwards."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, expect

from tests.e2e.browsers import Devices
from tests.e2e.desk import CLOTHES_SHOP, Desk, symbol_on
from tests.e2e.stopping import server_stopped
from tests.e2e.till import Till
from tests.running import Running


def test_a_signed_card_pays_while_the_server_is_stopped_and_is_booked_once(
    town: Running, chromium: Browser, devices: Devices, office: Desk, tmp_path: Path
) -> None:
    name = f"Kaart Demo-{uuid4().hex[:6]}"
    code = _card_of_a_new_holder(office, name, tmp_path / "card.pdf")
    till = Till.open(devices, chromium)
    till.enrol(office.till_code(CLOTHES_SHOP))
    till.knows_enough()
    till.key_in(300)
    till.wedge(code)
    till.sees_check("refusal.other_code")  # with a connection the card pays by its other code, with the PIN

    with server_stopped(town):
        till.page.reload()
        till.key_in(300)
        till.type_code(code)
        till.sees_kept("3,00")
        till.next_customer()
        till.key_in(600)
        till.wedge(code)
        till.sees_check("refusal.over_offline_limit")
        till.button("part.pay", left="€ 2,00").click()
        till.sees_kept("2,00")
        till.next_customer()
        till.key_in(1)
        till.wedge(code)
        refused = till.page.locator(".result-refused")
        expect(refused).to_contain_text(till.words("refusal.card_used"))
        expect(refused).to_contain_text(till.words("todo.card_used"))
        expect(till.waiting()).to_contain_text(till.words("queue.chip", n=2))

    expect(till.waiting()).to_have_count(0)
    office.open_holder(name)
    paid = office.page.get_by_role("row").filter(has_text=office.text("with a card or coupon"))
    expect(paid).to_have_count(2)
    for cents in ("2,00", "3,00"):
        expect(paid.filter(has_text=f"€ {cents}")).to_have_count(1)
    expect(office.page.locator(".pot")).to_contain_text("€ 55,00")


def _card_of_a_new_holder(desk: Desk, name: str, letter: Path) -> str:
    """Somebody with € 60,00 for clothes gets a card; answers its code for a shop without a connection."""
    desk.add_holder(name)
    desk.add_voucher("Kleding")
    desk.preview_top_up("60")
    desk.button("Book top-up").click()
    expect(desk.page.get_by_role("status")).to_contain_text("€ 60,00")
    return symbol_on(desk.print_card(letter), page=2)
