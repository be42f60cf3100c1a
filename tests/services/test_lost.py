"""A lost phone pays nothing more, whoever says so; the new one sees everything that the old one saw."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import Sum
from django.utils import timezone

from tests.actors import HeldPass, Phone
from tests.services.ledgers import snapshot
from tests.services.test_helpers import pay
from tests.services.test_letters import codes_in
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.models import BlockCode, DeskEvent, Device, IssuedPass, LetterOrder
from wallet.protocol import presentation, statuslist
from wallet.protocol.redemption import OFFLINE, Approval, attempt, decide
from wallet.protocol.refusals import Code, Refusal
from wallet.services import catalogue, codes, enrol, letters, lost, orders, status
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db


def letter(town: Town) -> tuple[str, str]:
    """A printed letter's two codes: to let a phone in, and to block it."""
    first, second = codes_in(letters.new_letter(holder=town.holder, staff=town.staff, now=timezone.now()))
    return first, second


def test_a_block_code_stops_the_phone_at_once_and_asks_for_a_letter(town: Town) -> None:
    activation, block = letter(town)
    phone, till = Phone(town.wire()), town.till()
    phone.activate(activation)
    paid = pay(phone, till, 1_000)
    answer = Phone(town.wire()).lost(block.lower())
    assert (paid[0], answer.status, set(answer.body)) == (201, 200, {"blocked_at", "server_time"})
    assert pay(phone, till, 100) == (409, "pass_revoked")
    assert phone.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    before = snapshot()
    assert phone.lost(block).body["blocked_at"] == answer.body["blocked_at"]
    assert snapshot() == before
    waiting = LetterOrder.objects.get()
    assert (waiting.holder, waiting.why, waiting.asked_by, waiting.done_at) == (
        town.holder,
        "lost",
        None,
        None,
    )
    pdf = orders.print_letters(
        orders.waiting(town.muni, timezone.now()), staff=town.staff, now=timezone.now()
    )
    again, _ = codes_in(pdf or b"")
    new = Phone(town.wire())
    assert new.activate(again).status == 201
    assert [line["amount"] for line in new.state["activity"] if line["kind"] == "redemption"] == [-1_000]
    assert new.voucher(CLOTHES)["balance"] == 14_000 and pay(new, till, 500) == (201, None)
    assert phone.lost(block).status == 200  # and the new phone is not blocked by the old code
    assert new.call("GET", "/api/v1/wallet/state").status == 200
    assert (
        orders.print_letters(orders.waiting(town.muni, timezone.now()), staff=town.staff, now=timezone.now())
        is None
    )


def test_only_the_newest_letter_blocks_and_a_code_in_the_bag_lets_nobody_in(town: Town) -> None:
    old, newest = letter(town), letter(town)
    phone = town.phone(town.neighbour)
    before = snapshot()
    for wrong in (old[1], newest[0], "AAAAA-AAAAA", "x", "0" * 40):
        assert phone.lost(wrong).code == "unknown_code"
        cache.clear()
    assert phone.wire.call("POST", "/api/v1/wallet/lost", {}).code == "malformed_request"
    assert snapshot() == before
    assert phone.lost(newest[1]).status == 200
    assert Phone(town.wire()).activate(newest[0]).code == "unknown_code"
    stored = BlockCode.objects.get(used_at__isnull=False)
    assert bytes(stored.digest) == codes.digest(newest[1]) and newest[1][:5].encode() not in bytes(
        stored.digest
    )
    assert phone.call("GET", "/api/v1/wallet/state").status == 200  # it is the neighbour's


