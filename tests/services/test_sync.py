"""What a till sold without a connection is paid by who must pay it, once, whenever it comes in."""

from __future__ import annotations

import uuid
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
from tests.worlds import CLOTHES, SPORT, ZOO, Town
from wallet.custody import custody
from wallet.models import Case, Device, IssuedPass, Redemption, TillRecord
from wallet.protocol import pass_, presentation, receipt, record
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
