"""The web's PostgreSQL role can add to the books and change nothing in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api, tasks
from ledger.api import AccountKey, Code, Kind
from ledger.audit import manifest
from ledger.checks import role_can_only_add
from ledger.models import Account, Erasure, Log, SubjectKey, Transfer
from ledger.showcase import reading
from tests import worlds
from tests.ledger.conftest import MUNI, Town
from tests.ledger.test_kinds import name_fund
from tests.ledger.test_shards import OwnTables

APP, WORKER = "meedoen_test_app", "meedoen_test_worker"


def give(signer: str | None = "meedoen_test_signer") -> None:
    """All the roles."""
    call_command("roles", app=APP, worker=WORKER, signer=signer, audit="meedoen_test_audit")
    connection.check_constraints()


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """With the rights of this role."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        cursor.execute("RESET ROLE")


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
    "UPDATE ledger_batch SET status = 'witnessed'",
    "UPDATE ledger_batch SET n = 0",
    "UPDATE ledger_fund SET number = 9",
    "UPDATE ledger_payee_account SET iban = 'NL'",
    "UPDATE ledger_pain_file SET total = 1",
    "UPDATE ledger_payout SET amount = 1",
    "UPDATE ledger_bank_line SET amount = 1",
    "DELETE FROM ledger_bank_match",
    "DELETE FROM ledger_fund",
    "INSERT INTO ledger_batch (muni) VALUES (14)",
    "INSERT INTO ledger_checkpoint (size) VALUES (1)",
    "INSERT INTO ledger_cosignature (witness) VALUES ('me')",
    "INSERT INTO ledger_subject_key (muni) VALUES (14)",
    "INSERT INTO ledger_erasure (muni, at) VALUES (14, now())",
    "INSERT INTO ledger_log_entry (log_id, idx, leaf, source) VALUES (1, 9, '', 'batch:14:9')",
    "INSERT INTO ledger_log_entry (log_id, idx, leaf, source) VALUES (1, 9, '', 'cover:14:9')",
    "ALTER TABLE ledger_log_entry DISABLE ROW LEVEL SECURITY",
    'DROP POLICY "meedoen_test_app INSERT" ON ledger_log_entry',
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


def said() -> dict[str, str]:
    """What `check --deploy` says of the role in use, by its number."""
    return {str(message.id): message.msg for message in role_can_only_add()}


@pytest.mark.postgres
@pytest.mark.parametrize("role", ["app", "worker", "sealer", "signer", "audit"])
def test_the_roles_go_live(town: Town, role: str) -> None:
    """Each has what it was given and no more, so nothing is said of it."""
    give(signer=None if role == "worker" else "meedoen_test_signer")
    with as_role(WORKER if role in ("worker", "sealer") else f"meedoen_test_{role}"):
        assert said() == {}


# Number of the question, what its answer names, and what makes it be asked in vain: as the owner.
BENT = [
    ("E001", "ledger_log_entry", "GRANT DELETE ON ledger_log_entry TO {}"),
    ("E001", "ledger_account", "GRANT UPDATE (balance) ON ledger_account TO {}"),
    ("E001", "ledger_posting_rule", "GRANT INSERT ON ledger_posting_rule TO {}"),
    ("E001", "ledger_fund", "ALTER TABLE ledger_fund OWNER TO {}"),
    ("E001", "wallet_redemption", "GRANT DELETE ON wallet_redemption TO {}"),
    ("E002", "bypassrls", "ALTER ROLE {} BYPASSRLS"),
    ("E002", "pg_write_all_data", "GRANT pg_write_all_data TO {}"),
    ("E003", "ledger_refuse", "ALTER FUNCTION ledger_refuse() OWNER TO {}"),
    ("E004", "ledger_transfer_apply", "ALTER TABLE ledger_transfer DISABLE TRIGGER ledger_transfer_apply"),
    ("E005", "session_replication_role", "GRANT SET ON PARAMETER session_replication_role TO {}"),
    ("E006", "public", "GRANT CREATE ON SCHEMA public TO {}"),
    ("E007", "ledger_batch", "ALTER TABLE ledger_batch DISABLE ROW LEVEL SECURITY"),
]


