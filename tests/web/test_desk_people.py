"""The desk's pages for lost phones, letters to send and helpers: what they say, do, and cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.services.test_helpers import pay
from tests.services.test_letters import codes_in, text_of
from tests.web.desk_client import Page, get, post, queries
from tests.worlds import CLOTHES, Town
from wallet.models import Device, Helper, LetterOrder, Programme, Redemption
from wallet.services import orders

pytestmark = pytest.mark.django_db


def mandate(**changes: Any) -> dict[str, Any]:
    """A filled-in form."""
    last_day = timezone.localdate() + timedelta(days=30)
    typed = {
        "name": "Buur Vrouw", "programmes": [CLOTHES], "per_purchase": "12,50", "per_month": "50",
        "last_day": f"{last_day.day}-{last_day.month}-{last_day.year}", "reason": "ziek",
        "helper_id": uuid4(),
    }  # fmt: skip
    return {**typed, **changes}


def test_a_helper_is_added_gets_a_letter_and_is_stopped(desk: Client, town: Town) -> None:
    form = mandate()
    for _ in range(2):  # sent twice, it is one helper
        page = post(desk, "helper_new", town.holder.pk, **form)
    assert ">€ 12,50</bdi> per aankoop" in page and "Buur Vrouw" in page and "Regeling 12." in page
    helper = Helper.objects.get()
    assert (helper.per_purchase, helper.per_month, helper.programmes) == (1_250, 5_000, [CLOTHES])
    pdf = desk.post(reverse("desk:helper_letter", args=[helper.pk]))
    assert pdf["Content-Type"] == "application/pdf" and len(codes_in(pdf.content)) == 2
    assert not orders.waiting(town.muni, timezone.now()).exists()  # it is printed
    card = text_of(desk.post(reverse("desk:helper_card", args=[helper.pk])).content).replace("\u00a0", " ")
    assert "U helpt Test met betalen" in card and "€ 12,50" in card and town.holder.number[:4] not in card
    assert "Buur Vrouw</span>" in get(desk, "holder", town.holder.pk)
    assert "gestopt" in post(desk, "helper_stop", helper.pk, reason="beter")
    for printing in ("helper_letter", "helper_card"):
        assert "Deze helper is gestopt" in post(desk, printing, helper.pk)


def test_a_helper_is_offered_what_can_still_be_spent(desk: Client, town: Town) -> None:
    today = timezone.localdate()

    def offered() -> bool:
        return f'name="programmes" value="{CLOTHES}"' in get(desk, "helper_new", town.holder.pk)

    Programme.objects.filter(number=CLOTHES).update(ends=today)
    assert offered()
    Programme.objects.filter(number=CLOTHES).update(ends=today - timedelta(days=1))
    assert not offered()
    post(desk, "helper_new", town.holder.pk, **mandate())
    assert not Helper.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"per_purchase": "60"}, "Een aankoop kan niet meer zijn"),
        ({"last_day": "1-1-2020"}, "Kies een dag vanaf vandaag"),
        ({"name": ""}, "Vul dit in: Naam van de helper"),
        ({"programmes": [99]}, "99"),
        ({"per_month": "-5"}, "Schrijf een bedrag boven nul"),
    ],
)
def test_a_mandate_that_makes_no_sense_comes_back_with_words(
    desk: Client, town: Town, wrong: dict[str, Any], said: str
) -> None:
    page = post(desk, "helper_new", town.holder.pk, **mandate(**wrong))
    assert said in page and 'id="errors"' in page and 'value="ziek"' in page
    assert not Helper.objects.exists()


def test_who_calls_is_blocked_when_all_fits_and_a_letter_waits_until_it_is_printed(
    desk: Client, town: Town
) -> None:
    phone = town.phone()
    answers = {
        "number": town.holder.number, "birth_date": "2-5-1980", "postcode": "9711 aa", "house_number": "1",
    }  # fmt: skip
    assert "passen niet bij elkaar" in post(desk, "lost", **{**answers, "house_number": "2"})
    assert phone.call("GET", "/api/v1/wallet/state").status == 200
    assert "De telefoon is geblokkeerd" in post(desk, "lost", **answers)
    assert phone.call("GET", "/api/v1/wallet/state").status == 401
    assert "1 brief om te versturen" in get(desk, "home")
    assert town.holder.name in get(desk, "letters")
    assert "Er wacht een brief" in get(desk, "holder", town.holder.pk)
    assert "niets meer om af te drukken" in post(desk, "letters_print", order="9" * 30)
    answer = desk.post(reverse("desk:letters_print"))
    activation, _block = codes_in(answer.content)
    assert phone.__class__(town.wire()).activate(activation).status == 201
    assert "niets meer om af te drukken" in post(desk, "letters_print")
    assert "niets meer om af te drukken" in get(desk, "letters")


def test_a_phone_is_blocked_from_the_page_of_its_holder(desk: Client, town: Town) -> None:
    helper = town.helper()
    own, theirs = town.phone(), town.helper_phone(helper)
    device = Device.objects.get(helper=None)
    assert reverse("desk:device_block", args=[device.pk]) in get(desk, "holder", town.holder.pk)
    assert "Vul dit in" in post(desk, "device_block", device.pk, reason="")
    post(desk, "device_block", device.pk, reason="verkocht")
    assert own.call("GET", "/api/v1/wallet/state").status == 401
    post(desk, "helper_lost", helper.pk, reason="tas weg")
    assert theirs.call("GET", "/api/v1/wallet/state").status == 401
    post(desk, "phone_lost", town.holder.pk, reason="tas weg")
    waiting = LetterOrder.objects.filter(done_at=None)
    assert {one.helper for one in waiting} == {helper, None}
    everything = codes_in(desk.post(reverse("desk:letters_print")).content)
    assert len(set(everything)) == 4
    trail = re.sub(r"\s+", " ", get(desk, "trail"))
    for words in ("Blokkeerde een telefoon van", "Noteerde een verloren telefoon van", "Buur Vrouw, "):
        assert words in trail


def test_the_desk_s_history_names_the_helper_who_paid_and_nobody_when_it_was_erased(
    desk: Client, town: Town
) -> None:
    helper = town.helper()
    own, theirs, till = town.phone(), town.helper_phone(helper), town.till()
    assert [pay(phone, till, cents)[0] for phone, cents in ((own, 300), (theirs, 700))] == [201, 201]
    last = Redemption.objects.get(helper=helper)
    assert till.give_back("refunds", str(last.pk), 100, CLOTHES).status == 201
    page = get(desk, "holder", town.holder.pk)
    assert page.count(">door Buur Vrouw</span>") == 1 and page.count(">was betaald door Buur Vrouw<") == 1
    before = queries(desk, "holder", town.holder.pk)
    pay(theirs, till, 200)
    assert queries(desk, "holder", town.holder.pk) == before
    Helper.objects.update(name="")
    assert "door" not in get(desk, "holder", town.holder.pk).split('id="history"')[1].split("</section>")[0]


def test_more_helpers_and_letters_cost_no_more_statements(desk: Client, town: Town) -> None:
    town.helper()
    before = [queries(desk, "holder", town.holder.pk), queries(desk, "letters")]
    for nth in range(3):
        town.helper(name=f"Buur {nth}")
    assert [queries(desk, "holder", town.holder.pk), queries(desk, "letters")] == before
    inputs = [attrs for tag, attrs in Page(get(desk, "helper_new", town.holder.pk)).tags if tag == "input"]
    assert any(attrs.get("name") == "helper_id" and attrs.get("value") for attrs in inputs)
