"""What a till sold without a connection is paid by who must pay it, once, whenever it comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.models import Transfer
from tests.actors import Answer, HeldPass, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, SPORT, Town
from wallet.custody import custody
from wallet.models import Case, Device, IssuedPass, Redemption, Staff, TillRecord
from wallet.models import Till as TillRow
from wallet.protocol import pass_, presentation, receipt
from wallet.protocol.signing import PrivateKey, peek
from wallet.services import merchants, sync
from wallet.services.refused import Refused
from wallet.services.sync import cases

pytestmark = pytest.mark.django_db

HOUR, DAY = 3600, 86_400


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


def now() -> float:
    return timezone.now().timestamp()


def show(held: HeldPass, at: float | None = None, most: int = 4000) -> str:
    return held.show(now() if at is None else at, most)


def outcomes(answer: Answer) -> list[tuple[Any, ...]]:
    assert answer.status == 200, answer
    return [(one["outcome"], one.get("code"), one.get("approved")) for one in answer.body["results"]]


def guarantee() -> int:
    """Cents that the guarantee paid and did not get back."""
    paid = Transfer.objects.filter(debit__code=5000)
    back = Transfer.objects.filter(credit__code=5000)
    return sum(paid.values_list("amount", flat=True)) - sum(back.values_list("amount", flat=True))


# --- what is paid -------------------------------------------------------------------------------------------
def test_what_was_sold_offline_is_paid_by_the_pot_and_has_a_receipt(town: Town, till: Till) -> None:
    [held] = town.passes()
    made = int(now())
    token = till.sell_offline(show(held), 1200, CLOTHES, iat=made)
    answer = till.upload()
    assert outcomes(answer) == [("accepted", None, 1200)]
    [result] = answer.body["results"]
    assert (result["seq"], answer.body["acked_seq"], till.queue) == (1, 1, [])
    assert (town.balance(), town.owed(), guarantee()) == (13_800, 1200, 0)
    row = Redemption.objects.get(pk=result["id"])
    transfer = Transfer.objects.get(id=row.pk)
    assert (transfer.kind, transfer.amount, row.mode, row.issued_pass_id) == (
        7,
        1200,
        "off",
        held.claims["jti"],
    )
    assert (row.record, int(row.taken_at.timestamp())) == (token, made)
    told = receipt.check(result["receipt"], custody().receipt_key.private.public)
    assert (told.res, told.amt, told.jti, told.txn) == ("approved", 1200, str(row.pk), peek(token)[1]["txn"])
    assert TillRecord.objects.get().record == ""


def test_the_same_upload_again_changes_nothing_and_gets_the_same_answers(town: Town, till: Till) -> None:
    first, second, third = town.passes(count=3)
    sent = [
        till.sell_offline(show(first), 500, CLOTHES),
        till.sell_offline(show(second), 1600, CLOTHES),
        till.sell_offline(show(third, now() - 900), 700, CLOTHES),
        till.sell_offline(show(third), 700, CLOTHES, iat=int(now()) + HOUR),
    ]
    answer = till.upload()
    assert outcomes(answer) == [
        ("accepted", None, 500),
        ("accepted", "over_offline_limit", 1500),
        ("rejected", "proof_stale", None),
        ("held", "time_implausible", None),
    ]
    before = snapshot()
    assert till.upload(sent).body["results"] == answer.body["results"]
    assert till.upload(sent[1:3]).body["results"] == answer.body["results"][1:3]
    assert snapshot() == before


# --- every row of the table ---------------------------------------------------------------------------------
def forged(
    held: HeldPass, key: PrivateKey | None = None, holder: PrivateKey | None = None, **changes: Any
) -> str:
    """The pass of `held` with other claims, signed by the issuer's own key (or another)."""
    holder = holder or held.key
    said = replace(held._read(), holder=holder.public.jwk, **changes)
    token = pass_.issue(said, key or custody().pass_key.private)
    return presentation.present(token, presentation.open_proof(int(now()), 4000), holder)


