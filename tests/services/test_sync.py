"""What a till sold without a connection is paid by who must pay it, once, whenever it comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger.models import Transfer
from tests.actors import Answer, HeldPass, Till
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, SPORT, Town
from wallet.custody import custody
from wallet.models import Case, Device, IssuedPass, Redemption, TillRecord
from wallet.protocol import pass_, presentation, receipt
from wallet.protocol.signing import PrivateKey, peek

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
        [(code, missed, "open")] if code else []
    )
    before_again = snapshot()
    assert till.upload(till.sent).body["results"] == answer.body["results"]
    assert snapshot() == before_again
