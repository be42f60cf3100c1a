"""The database refuses, by itself, whatever would change the past. Spoken in SQL, as an intruder would."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from ledger.api import Code
from tests.ledger.conftest import Town

APPEND_ONLY = {
    "transfer": "amount",
    "posting_rule": "credit",
    "batch_item": "pos",
    "snapshot": "balance",
    "log": "year",
    "log_entry": "idx",
    "checkpoint": "size",
}


def refused(sql: str, *params: object) -> str:
    """Run a statement that must be refused; what the database said."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(caught.value)


@pytest.fixture
def settled(town: Town) -> Town:
    town.pay(500)
    town.settle()
    town.pay(300)
    return town


@pytest.mark.parametrize(("table", "column"), APPEND_ONLY.items())
def test_rows_are_neither_changed_nor_deleted(settled: Town, table: str, column: str) -> None:
    assert "is refused" in refused(f"UPDATE ledger_{table} SET {column} = {column} + 1")
    assert "is refused" in refused(f"DELETE FROM ledger_{table}")


@pytest.mark.postgres
@pytest.mark.parametrize("table", [*APPEND_ONLY, "account", "outbox", "batch", "subject_key", "cosignature"])
def test_tables_are_not_emptied(settled: Town, table: str) -> None:
    connection.check_constraints()  # nothing may be waiting for the end of this test's transaction
    assert "is refused" in refused(f"TRUNCATE ledger_{table} CASCADE")


def test_accounts_are_not_deleted_and_stay_what_they_are(settled: Town) -> None:
    assert "is refused" in refused("DELETE FROM ledger_account")
    for change in ("code = 2200", "muni = 15", "fund = 9", "party = NULL", "id = id + 100000"):
        assert "never changes" in refused(
            f"UPDATE ledger_account SET {change} WHERE id = %s", settled.pots[0]
        )


def test_only_a_transfer_moves_a_balance(settled: Town) -> None:
    assert "only a transfer" in refused("UPDATE ledger_account SET balance = 1 WHERE guard")


@pytest.mark.parametrize("born", ["500, NULL", "0, '2026-01-01 00:00:00'"])
def test_an_account_is_born_open_and_empty(settled: Town, born: str) -> None:
    said = refused(
        "INSERT INTO ledger_account (muni, code, side, guard, fund, balance, closed_at)"
        f" VALUES (14, 2000, 'C', true, 77, {born})"
    )
    assert "born open and empty" in said


@pytest.mark.parametrize(
    ("code", "side", "guard", "balance"),
    [(2100, "D", True, 0), (2100, "C", False, None), (2200, "C", True, 0), (9999, "C", False, None)],
)
def test_an_account_is_what_its_code_says(
    settled: Town, code: int, side: str, guard: bool, balance: int | None
) -> None:
    said = refused(
        "INSERT INTO ledger_account (muni, code, side, guard, balance, fund) VALUES (14, %s, %s, %s, %s, 77)",
        code,
        side,
        guard,
        balance,
    )
    assert "account_" in said


def test_an_account_closes_once_and_empty(settled: Town) -> None:
    closing = "UPDATE ledger_account SET closed_at = '2026-06-01 00:00:00' WHERE id = %s"
    assert "when it is empty" in refused(closing, settled.pots[0])
    empty = settled.account(Code.FUND, fund=77)
    with connection.cursor() as cursor:
        cursor.execute(closing, [empty])
    assert "closes once" in refused("UPDATE ledger_account SET closed_at = NULL WHERE id = %s", empty)
    settled.fund = 77
    with pytest.raises(Exception, match="posting_rule"):
        settled.allocate(5, "late")


def test_a_transfer_leaves_the_outbox_only_into_a_batch(settled: Town) -> None:
    assert "only into a batch" in refused("DELETE FROM ledger_outbox")
    assert "is refused" in refused("UPDATE ledger_outbox SET kind = 1")


def test_a_batch_only_goes_forward(settled: Town) -> None:
    for change in ("status = 'sealed'", "n = n + 1", "no = 7", "totals = '{}'"):
        assert "only goes forward" in refused(f"UPDATE ledger_batch SET {change}")
    assert "is refused" in refused("DELETE FROM ledger_batch")


def test_a_subjects_key_may_go_but_not_change(settled: Town) -> None:
    assert "is refused" in refused("UPDATE ledger_subject_key SET muni = 15")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_subject_key")
        assert cursor.rowcount == 2


def test_a_digest_is_32_bytes(settled: Town) -> None:
    assert "32 bytes" in refused(_insert("payload_sha256", _bytes("00")))


def _bytes(digits: str) -> str:
    return f"'\\x{digits}'" if connection.vendor == "postgresql" else f"x'{digits}'"


def _insert(column: str, value: str) -> str:
    """A copy of a payment under another id, with one column otherwise."""
    columns = (
        "id, muni, kind, debit_id, credit_id, amount, ref_type, ref_id, actor, reason, effective_at,"
        " payload_sha256"
    )
    id_ = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    chosen = ", ".join({"id": id_, column: value}.get(name, name) for name in columns.split(", "))
    return (
        f"INSERT INTO ledger_transfer ({columns}) SELECT {chosen} FROM ledger_transfer WHERE kind = 5 LIMIT 1"
    )


def test_a_plain_copy_is_taken_so_the_refusals_are_about_the_column(settled: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_insert("amount", "1"))
    assert settled.balance(settled.pots[0]) == 10_000 - 500 - 300 - 1


@pytest.mark.sqlite
class TestSqlite:
    """What this engine would let through if nobody had thought of it."""

    @pytest.mark.parametrize("recursive", ["ON", "OFF"])
    @pytest.mark.parametrize("table", [*APPEND_ONLY, "account", "batch", "outbox", "subject_key"])
    def test_replace_is_refused_also_when_a_client_does_not_set_the_pragma(
        self, settled: Town, table: str, recursive: str
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA recursive_triggers = {recursive}")
        said = refused(f"INSERT OR REPLACE INTO ledger_{table} SELECT * FROM ledger_{table}")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = ON")
        assert "is refused" in said or "born open" in said

    def test_replace_under_a_new_number_is_refused(self, settled: Town) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = OFF")
        said = refused(_insert("id", "id").replace("INSERT", "INSERT OR REPLACE", 1))
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = ON")
        assert "is refused" in said

    @pytest.mark.parametrize("policy", ["IGNORE", "FAIL", "REPLACE", "ROLLBACK"])
    def test_no_conflict_clause_gets_an_overdraft_through(self, town: Town, policy: str) -> None:
        town.pay(500)
        before = town.balance(town.pots[0])
        with pytest.raises(DatabaseError, match="account_never_overdrawn"), connection.cursor() as cursor:
            cursor.execute(_insert("amount", "999999").replace("INSERT", f"INSERT OR {policy}", 1))
        assert town.balance(town.pots[0]) == before

    @pytest.mark.parametrize("amount", ["'much'", "12.5", "NULL", "x'01'", "0", "-1"])
    def test_an_amount_is_a_whole_number_above_zero(self, settled: Town, amount: str) -> None:
        assert "transfer_amount_in_range" in refused(
            _insert("amount", amount).replace("INSERT", "INSERT OR IGNORE", 1)
        )

    def test_the_connection_keeps_its_word(self, settled: Town) -> None:
        with connection.cursor() as cursor:
            found = {}
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers"):
                found[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