def twice(town: Town, till: Till, held: HeldPass, first: Till) -> None:
    """The pass was spent at `first`, and this till did not know."""
    first.sell_offline(show(held), 500, CLOTHES)
    assert outcomes(first.upload())[0][0] == "accepted"
    till.sell_offline(show(held), 600, CLOTHES)


def long_ago(town: Town, till: Till, held: HeldPass, back: float, **changes: Any) -> None:
    """A sale `back` seconds ago, with a bundle and a list of then."""
    at = int(now() - back)
    row = IssuedPass.objects.filter(pk=held.claims["jti"])
    row.update(issued_at=timezone.now() - timedelta(seconds=back + 60))
    till.sell_offline(show(held, at), 600, CLOTHES, iat=at, **{"bnd": at - 60, "stl": at - 60, **changes})


def revoked(town: Town, till: Till, held: HeldPass, back: float, on: str = "pass") -> None:
    """Taken back some seconds ago; sold now."""
    at = timezone.now() - timedelta(seconds=back)
    if on == "pass":
        IssuedPass.objects.filter(pk=held.claims["jti"]).update(revoked_at=at)
    else:
        Device.objects.update(revoked_at=at)
    till.sell_offline(show(held), 600, CLOTHES, stl=int(now() - 47 * HOUR))


def empty(town: Town, till: Till, held: HeldPass, left: int) -> None:
    """The pot was nearly emptied online meanwhile; this till's list did not say so yet."""
    other = town.till(town.other_till_row)
    spend = next(one for one in town.spare if one is not held)
    paid = other.redeem(
        spend.answer(now(), 15_000 - left, other.merchant, "AAECAwQFBgc"), 15_000 - left, CLOTHES
    )
    assert paid.status == 201, paid
    IssuedPass.objects.filter(pk=held.claims["jti"]).update(online_only_at=timezone.now())
    till.sell_offline(show(held), 600, CLOTHES)