@pytest.mark.postgres
@pytest.mark.parametrize(("number", "named", "sql"), BENT, ids=[f"{row[0]} {row[1]}" for row in BENT])
def test_a_role_that_could_bend_the_books_does_not_go_live(
    web: Town, number: str, named: str, sql: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(sql.format(APP))
        cursor.execute(f"SET LOCAL ROLE {APP}")
    message = said()[f"ledger.{number}"]
    assert message.endswith(f" {named}.") and "," not in message


@pytest.mark.postgres
def test_the_owner_does_not_go_live(db: None) -> None:
    assert {"ledger.E001", "ledger.E002", "ledger.E003", "ledger.E006"} <= said().keys()


@pytest.mark.postgres
def test_the_signer_signs_what_the_worker_sealed(town: Town, witnesses: Callable[[Log], None]) -> None:
    witnesses(api.setup_log(MUNI, town.now))
    give()
    town.pay(300)
    with as_role(WORKER):
        assert api.seal(MUNI, town.now, force=True) == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            api.sign(MUNI, town.now)
    # What the worker tried is not on disk for the signer to find: it would have to say the same.
    with as_role("meedoen_test_signer"), connection.cursor() as cursor:
        done = api.sign(MUNI, town.now)
        for sql in SIGNER_REFUSED:
            with pytest.raises(DatabaseError) as caught, transaction.atomic():
                cursor.execute(sql)
            assert getattr(caught.value.__cause__, "sqlstate", "") == "42501", sql
    assert (done.size, done.witnessed) == (Log.objects.get().entries.count(), True)


@pytest.mark.postgres
def test_the_bells_ring_with_the_rights_of_who_hears_them(
    town: Town, witnesses: Callable[[Log], None], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the signer published is added up by the worker, who may write to the cache."""
    settings.MUNICIPALITY, settings.SEAL_EVERY = MUNI, 1
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    }
    call_command("createcachetable")
    monkeypatch.setattr(reading, "_kept", {})
    monkeypatch.setattr(tasks.sign, "delay", lambda: None)
    log = api.setup_log(MUNI, timezone.now())
    witnesses(log)
    give()
    town.pay(300)
    town.now = timezone.now()
    api.seal(MUNI, town.now, force=True)
    with as_role("meedoen_test_signer"):
        tasks.sign()
    with as_role(WORKER):
        tasks.seal()
    assert reading._kept[log.vkey].size == log.entries.count()


@pytest.mark.postgres
def test_the_signer_goes_on_into_a_new_year(town: Town, witnesses: Callable[[Log], None]) -> None:
    first = api.setup_log(MUNI, town.now)
    witnesses(first)
    give()
    town.pay(300)
    api.settle(MUNI, town.now, force=True)
    with as_role("meedoen_test_signer"):
        api.sign(MUNI, town.now.replace(year=town.now.year + 1))
    assert list(Log.objects.order_by("id").values_list("closed", flat=True)) == [True, False]


SIGNER_REFUSED = [
    "SELECT * FROM ledger_transfer",
    "SELECT * FROM ledger_subject_key",
    "SELECT * FROM wallet_holder",
    "INSERT INTO ledger_log_entry (log_id, idx, leaf, source) VALUES (1, 9, '', 'payout:x')",
    "UPDATE ledger_checkpoint SET size = size",
    "UPDATE ledger_batch SET status = 'booked'",
    "DELETE FROM ledger_cosignature",
]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM wallet_holder",
        "SELECT * FROM wallet_staff",
        "UPDATE ledger_account SET closed_at = now()",
        "INSERT INTO ledger_transfer (id) VALUES (gen_random_uuid())",
        "DELETE FROM ledger_subject_key",
    ],
)
def test_an_auditor_reads_the_books_and_nothing_about_people(town: Town, sql: str) -> None:
    give()
    with as_role("meedoen_test_audit"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_id")
        assert cursor.fetchone()[0] > 0
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            cursor.execute(sql)
        assert getattr(caught.value.__cause__, "sqlstate", "") == "42501"


@pytest.mark.postgres
def test_the_web_names_funds_and_the_worker_sweeps_and_erases(town: Town) -> None:
    api.setup_log(MUNI, town.now)
    give()
    with as_role(APP):
        name_fund()
        town.pay(10_000)
    party = Account.objects.get(id=town.pots[0]).party
    with as_role(WORKER):
        assert api.seal(MUNI, town.now, force=True) == 1
        assert api.sweep(muni=MUNI, fund=town.fund, actor="sweep", now=town.now).pots == 3
    with as_role(APP), pytest.raises(DatabaseError), transaction.atomic():
        SubjectKey.objects.filter(party=party).delete()
    with as_role(WORKER):
        assert api.erase(MUNI, party, town.now)
    assert Erasure.objects.count() == 1


@pytest.mark.sqlite
def test_sqlite_has_no_roles(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("roles", app=APP)
    assert api.open_accounts([AccountKey(MUNI, Code.FUND, 1)])


@pytest.mark.postgres
def test_the_auditor_knows_these_roles_by_what_they_may_and_sees_when_all_may(town: Town) -> None:
    give()
    assert list(manifest.differences(OwnTables())) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_log_entry DISABLE ROW LEVEL SECURITY")
    (found,) = manifest.differences(OwnTables())
    assert found.startswith("The policies of ledger_log_entry are switched off")
