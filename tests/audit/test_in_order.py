"""What may happen in a town in order is not called a fraud; and what was found is never called not done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ledger.audit import check, report, view
from ledger.audit.case import Case
from ledger.audit.checks import bank, cover
from ledger.log import canonical, policy
from tests.audit.folder import POLICY, Folder
from tests.audit.frauds import key_that_the_log_does_not_name
from tests.audit.test_frauds import audit
from tests.audit.town import Copy


@pytest.mark.django_db
class TestATown:
    def test_may_tell_an_exception_again(self, copy: Copy, capsys: pytest.CaptureFixture[str]) -> None:
        copy.append(copy.leaves()[copy.find("override")])
        assert audit(copy, capsys) == (0, {})

    def test_may_have_told_its_key_in_the_log_of_the_year_before(
        self, copy: Copy, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leaf = copy.leaves()[copy.issuer_key()]
        key_that_the_log_does_not_name(copy)
        copy.sql(
            "INSERT INTO ledger_log (muni, year, part, origin, vkey, quantum_vkey, closed)"
            " VALUES (14, 1999, 1, 'log.example/log/gm0014/1999', '', '', true)",
            "INSERT INTO ledger_log_entry (log_id, idx, leaf, source)"
            f" SELECT id, 0, {copy.blob(leaf)}, 'key:pass:1:add' FROM ledger_log WHERE year = 1999",
        )
        assert audit(copy, capsys) == (0, {})

    def test_may_have_told_how_many_were_forgotten(
        self, copy: Copy, capsys: pytest.CaptureFixture[str]
    ) -> None:
        copy.sql("INSERT INTO ledger_erasure (muni, at) VALUES (14, '2026-03-31 23:30:00')")
        for n, found in ((1, []), (2, ["A4"])):
            copy.append(canonical.encode({"v": 1, "t": "erasure", "muni": 14, "month": "2026-04", "n": n}))
            copy.sql(
                f"UPDATE ledger_log_entry SET source = 'erasure:14:2026-04/{n}' WHERE source LIKE 'fraud:%'"
            )
            assert list(audit(copy, capsys)[1]) == found


class NoRows:
    """Books in which nothing happened yet."""

    engine = "sqlite"

    def rows(self, sql: str, *values: object) -> Iterator[tuple[object, ...]]:
        return iter(())

    def has(self, table: str) -> bool:
        return True

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize("look", [bank.told, bank.made_up, cover.kept, cover.lived, cover.daily])
def test_what_is_not_there_is_not_called_in_order(log: Folder, look: check.Look) -> None:
    where = str(log.path)
    case = Case(datetime.now(UTC), policy.parse(POLICY), books=NoRows())
    case.log = view.read(where, *view.read_head(where), frozenset(), case.progress)
    assert [type(sentence) for sentence in look(case)] == [check.Nothing]


def test_a_check_that_found_something_is_not_called_not_done() -> None:
    def look(case: Case) -> Iterator[str | check.Nothing]:
        yield "This is wrong."
        yield check.Nothing("there was little to look at")

    case = Case(now=datetime.now(UTC), trusted=policy.parse(POLICY))
    [result] = check.run([check.Row("A1", (), (), look)], {"A1": "All is well"}, case)
    assert (result.skipped, result.not_done) == ("", ["there was little to look at"])
    assert report.status(result) == "failed"
    result.skipped = "nobody looked"
    assert report.status(result) == "failed"