Row = tuple[Callable[[Town, Till, HeldPass], Any], str, str | None, int, int, str | None]
ROWS: dict[str, Row] = {
    # what happened: (how, outcome, code, units paid, cents by the guarantee, case)
    "a pass signed by a stranger": (
        lambda town, till, held: till.sell_offline(forged(held, PrivateKey.generate()), 600, CLOTHES),
        "rejected", "bad_signature", 0, 0, "bad_signature"),
    "a proof that another phone signed": (
        lambda town, till, held: till.sell_offline(
            held.token + "~" + forged(held, holder=PrivateKey.generate()).partition("~")[2], 600, CLOTHES),
        "rejected", "bad_proof", 0, 0, "bad_proof"),
    "more than the phone allowed": (
        lambda town, till, held: till.sell_offline(show(held, most=450), 600, CLOTHES),
        "accepted", "amount_over_max", 450, 0, "amount_over_max"),
    "more than the pass may carry": (
        lambda town, till, held: till.sell_offline(show(held), 1501, CLOTHES),
        "accepted", "over_offline_limit", 1500, 0, "over_offline_limit"),
    "nothing": (
        lambda town, till, held: till.sell_offline(show(held), 0, CLOTHES),
        "rejected", "amount_invalid", 0, 0, "amount_invalid"),
    "another programme": (
        lambda town, till, held: till.sell_offline(show(held), 600, SPORT),
        "rejected", "wrong_programme", 0, 0, "wrong_programme"),
    "a programme that is not there": (
        lambda town, till, held: till.sell_offline(show(held), 600, 999),
        "rejected", "wrong_programme", 0, 0, "wrong_programme"),
    "an old proof": (
        lambda town, till, held: till.sell_offline(show(held, now() - 240), 600, CLOTHES),
        "rejected", "proof_stale", 0, 0, "proof_stale"),
    "a bundle of more than seven days": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, bnd=int(now()) - 7 * DAY - 5),
        "rejected", "bundle_expired", 0, 0, "bundle_expired"),
    "a list of more than 48 hours": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, stl=int(now()) - 48 * HOUR - 5),
        "rejected", "list_stale", 0, 0, "list_stale"),
    "a printed card": (
        lambda town, till, held: till.sell_offline(None, 600, CLOTHES, card="VPC1:AAAA"),
        "rejected", "card_online_only", 0, 0, "card_online_only"),
    "a pass that the issuer never made": (
        lambda town, till, held: till.sell_offline(forged(held, jti="AAAAAAAAAAAAAAAA"), 600, CLOTHES),
        "accepted_programme", None, 600, 600, "issuer_key_leaked"),
    "a pass of another holder under a number that was issued": (
        lambda town, till, held: till.sell_offline(forged(held, holder=PrivateKey.generate()), 600, CLOTHES),
        "accepted_programme", None, 600, 600, "issuer_key_leaked"),
    "withdrawn before the list that the till had to hold": (
        lambda town, till, held: revoked(town, till, held, 49 * HOUR),
        "rejected", "pass_revoked", 0, 0, "pass_revoked"),
    "its phone withdrawn before that list": (
        lambda town, till, held: revoked(town, till, held, 49 * HOUR, "phone"),
        "rejected", "pass_revoked", 0, 0, "pass_revoked"),
    "withdrawn since": (
        lambda town, till, held: revoked(town, till, held, 12 * HOUR),
        "accepted_programme", None, 600, 600, None),
    "withdrawn after the sale": (
        lambda town, till, held: revoked(town, till, held, -60),
        "accepted", None, 600, 0, None),
    "spent at this shop before": (
        lambda town, till, held: twice(town, till, held, till), "rejected", "already_redeemed", 0, 0,
        "already_redeemed"),
    "spent at another shop before": (
        lambda town, till, held: twice(town, till, held, town.till(town.other_till_row)),
        "accepted_programme", None, 600, 600, "double_spend"),
    "a pot that holds less": (
        lambda town, till, held: empty(town, till, held, 200), "accepted_programme", None, 600, 400, None),
    "an empty pot": (
        lambda town, till, held: empty(town, till, held, 0), "accepted_programme", None, 600, 600, None),
    "four days later": (
        lambda town, till, held: long_ago(town, till, held, 4 * DAY), "accepted", None, 600, 0, None),
    "four days later, and withdrawn before the sale": (
        lambda town, till, held: (
            IssuedPass.objects.filter(pk=held.claims["jti"]).update(
                revoked_at=timezone.now() - timedelta(days=4, minutes=5)),
            long_ago(town, till, held, 4 * DAY)),
        "rejected", "late_record", 0, 0, "late_record"),
    "eight days later": (
        lambda town, till, held: long_ago(town, till, held, 8 * DAY),
        "rejected", "late_record", 0, 0, "late_record"),
    "six minutes ahead": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, iat=int(now()) + 360),
        "held", "time_implausible", 0, 0, "time_implausible"),
    "before its bundle": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, bnd=int(now()) + 20),
        "held", "time_implausible", 0, 0, "time_implausible"),
    "without the record before it": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, seq=3),
        "held", "chain_gap", 0, 0, None),
    "not after the record that it should follow": (
        lambda town, till, held: till.sell_offline(show(held), 600, CLOTHES, prev="A" * 43),
        "held", "chain_fork", 0, 0, "chain_fork"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_who_pays(name: str, town: Town, till: Till) -> None:
    how, outcome, code, paid, by_guarantee, case = ROWS[name]
    town.spare = town.passes(count=2)
    how(town, till, town.spare[0])
    pots, owed, before = town.balance(), town.owed(), guarantee()
    answer = till.upload()
    assert outcomes(answer)[-1] == (outcome, code, paid or None)
    assert guarantee() - before == by_guarantee
    assert pots - town.balance() == paid - by_guarantee
    assert town.owed() - owed == paid
    found = Case.objects.order_by("opened_at").last()
    assert (found.code if found else None) == case
    told = till.cases()
    missed = peek(till.sent[-1])[1]["amt"] - paid
    assert [(one["code"], one["amount"], one["state"]) for one in told] == (
        [(code, missed, "open")] if missed or outcome == "rejected" else []
    )
    before_again = snapshot()
    assert till.upload(till.sent).body["results"] == answer.body["results"]
    assert snapshot() == before_again


def test_a_sale_of_nothing_that_was_refused_stays_in_view_of_the_shop_until_a_person_closed_it(
    town: Town, till: Till
) -> None:
    [held] = town.passes()
    till.sell_offline(show(held), 0, CLOTHES)
    assert outcomes(till.upload()) == [("rejected", "amount_invalid", None)]
    case = Case.objects.get()

    def told() -> list[tuple[str, int, str]]:
        return [(one["code"], one["amount"], one["state"]) for one in till.cases()]

    assert told() == [("amount_invalid", 0, "open")]
    cases.close(case=case, choice="seen", reason="asked the shop", staff=town.staff, now=timezone.now())
    assert told() == [("amount_invalid", 0, "closed")]
    Case.objects.update(decided_at=timezone.now() - timedelta(days=31))
    assert told() == []


# --- the same sale online and offline -----------------------------------------------------------------------
def test_a_sale_that_was_approved_online_is_not_paid_again(town: Town, till: Till) -> None:
    [held] = town.passes()
    shown = show(held)
    asked = till.sale(shown, 900, CLOTHES)
    paid = till.send(asked).body  # the answer is lost: the till goes on without a connection
    till.sell_offline(shown, 900, CLOTHES, txn=paid["txn"])
    answer = till.upload([asked, *till.queue])
    assert outcomes(answer) == [("duplicate_record", None, 900)] * 2
    assert {one["id"] for one in answer.body["results"]} == {paid["id"]}
    assert answer.body["results"][0]["receipt"] == paid["receipt"]
    assert (town.balance(), town.owed()) == (14_100, 900)


def test_a_record_of_an_online_try_is_noted_and_never_booked(town: Town, till: Till) -> None:
    [held] = town.passes()
    shown = show(held)
    tried = till.sale(shown, 900, CLOTHES)  # never arrives
    till.sell_offline(shown, 900, CLOTHES, txn=peek(tried)[1]["txn"])
    answer = till.upload([tried, *till.queue])
    assert outcomes(answer) == [("noted", None, None), ("accepted", None, 900)]
    late = till.send(tried)  # it comes in after all
    assert (late.status, late.code) == (422, "idempotency_mismatch")
    assert (town.balance(), town.owed()) == (14_100, 900)


def test_what_was_approved_online_for_less_is_filled_up(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    other = town.till(town.other_till_row)
    other.redeem(first.answer(now(), 14_400, other.merchant, "AAECAwQFBgc"), 14_400, CLOTHES)
    shown = show(second)
    tried = till.sale(shown, 1000, CLOTHES, part=True)
    paid = till.send(tried).body
    assert (paid["result"], paid["approved"]) == ("partial", 600)
    sold = till.sell_offline(shown, 1000, CLOTHES, txn=paid["txn"], part=True)
    answer = till.upload([sold])
    assert outcomes(answer) == [("accepted_programme", None, 1000)]
    assert (town.balance(), town.owed(), guarantee()) == (0, 1000, 400)
    again = till.sell_offline(shown, 1000, CLOTHES, txn=paid["txn"], part=True)
    assert outcomes(till.upload([sold, again])) == [
        ("accepted_programme", None, 1000),
        ("duplicate_record", None, 1000),
    ]
    assert (town.owed(), guarantee(), Case.objects.count()) == (1000, 400, 0)


def test_threat_merchant_resubmits(town: Town, till: Till) -> None:
    [held] = town.passes()
    shown = show(held)
    first = till.sell_offline(shown, 500, CLOTHES)
    same = till.sell_offline(shown, 500, CLOTHES, txn=peek(first)[1]["txn"])
    more = till.sell_offline(shown, 900, CLOTHES, txn=peek(first)[1]["txn"])
    new = till.sell_offline(shown, 500, CLOTHES)
    assert outcomes(till.upload()) == [
        ("accepted", None, 500),
        ("duplicate_record", None, 500),
        ("rejected", "idempotency_mismatch", None),
        ("rejected", "already_redeemed", None),
    ]
    assert (town.balance(), town.owed()) == (14_500, 500)
    assert [one["txn"] for one in till.cases()] == [peek(one)[1]["txn"] for one in (more, new)]
    assert same


# --- taken back ---------------------------------------------------------------------------------------------
def test_a_sale_that_was_taken_back_before_its_upload_costs_nothing(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    sold = till.sell_offline(show(first), 500, CLOTHES)
    till.void_offline(sold)
    assert outcomes(till.upload()) == [("noted", None, None)] * 2
    assert (town.balance(), town.owed(), Redemption.objects.count()) == (15_000, 0, 0)
    sold = till.sell_offline(show(second), 500, CLOTHES)
    assert outcomes(till.upload())[0][0] == "accepted"  # the answer is lost, and the till takes it back
    till.void_offline(sold)
    assert outcomes(till.upload()) == [("noted", None, None)]
    assert (town.balance(), town.owed(), Redemption.objects.get().refunded) == (15_000, 0, 500)
    before = snapshot()
    till.upload(till.sent)
    assert snapshot() == before


# --- the chain ----------------------------------------------------------------------------------------------
def test_what_follows_a_missing_record_is_held_until_it_comes(town: Town, till: Till) -> None:
    passes = town.passes(count=3)
    first, second, third = (till.sell_offline(show(held), 500, CLOTHES) for held in passes)
    assert outcomes(till.upload([first, third])) == [("accepted", None, 500), ("held", "chain_gap", None)]
    assert [(one["code"], one["state"]) for one in till.cases()] == [("chain_gap", "open")]
    answer = till.upload([second, third])
    assert outcomes(answer) == [("accepted", None, 500)] * 2
    assert (answer.body["acked_seq"], town.owed(), till.cases()) == (3, 1500, [])


def test_a_missing_record_holds_nothing_for_more_than_seven_days(town: Town, till: Till) -> None:
    passes = town.passes(count=3)
    till.sell_offline(show(passes[0]), 500, CLOTHES)
    later = [till.sell_offline(show(held), 500, CLOTHES) for held in passes[1:]]
    till.upload(later[:1])
    assert sync.judge_overdue(town.muni.pk, timezone.now() + timedelta(days=6)) == 0
    assert sync.judge_overdue(town.muni.pk, timezone.now() + timedelta(days=7, minutes=1)) == 1
    assert (town.owed(), Case.objects.get().code) == (500, "chain_gap")
    assert outcomes(till.upload(later)) == [("accepted", None, 500)] * 2
    assert (town.owed(), till.cases()) == (1000, [])


def test_threat_till_rolled_back(town: Town, till: Till) -> None:
    passes = town.passes(count=4)
    copy = replace(till, queue=[], wire=town.wire())  # the tablet is put back to what it was
    till.sell_offline(show(passes[0]), 500, CLOTHES)
    till.upload()
    copy.sell_offline(show(passes[1]), 600, CLOTHES)
    copy.sell_offline(show(passes[2]), 700, CLOTHES)
    answer = copy.upload()
    assert outcomes(answer) == [("held", "chain_fork", None), ("held", "chain_fork", None)]
    assert till.redeem(show(passes[3]), 100, CLOTHES).code == "till_suspended"
    till.sell_offline(show(passes[3]), 800, CLOTHES)
    assert outcomes(till.upload()) == [("noted", None, None), ("held", "chain_fork", None)]
    assert (town.owed(), sorted(one["amount"] for one in till.cases())) == (500, [600, 700, 800])
    again = copy.upload(copy.sent)
    assert outcomes(again) == outcomes(answer)
    case = Case.objects.get()
    assert (case.code, case.refused) == ("chain_fork", 2100)
    cases.close(
        case=case, choice="judge", reason="looked at the tablet", staff=town.staff, now=timezone.now()
    )
    assert (town.owed(), town.balance(), till.cases()) == (2600, 12_400, [])
    row = TillRow.objects.get(pk=till.id)
    merchants.resume_till(till=row, reason="", staff=town.staff, now=timezone.now())
    fresh = town.till()  # enrolled anew: a chain of its own
    row.refresh_from_db()
    merchants.suspend_till(till=row, reason="", staff=town.staff, now=timezone.now())
    assert outcomes(_sold(fresh, town)) == [("held", "till_suspended", None)]
    merchants.resume_till(till=row, reason="", staff=town.staff, now=timezone.now())
    assert outcomes(_sold(fresh, town))[-1] == ("accepted", None, 100)


def _sold(till: Till, town: Town) -> Answer:
    till.sell_offline(show(town.passes()[0]), 100, CLOTHES)
    return till.upload()


def test_threat_till_backdates(town: Town, till: Till) -> None:
    passes = town.passes(count=4)
    made = int(now())
    till.bnd = made - HOUR
    till.sell_offline(show(passes[0]), 500, CLOTHES, iat=made)
    till.sell_offline(show(passes[1]), 500, CLOTHES, iat=made - 59)
    till.sell_offline(show(passes[2]), 500, CLOTHES, iat=made - 120)
    till.sell_offline(show(passes[3], made - 90), 500, CLOTHES, iat=made - 90, bnd=made - 80)
    assert outcomes(till.upload()) == [
        ("accepted", None, 500),
        ("accepted", None, 500),
        ("held", "time_implausible", None),
        ("held", "time_implausible", None),
    ]
    first, second = Case.objects.order_by("records__seq")
    cases.close(case=first, choice="judge", reason="clock", staff=town.staff, now=timezone.now())
    cases.close(case=second, choice="leave", reason="no", staff=town.staff, now=timezone.now())
    assert [one["state"] for one in till.cases()] == ["closed"]
    assert (town.owed(), Case.objects.filter(state="open").count()) == (1500, 0)


def test_threat_two_offline_tills(town: Town, till: Till) -> None:
    [held] = town.passes()
    other = town.till(town.other_till_row)
    first, second = show(held), show(held, now() - 360 + 300)
    till.sell_offline(first, 1000, CLOTHES)
    other.sell_offline(second, 1500, CLOTHES)
    assert outcomes(till.upload()) == [("accepted", None, 1000)]
    assert outcomes(other.upload()) == [("accepted_programme", None, 1500)]
    assert (town.owed(), town.owed(town.other_shop), town.balance()) == (1000, 1500, 14_000)
    assert guarantee() == 1500 <= held.claims["ofl"]
    case = Case.objects.get()
    assert (case.code, case.guaranteed, case.refused) == ("double_spend", 1500, 0)
    assert (case.first_proof, case.proof) == (first.partition("~")[2], second.partition("~")[2])
    assert case.voucher == town.voucher()
    assert other.cases() == till.cases() == []  # the shops have what they sold


def test_threat_stale_revocation_list(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    till.sell_offline(show(first), 600, CLOTHES, stl=int(now()) - 49 * HOUR)
    IssuedPass.objects.filter(pk=second.claims["jti"]).update(revoked_at=timezone.now() - timedelta(hours=49))
    till.sell_offline(show(second), 600, CLOTHES)
    assert outcomes(till.upload()) == [("rejected", "list_stale", None), ("rejected", "pass_revoked", None)]
    assert (town.owed(), guarantee(), Case.objects.count()) == (0, 0, 2)


def test_two_passes_spent_twice_make_the_next_ones_good_online_only(town: Town, till: Till) -> None:
    phone = town.phone()
    phone.refill(CLOTHES, 2)
    other = town.till(town.other_till_row)
    for _ in range(2):
        held = phone.take(CLOTHES)
        till.sell_offline(show(held), 100, CLOTHES)
        other.sell_offline(show(held), 100, CLOTHES)
    till.upload()
    other.upload()
    assert phone.refill(CLOTHES, 1).status == 201
    held = phone.take(CLOTHES)
    assert held.claims["ofl"] == 0
    assert till.redeem(show(held), 100, CLOTHES).status == 201
    Case.objects.update(opened_at=timezone.now() - timedelta(days=91))
    phone.refill(CLOTHES, 1)
    assert phone.take(CLOTHES).claims["ofl"] == 1500


# --- closing a case -----------------------------------------------------------------------------------------
def test_a_shop_is_paid_after_all_by_the_pot_when_only_its_till_was_late(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    long_ago(town, till, first, 8 * DAY)
    till.sell_offline(show(second), 1700, CLOTHES)
    till.upload()
    late, excess = Case.objects.order_by("records__seq")
    done = cases.close(case=late, choice="pay", reason="storm", staff=town.staff, now=timezone.now())
    assert (done.state, town.balance(), guarantee()) == ("paid", 15_000 - 1500 - 600, 0)
    cases.close(case=excess, choice="pay", reason="kind", staff=town.staff, now=timezone.now())
    assert (town.owed(), guarantee()) == (2300, 200)
    assert [(one["state"], one["amount"]) for one in till.cases()] == [("paid", 600), ("paid", 200)]
    with pytest.raises(Refused):
        cases.close(case=late, choice="pay", reason="again", staff=town.staff, now=timezone.now())
    assert town.owed() == 2300


def test_much_is_paid_by_two_people(town: Town, till: Till) -> None:
    town.muni.four_eyes_above = 500
    town.muni.save()
    [held] = town.passes()
    long_ago(town, till, held, 8 * DAY)
    till.upload()
    case, at = Case.objects.get(), timezone.now()
    for _ in range(2):
        asked = cases.close(case=case, choice="pay", reason="storm", staff=town.staff, now=at)
        assert (asked.state, town.owed()) == ("open", 0)
    assert cases.count_open(town.muni, town.staff) == 0
    second = Staff.objects.get(username="two-of-finance")
    assert cases.close(case=case, choice="pay", reason="yes", staff=second, now=at).state == "paid"
    assert town.owed() == 600


# --- what is never taken in ---------------------------------------------------------------------------------
def test_an_upload_with_one_record_that_is_not_right_changes_nothing(town: Town, till: Till) -> None:
    first, second = town.passes(count=2)
    good = till.sell_offline(show(first), 500, CLOTHES)
    stranger = replace(till, key=PrivateKey.generate())
    before = snapshot()
    for bad, status, code in (
        ("nonsense", 400, "malformed_record"),
        (good[:-4] + "AAAA", 401, "till_auth_failed"),
        (stranger.sell_offline(show(second), 500, CLOTHES), 401, "till_auth_failed"),
    ):
        answer = till.upload([good, bad])
        assert (answer.status, answer.code, answer.body["facts"]) == (status, code, {"index": 1})
    assert till.upload([good] * 501).code == "malformed_request"
    assert till.call("POST", "/api/v1/tills/records", {"records": [7, {}]}).status == 400
    assert till.call("POST", "/api/v1/tills/records", {"records": ["\ud800"]}).status == 400
    assert outcomes(till.upload([])) == []
    assert snapshot() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wallet_tillrecord SET amount = 1",
        "UPDATE wallet_tillrecord SET outcome = 'held', decided_at = NULL",
        "UPDATE wallet_tillrecord SET approved = 9",
        "DELETE FROM wallet_tillrecord",
    ],
)
def test_a_record_stays_as_it_is(statement: str, town: Town, till: Till) -> None:
    _sold(till, town)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# --- many ---------------------------------------------------------------------------------------------------
def test_the_statements_of_an_upload_do_not_grow_with_it(town: Town, till: Till) -> None:
    town.top_up(45_000)
    phone = town.phone()
    assert {phone.refill(CLOTHES, 8).status for _ in range(4)} == {201}
    passes = phone.passes
    for held in passes[:1]:
        till.sell_offline(show(held), 10, CLOTHES)
    till.upload()

    def statements(some: list[HeldPass]) -> int:
        for held in some:
            till.sell_offline(show(held), 10, CLOTHES)
        with CaptureQueriesContext(connection) as asked:
            assert {one[0] for one in outcomes(till.upload())} == {"accepted"}
        return len(asked)

    few, many = statements(passes[1:6]), statements(passes[6:])
    assert many <= few + 2  # SQLite writes fewer rows in one statement
    assert few <= 25  # nonces and their cache among them


@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_till_at_once_are_one(real_town: Town) -> None:
    till = real_town.till()
    for held in real_town.passes(count=5):
        till.sell_offline(show(held), 100, CLOTHES)
    tills = [replace(till, wire=real_town.wire()) for _ in range(3)]
    answers = at_once([one.upload for one in tills])
    assert all(answer.body["results"] == answers[0].body["results"] for answer in answers)
    assert (real_town.owed(), real_town.balance(), TillRecord.objects.count()) == (500, 14_500, 5)
