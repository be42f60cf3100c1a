"""On PostgreSQL the web's role can only add to the books; that is enough for what phones and tills ask."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.actors import HeldPass
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.protocol import pass_, presentation

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def as_web(town: Town) -> Town:
    """The town, seen by a connection with the web's rights until the test's transaction is rolled back."""
    role = f"web_{uuid.uuid4().hex[:12]}"
    call_command("roles", app=role)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
    return town


def test_phones_and_tills_are_served_with_the_rights_of_the_web(as_web: Town) -> None:
    first, second = as_web.passes(count=2)
    till = as_web.till()
    answered = first.answer(0, 14_000, till.merchant, "AAECAwQFBgc")
    paid = till.redeem(answered, 14_000, CLOTHES)  # more than its offline limit: other passes are looked at
    assert paid.status == 201, paid
    more = till.redeem(second.show(till.clock(), 500), 500, CLOTHES)
    assert till.give_back("refunds", paid.body["id"], 1000, CLOTHES).status == 201
    assert till.give_back("void", more.body["id"], 500, CLOTHES).status == 201
    assert as_web.balance() == 2000
    stranger = presentation_of_nobody(first)
    till.sell_offline(stranger, 300, CLOTHES)
    till.sell_offline(stranger, 300, CLOTHES)
    told = till.upload().body["results"][-2:]
    assert [one["outcome"] for one in told] == ["accepted_programme", "rejected"]


def presentation_of_nobody(held: HeldPass) -> str:
    """A pass that the issuer's key signed, and the issuer never issued: the guarantee pays."""
    token = pass_.issue(replace(held._read(), jti="A" * 16, ofl=500), custody().pass_key.private)
    now = int(timezone.now().timestamp())
    return presentation.present(token, presentation.open_proof(now, 500), held.key)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_account SET balance = balance + 1 WHERE code = 2100",
        "UPDATE ledger_transfer SET amount = amount + 1",
        "DELETE FROM ledger_transfer",
        "DELETE FROM wallet_redemption",
        "DELETE FROM wallet_issuedpass",
        "ALTER TABLE wallet_redemption DISABLE TRIGGER ALL",
        "DROP FUNCTION wallet_redemption_post() CASCADE",
    ],
)
def test_nothing_else_is_within_those_rights(as_web: Town, statement: str) -> None:
    till = as_web.till()
    till.redeem(as_web.passes()[0].show(till.clock(), 500), 500, CLOTHES)
    before = snapshot()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert snapshot() == before
