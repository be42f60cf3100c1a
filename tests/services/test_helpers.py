"""Helpers: within their limits, also at once and offline; they see little, and are stopped alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from tests.actors import Phone, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, ZOO, Town
from wallet.models import DeskEvent, Helper, IssuedPass, LetterOrder, Programme, Redemption
from wallet.services import cards, helpers, reach
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db


def pay(
    phone: Phone, till: Till, amount: int, prg: int = CLOTHES, **changes: object
) -> tuple[int, str | None]:
    """Pay with a fresh pass, confirmed by the holder of the phone; the answer's status and code."""
    if not any(held.voucher == phone.voucher(prg)["id"] for held in phone.passes):
        assert phone.refill(prg, 4).status == 201
    shown = phone.take(prg).answer(0, amount, till.merchant, "AAECAwQFBgc")
    answer = till.redeem(shown, amount, prg, **changes)
    return answer.status, answer.code


def test_a_helper_pays_within_a_purchase_and_a_month_and_what_comes_back_is_not_spent(town: Town) -> None:
    phone, till = town.helper_phone(town.helper()), town.till()
    before = snapshot()
    assert pay(phone, till, 2_001) == (422, "amount_over_max")
    assert snapshot() == {**before, "wallet.IssuedPass": before["wallet.IssuedPass"] + 4}
    assert [pay(phone, till, 2_000) for _ in range(2)] == [(201, None)] * 2
    assert pay(phone, till, 1_001) == (409, "insufficient_balance")
    assert pay(phone, till, 1_500, part=True) == (201, None)  # what the month leaves
    assert pay(phone, till, 1, part=True) == (409, "insufficient_balance")
    last = Redemption.objects.get(approved=1_000)
    assert till.give_back("refunds", str(last.pk), 600, CLOTHES).status == 201
    assert pay(phone, till, 601) == (409, "insufficient_balance")
    assert pay(phone, till, 600) == (201, None)
    assert town.balance() == 15_000 - 5_000
    assert pay(town.phone(), till, 10_000) == (201, None)  # the holder's own limit is the balance


