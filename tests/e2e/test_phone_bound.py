"""The phone answers the shop's own question: by camera, typed, without a network, with a wrong clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import qrcode
from playwright.sync_api import Browser, Playwright, expect

from tests.actors import Answer, Till
from tests.e2e.browsers import Devices, chromium_with, film
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.e2e.looking import Screens
from tests.e2e.phone import Phone, read
from tests.e2e.software import ask, loosen_clock, set_clock, software_till
from tests.e2e.test_journey_chromium import CAMERA
from tests.running import Running
from wallet.protocol import qr

TEN_MINUTES = 600_000  # ms
PROGRAMME, CLOTHES = "Kleding", "Clothes"


def pay(till: Till, shown: str, cents: int) -> Answer:
    """Redeem a shown code online."""
    return till.redeem(till.scan(shown), cents, qr.decode(shown).prg)


def test_the_phone_reads_the_shops_question_and_its_holder_says_yes(
    town: Running,
    playwright: Playwright,
    devices: Devices,
    phone_codes: Iterator[str],
    office: Desk,
    screens: Screens,
    tmp_path: Path,
) -> None:
    till = software_till(town, office)
    picture = tmp_path / "question.png"
    qrcode.make(ask(CLOTHES_SHOP, 4500), error_correction=qrcode.ERROR_CORRECT_M).save(picture)
    shown = tmp_path / "shown.mjpeg"
    film(picture.read_bytes(), shown)

    with chromium_with(playwright, *CAMERA, f"--use-file-for-fake-video-capture={shown}") as with_camera:
        phone = Phone.open(devices, with_camera)
        phone.page.context.grant_permissions(["camera"])
        phone.activate(next(phone_codes))
        phone.show(PROGRAMME)
        phone.button("pay.ask").click()
        expect(phone.page.get_by_role("heading", level=1)).to_contain_text("€ 45,00")
        shop = phone.page.get_by_role("definition").first
        expect(shop).not_to_contain_text(str(CLOTHES_SHOP))
        screens.look(phone.page, "wallet ask confirm nl")
        phone.button("ask.yes", amount="€\u00a045,00").click()
        answer = read(phone.picture())
        proof = qr.decode(answer).proof
        assert (proof.max, proof.merchant) == (4500, CLOTHES_SHOP)
        screens.look(phone.page, "wallet ask answer nl")
        assert pay(till, answer, 4500).status == 201
        phone.sees_paid()


def test_a_question_that_cannot_be_answered_is_told_why(
    chromium: Browser, devices: Devices, phone_codes: Iterator[str], screens: Screens
) -> None:
    phone = Phone.open(devices, chromium)
    phone.activate(next(phone_codes))
    phone.show(PROGRAMME)
    phone.button("pay.ask").click()
    expect(phone.page.get_by_text(phone.words("camera.missing"))).to_be_visible()
    screens.look(phone.page, "wallet ask without a camera nl")
    phone.button("ask.type").click()
    for text, why in (
        ("ABC", "other"),
        (ask(CLOTHES_SHOP, 4500, seconds_ago=240), "old"),
        (ask(CLOTHES_SHOP, 15_100), "balance"),
    ):
        phone.type_question(text)
        words = phone.words(f"ask.wrong.{why}", amount="€\u00a0150,00", programme=PROGRAMME)
        expect(phone.page.get_by_role("alert")).to_have_text(words)
    screens.look(phone.page, "wallet ask too much nl")
    phone.type_question(ask(999_999, 700))
    expect(phone.page.get_by_text(phone.words("ask.unknown"))).to_be_visible()
    screens.look(phone.page, "wallet ask an unknown shop nl")


def test_threat_clock_skew(
    town: Running,
    chromium: Browser,
    devices: Devices,
    phone_codes: Iterator[str],
    office: Desk,
    screens: Screens,
) -> None:
    till = software_till(town, office)
    phone = Phone.open(devices, chromium, "en")
    loosen_clock(phone.page)
    phone.activate(next(phone_codes))
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    for skew, refused in ((-TEN_MINUTES, "proof_stale"), (TEN_MINUTES, "proof_from_future")):
        # Online the phone has the server's time, whatever its own clock says.
        set_clock(phone.page, skew)
        phone.page.reload()
        expect(phone.button("home.refresh")).to_be_visible()
        assert pay(till, read(phone.show(CLOTHES)), 100).status == 201
        phone.sees_paid()
        phone.button("paid.done").click()

        # The clock jumps while there is no network: the open code is refused, and the till says by how much.
        phone.page.context.set_offline(True)
        set_clock(phone.page, 2 * skew)
        wrong = pay(till, read(phone.show(CLOTHES)), 100)
        assert wrong.code == refused
        assert wrong.body["facts"]["minutes"] in (10, 11)  # rounded up
        hint = phone.page.get_by_text(phone.words("pay.clock"))
        expect(hint).to_have_count(1 if skew < 0 else 0)  # a clock that runs ahead looks like time gone by

        # The answer to the shop's question does not rest on the clock of the phone.
        phone.button("pay.ask").click()
        phone.button("ask.type").click()
        screens.look(phone.page, "wallet ask typed en")
        phone.type_question(ask(CLOTHES_SHOP, 1500))
        screens.look(phone.page, "wallet ask confirm en")
        phone.button("ask.yes", amount="€\u00a015,00").click()
        screens.look(phone.page, "wallet ask answer en")
        assert pay(till, read(phone.picture()), 1500).status == 201
        phone.page.context.set_offline(False)
        phone.sees_paid()
