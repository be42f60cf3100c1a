"""The web's PostgreSQL role can add to the books and change nothing in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api
from ledger.api import AccountKey, Code, Kind
from ledger.checks import role_can_only_add
from ledger.models import Transfer
from tests import worlds
from tests.ledger.conftest import MUNI, Town

APP, WORKER = "meedoen_test_app", "meedoen_test_worker"


@pytest.fixture
def web(town: Town) -> Iterator[Town]:
    """The town, seen by the web's role."""
    town.pay(500)
    town.settle()
    call_command("roles", app=APP, worker=WORKER)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP}")
        yield town
        cursor.execute("RESET ROLE")


REFUSED = [
    *(
        f"UPDATE ledger_{table} SET id = id"
        for table in ("transfer", "posting_rule", "log_entry", "checkpoint")
    ),
    *(f"DELETE FROM ledger_{table}" for table in ("transfer", "account", "outbox", "batch", "subject_key")),
    *(f"TRUNCATE ledger_{table} CASCADE" for table in ("transfer", "account", "outbox", "batch_item")),
    "UPDATE ledger_account SET balance = balance + 1",
    "UPDATE ledger_account SET code = code",
    "UPDATE ledger_batch SET status = 'booked'",
    "INSERT INTO ledger_outbox (transfer_seq, muni, kind) VALUES (999, 14, 5)",
    "INSERT INTO ledger_log_entry (log_id, idx, leaf, source) VALUES (1, 9, '', 'x')",
    "INSERT INTO ledger_posting_rule (kind, debit, credit) VALUES (5, 2200, 2100)",
    "INSERT INTO ledger_transfer (seq) VALUES (1)",
    "INSERT INTO ledger_transfer (posted_at) VALUES (now())",
    "INSERT INTO ledger_account (id) VALUES (1)",
    "COPY ledger_transfer FROM PROGRAM 'true'",
    "COPY ledger_posting_rule FROM STDIN",
    "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
    "ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_apply",
    "DROP TRIGGER ledger_transfer_apply ON ledger_transfer",
    "DROP FUNCTION ledger_refuse() CASCADE",
    "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "DROP TABLE ledger_transfer CASCADE",
    "CREATE TABLE mine (id int)",
    "SET session_replication_role = replica",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "DELETE FROM wallet_redemption",
    "TRUNCATE wallet_redemption CASCADE",
]


@pytest.mark.postgres
@pytest.mark.parametrize("sql", REFUSED)
def test_the_web_is_refused(web: Town, sql: str) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert getattr(caught.value.__cause__, "sqlstate", "") == "42501", caught.value


@pytest.mark.postgres
def test_the_web_opens_accounts_pays_refunds_and_grants(web: Town) -> None:
    paid = web.pay(300)
    web.refund(paid, 100)
    web.open(pots=1, shops=1)
    web.grant([(web.pots[3], 50)])
    web.allocate(5, "B-9")
    assert (web.balance(web.pots[0]), web.balance(web.pots[3])) == (10_000 - 500 - 200, 50)
    with pytest.raises(api.Overdrawn):
        web.pay(9_999_999)


@pytest.mark.postgres
def test_a_whole_sale_goes_through_the_doors_as_the_web(db: None, settings: Settings) -> None:
    """Activation, top-up, passes, enrolment, a payment and a refund: the web's rights are enough for all."""
    settings.ALLOWED_HOSTS = ["testserver"]
    place = worlds.build()
    call_command("roles", app=APP)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP}")
        before = place.balance()
        place.top_up(1_000)
        till, (held,) = place.till(), place.passes()
        answer = till.redeem(held.show(timezone.now().timestamp(), 15_000), 2_500, worlds.CLOTHES)
        assert answer.status == 201, answer
        assert till.give_back("refunds", answer.body["id"], 500, worlds.CLOTHES).status == 201
        assert place.balance() == before + 1_000 - 2_000
        cursor.execute("RESET ROLE")


@pytest.mark.postgres
def test_a_temporary_table_cannot_pose_as_the_accounts(web: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE ledger_account AS SELECT * FROM ledger_account")
        cursor.execute("UPDATE pg_temp.ledger_account SET balance = 1000000")
        cursor.execute("SET LOCAL search_path = public, pg_temp")
    with pytest.raises(api.Overdrawn):
        web.pay(9_999_999)


@pytest.mark.postgres
def test_the_worker_settles_but_changes_nothing_else(town: Town) -> None:
    call_command("roles", app=APP, worker=WORKER)
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {WORKER}")
        town.pay(300)
        assert town.settle().batch == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE ledger_account SET balance = 0")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("DELETE FROM ledger_transfer")
        cursor.execute("RESET ROLE")
    assert Transfer.objects.filter(kind=Kind.SETTLE).count() == 1


@pytest.mark.postgres
def test_the_rights_are_given_again_without_harm(web: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"GRANT ALL ON ledger_transfer TO {APP}")
    call_command("roles", app=APP)
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'ledger_transfer', 'DELETE')", [APP])
        assert cursor.fetchone() == (False,)


@pytest.mark.postgres
def test_a_role_that_could_change_the_books_does_not_go_live(web: Town) -> None:
    assert role_can_only_add() == []
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")  # the owner
        (said,) = role_can_only_add()
        assert "ledger_transfer" in said.msg
        cursor.execute(f"GRANT DELETE ON ledger_log_entry TO {APP}")
        cursor.execute(f"SET LOCAL ROLE {APP}")
    assert [message.msg for message in role_can_only_add()] == ["The web's role can change ledger_log_entry."]


@pytest.mark.sqlite
def test_sqlite_has_no_roles(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("roles", app=APP)
    assert api.open_accounts([AccountKey(MUNI, Code.FUND, 1)])