def test_a_month_is_the_calendar_s_and_all_programmes_count_together(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, till = town.helper_phone(town.helper(programmes=[], per_month=2_000)), town.till()
    assert pay(phone, till, 1_000) == (201, None)
    assert pay(phone, till, 2, ZOO, cur="TKT") == (409, "insufficient_balance")  # two of € 7,50
    assert pay(phone, till, 1, ZOO, cur="TKT") == (201, None)
    assert helpers.left(Helper.objects.get(), timezone.now()) == 250
    assert phone.refresh()["vouchers"][0]["balance"] == 250
    next_month = (helpers.month_start(timezone.now()) + timedelta(days=32)).replace(day=1)
    assert helpers.left(Helper.objects.get(), next_month) in (2_000, 0)  # 0 where the mandate ends before
    Redemption.objects.update(at=helpers.month_start(timezone.now()) - timedelta(seconds=1))
    assert pay(phone, till, 2_000) == (201, None)


def test_offline_a_pass_carries_no_more_than_a_purchase_and_all_no_more_than_the_month(town: Town) -> None:
    phone = town.helper_phone(town.helper(per_purchase=1_100, per_month=2_700))
    phone.refill(CLOTHES, 5)
    assert [held.claims["ofl"] for held in phone.passes] == [1000, 1000, 500, 0, 0]
    own = town.phone()
    own.refill(CLOTHES, 9)
    assert 12_500 <= IssuedPass.objects.aggregate(sum=Sum("ofl"))["sum"] <= town.balance()


def test_a_helper_sees_its_pots_and_payments_and_a_first_name_and_nothing_else(town: Town) -> None:
    helper = town.helper()
    own, phone, till = town.phone(), town.helper_phone(helper), town.till()
    assert own.call("GET", "/api/v1/wallet/state").status == 200  # a helper's phone takes nobody's place
    pay(own, till, 1_000)
    pay(phone, till, 500)
    mine, theirs = phone.refresh(), own.refresh()
    assert mine["holder"] == {"name": "Test", "number": ""}
    assert mine["helping"] == {"name": "Test", "until": int(helper.until.timestamp())}
    assert mine["helpers"] == [] and town.holder.name not in str(mine)
    told = [(pot["prg"], pot["balance"], pot["max_redemption"], pot["whose"]) for pot in mine["vouchers"]]
    assert told == [(CLOTHES, 4_500, 2_000, {"name": "Test", "relation": "helped"})]
    assert [(line["amount"], line["by"]) for line in mine["activity"]] == [(-500, "Buur Vrouw")]
    assert [line["by"] for line in theirs["activity"][:2]] == ["Buur Vrouw", None]
    assert theirs["helping"] is None
    (seen,) = theirs["helpers"]
    assert seen["last_used"] == theirs["activity"][0]["at"]
    assert {name: seen[name] for name in ("name", "programmes", "per_purchase", "per_month")} == {
        "name": "Buur Vrouw", "programmes": [CLOTHES], "per_purchase": 2_000, "per_month": 5_000,
    }  # fmt: skip
    others = Redemption.objects.get(approved=1_000)
    assert phone.call("GET", f"/api/v1/wallet/proofs/{others.pk}").code == "unknown_redemption"
    assert phone.call("GET", "/api/v1/wallet/cover").code == "unknown_voucher"
    out_of_scope = {"voucher": str(town.voucher(ZOO).pk), "proofs": ["x"]}
    assert phone.call("POST", "/api/v1/wallet/passes", out_of_scope).code in ("bad_proof", "unknown_voucher")
    phone.state["vouchers"].append({**own.voucher(ZOO)})
    assert phone.refill(ZOO, 1).code == "unknown_voucher"


def test_a_helper_is_stopped_alone_and_at_once(town: Town) -> None:
    first, second = town.helper(), town.helper(name="Zorg Hulp")
    own, till = town.phone(), town.till()
    phones = [town.helper_phone(helper) for helper in (first, second)]
    for phone in (own, *phones):
        phone.refill(CLOTHES, 1)
    assert phones[0].stop_helper(str(second.pk)).status == 204  # no helper ends another
    assert phones[1].refresh()["helping"]
    stranger = town.phone(town.neighbour)
    assert stranger.stop_helper(str(first.pk)).status == 204
    assert phones[0].refresh()["helping"]
    assert [own.stop_helper(str(first.pk)).status for _ in range(2)] == [204, 204]
    assert pay(phones[0], till, 100) == (409, "pass_revoked")
    assert phones[0].call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert [pay(phone, till, 100) for phone in (own, phones[1])] == [(201, None)] * 2
    assert [one["name"] for one in own.refresh()["helpers"]] == ["Zorg Hulp"]
    helpers.stop(helper=second, reason="beter", staff=town.staff, now=timezone.now())
    helpers.stop(helper=second, reason="nog eens", staff=town.staff, now=timezone.now())
    assert DeskEvent.objects.filter(verb="helper stopped").count() == 1
    assert not LetterOrder.objects.filter(done_at=None).exists()  # nobody prints their letters any more


def test_after_its_last_day_a_mandate_pays_nothing_even_before_anybody_looked(town: Town) -> None:
    helper = town.helper()
    phone, till = town.helper_phone(helper), town.till()
    phone.refill(CLOTHES, 2)
    Helper.objects.update(until=timezone.now(), made_at=F("made_at") - timedelta(days=1))
    assert pay(phone, till, 100) == (409, "pass_revoked")
    assert IssuedPass.objects.filter(revoked_at=None).count() == 2
    assert phone.refill(CLOTHES, 1).code == "unknown_voucher"
    assert reach.end_all_beyond(town.muni.pk, timezone.now()) == 2
    state = phone.refresh()
    assert state["vouchers"] == [] and len(state["revoked"]) == 2


def test_a_mandate_that_makes_no_sense_is_refused_and_a_retry_makes_one(town: Town) -> None:
    today = timezone.localdate()
    for wrong in (
        {"per_purchase": 5_001},
        {"last_day": today - timedelta(days=1)},
        {"last_day": today + timedelta(days=367)},
    ):
        with pytest.raises(Refused):
            town.helper(**wrong)
    made = town.helper()
    again = helpers.new_helper(
        helper_id=made.pk, holder=town.holder, mandate=helpers.Mandate("X", [], 1, 1, today), reason="",
        staff=town.staff, now=timezone.now(),
    )  # fmt: skip
    assert (again, Helper.objects.count(), LetterOrder.objects.count()) == (made, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Helper.objects.filter(pk=made.pk).update(per_purchase=F("per_month") + 1)


def test_what_a_helper_paid_without_a_connection_and_with_a_card_counts_too(town: Town) -> None:
    helper = town.helper()
    phone, own, till = town.helper_phone(helper), town.phone(), town.till()
    phone.refill(CLOTHES, 1)
    till.sell_offline(phone.passes.pop().show(phone.clock(), 1_500), 1_500, CLOTHES)
    assert [one["outcome"] for one in till.upload().body["results"]] == ["accepted"]
    card = cards.new_card(holder=town.holder, helper=helper, staff=town.staff, now=timezone.now())
    theirs = cards.new_card(holder=town.holder, staff=town.staff, now=timezone.now())

    def card_pays(amount: int, prg: int = 0, **changes: object) -> str | None:
        return till.pay_by_card(card.text, amount, card.pin, prg, **changes).code

    assert card_pays(2_001) == "amount_over_max"
    assert card_pays(1, ZOO, cur="TKT") == "wrong_programme"
    assert [card_pays(2_000), card_pays(1_501), card_pays(1_500)] == [None, "insufficient_balance", None]
    assert pay(phone, till, 1) == (409, "insufficient_balance")
    assert {(line["amount"], line["by"]) for line in own.refresh()["activity"] if line["amount"] < 0} == {
        (amount, "Buur Vrouw") for amount in (-1_500, -2_000)
    }
    helpers.stop(helper=helper, reason="", staff=town.staff, now=timezone.now())
    assert card_pays(1) == "pass_revoked"
    assert till.pay_by_card(theirs.text, 100, theirs.pin).status == 201  # the holder's own goes on
    with pytest.raises(Refused):
        helper.refresh_from_db()
        cards.new_card(holder=town.holder, helper=helper, staff=town.staff, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_payments_at_the_same_instant_stay_within_the_month_together(real_town: Town) -> None:
    phone = real_town.helper_phone(real_town.helper(per_purchase=2_000, per_month=5_000, programmes=[]))
    tills = [real_town.till(), real_town.till(real_town.other_till_row)]
    phone.refill(CLOTHES, 6)
    now = phone.clock()
    sales = [
        (till, till.sale(phone.take(CLOTHES).show(now, 2_000), 1_500, CLOTHES))
        for till in tills
        for _ in range(3)
    ]
    answers = at_once([lambda t=till, s=sale: t.send(s) for till, sale in sales])
    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 3
    assert {answer.code for answer in answers if answer.status == 409} == {"insufficient_balance"}
    assert real_town.balance() == 15_000 - 4_500


def test_a_helper_has_no_pot_of_which_one_purchase_buys_nothing(town: Town) -> None:
    helper = town.helper(programmes=[], per_purchase=1_000)
    Programme.objects.filter(number=CLOTHES).update(kind="tickets", unit_cents=1_001)
    assert CLOTHES not in {pot["prg"] for pot in town.helper_phone(helper).state["vouchers"]}