def test_a_block_code_has_no_last_day_and_few_tries(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    _, block = letter(town)
    wire = town.wire()
    later = timezone.now() + timedelta(days=400)
    monkeypatch.setattr(timezone, "now", lambda: later)
    for nth in range(5):
        assert wire.call("POST", "/api/v1/wallet/lost", {"code": f"AAAAA-AAAA{nth}"}).code == "unknown_code"
    assert wire.call("POST", "/api/v1/wallet/lost", {"code": block}).code == "rate_limited"
    cache.clear()
    assert wire.call("POST", "/api/v1/wallet/lost", {"code": block}).status == 200


def test_a_helper_s_block_code_blocks_the_helper_s_phone_alone_and_the_other_way_round(town: Town) -> None:
    helper = town.helper()
    own, theirs, till = town.phone(), town.helper_phone(helper), town.till()
    block = enrol.make_block_code(town.holder, timezone.now(), helper)
    assert own.lost(block).status == 200
    assert theirs.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert pay(own, till, 100) == (201, None)
    back = town.helper_phone(helper)
    lost.phone_lost(holder=town.holder, reason="tas weg", staff=town.staff, now=timezone.now())
    assert own.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert pay(back, till, 100) == (201, None)
    assert DeskEvent.objects.get(verb="phone lost").reason == "tas weg"
    names = [receiver.helper for receiver in orders.waiting(town.muni, timezone.now())]
    assert names == [helper, None]


def test_one_phone_is_blocked_at_the_desk_without_a_letter(town: Town) -> None:
    phone = town.phone()
    device = Device.objects.get()
    for _ in range(2):
        lost.block_phone(device=device, reason="verkocht", staff=town.staff, now=timezone.now())
    assert phone.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert (DeskEvent.objects.filter(verb="phone blocked").count(), LetterOrder.objects.count()) == (1, 0)


def test_who_calls_must_answer_everything_right(town: Town) -> None:
    right = {"number": town.holder.number, "birth_date": town.holder.birth_date, "postcode": "9711aa"}
    ask = {"muni": town.muni, "staff": town.staff, "now": timezone.now(), "house_number": "1", **right}
    assert lost.who_calls(**ask) == town.holder  # type: ignore[arg-type]
    spaced = f"{town.holder.number[:4]} {town.holder.number[4:]}"
    assert lost.who_calls(**{**ask, "number": spaced}) == town.holder  # type: ignore[arg-type]
    wrong = {
        "number": town.neighbour.number + "0", "birth_date": town.holder.birth_date + timedelta(days=1),
        "postcode": "9711 AB", "house_number": "11",
    }  # fmt: skip
    for name, value in wrong.items():
        with pytest.raises(Refused):
            lost.who_calls(**{**ask, name: value})  # type: ignore[arg-type]
    assert DeskEvent.objects.filter(verb="searched", reason="calls").count() == 6


def offline(held: HeldPass, amount: int, phone: Phone, town: Town, told: statuslist.StatusList) -> object:
    """What a till without a connection says, with the list that it holds."""
    now = int(phone.clock())
    presented = presentation.check(held.show(now, 15_000), custody().ring)
    known = catalogue.fresh(town.muni.pk)
    till = next(iter(known.tills.values()))
    facts = known.facts(till.shop, known.schemes[CLOTHES])
    withdrawn = told.withdrawn(held.claims["status"]["status_list"]["idx"])
    asked = attempt(presented, mode=OFFLINE, amt=amount, cur="EUR", prg=CLOTHES, part=False)
    return decide(asked, catalogue.replace(facts, revoked=withdrawn), now)


def read_list(town: Town) -> statuslist.StatusList:
    """The list of this week, as the rounds publish it."""
    now = timezone.now()
    status.publish(town.muni.pk, now)
    number = status.number_of(now)
    token = status.token(town.muni.pk, number, now)
    return statuslist.check(token or "", custody().status_key.private.public, status.uri(number))


def test_threat_stolen_phone(town: Town) -> None:
    """Revoked: refused online at once, and offline with a newer list; with an older one within the limits."""
    phone, till = town.phone(), town.till()
    phone.refill(CLOTHES, 9, reserve=True)
    older = read_list(town)
    _, block = letter(town)
    assert phone.lost(block).status == 200
    newer = read_list(town)
    for held in phone.passes:
        shown = held.show(phone.clock(), 500)
        assert till.redeem(shown, 500, CLOTHES).code == "pass_revoked"
        assert offline(held, 1, phone, town, newer) == Refusal(Code.PASS_REVOKED)
    # A till that has only the older list: the most that a thief gets is what the limits add up to.
    most = sum(held.claims["ofl"] for held in phone.passes)
    taken = 0
    for held in phone.passes:
        ofl = held.claims["ofl"]
        assert isinstance(offline(held, ofl + 1, phone, town, older), Refusal)
        answer = offline(held, ofl, phone, town, older)
        taken += answer.approved if isinstance(answer, Approval) else 0
    assert (
        0 < taken <= most == (IssuedPass.objects.aggregate(sum=Sum("ofl"))["sum"]) <= town.balance() == 15_000
    )
    assert phone.refill(CLOTHES, 1).code == "wallet_auth_failed"


@pytest.mark.django_db(transaction=True)
def test_a_refill_at_the_instant_of_a_block_leaves_no_living_pass(real_town: Town) -> None:
    phone, other = real_town.phone(), real_town.phone(real_town.neighbour)
    block = enrol.make_block_code(real_town.holder, timezone.now())
    calls = [
        lambda: phone.refill(CLOTHES, 8),
        lambda: other.lost(block),
        lambda: Phone(real_town.wire()).lost(block),
    ]
    answers = at_once(calls)
    assert answers[0].code in (None, "wallet_auth_failed")
    assert [answer.status for answer in answers[1:]] == [200, 200]
    assert not IssuedPass.objects.filter(revoked_at=None).exists()
    assert LetterOrder.objects.count() == 1
