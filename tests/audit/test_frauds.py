"""A town's books, log and bank files: in order nothing is found; for each fraud exactly its check fires."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ledger.audit.__main__ import main
from ledger.audit.checks import TITLES
from tests.audit.frauds import FRAUDS, ON_POSTGRESQL, PAIRS, Fraud, sealed_before_it_was_booked
from tests.audit.mutants import MUTANTS
from tests.audit.town import Copy

pytestmark = pytest.mark.django_db  # tells pytest-django to make the database in which the town is built


def audit(copy: Copy, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, list[str]]]:
    code = main([*copy.arguments(), "--json", *more])
    report = json.loads(capsys.readouterr().out)
    return code, {c["id"]: c["findings"] for c in report["checks"] if c["findings"]}


def test_a_town_in_order_has_no_findings_and_every_check_was_done(
    copy: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(copy.folder / "seen"), "--mirror", str(copy.log)]
    assert main([*copy.arguments(), "--json", *store]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {c["id"]: c["findings"] or c["why_skipped"] or c["not_done"] for c in report["checks"]} == {
        **{id_: [] for id_ in TITLES},
        "R": "no receipt was given",
    }


@pytest.mark.parametrize(("check", "fraud"), FRAUDS, ids=lambda x: getattr(x, "__name__", x))
def test_exactly_the_right_check_fires(
    copy: Copy, capsys: pytest.CaptureFixture[str], check: str, fraud: Fraud
) -> None:
    more = fraud(copy) or []
    code, found = audit(copy, capsys, *more)
    assert list(found) == [check], found
    assert code == 1
    assert all(sentence.endswith(".") for sentence in found[check])


@pytest.mark.postgres
@pytest.mark.parametrize("statement", ON_POSTGRESQL.values(), ids=ON_POSTGRESQL)
def test_on_postgresql_more_can_be_taken_down_and_is_found(
    copy: Copy, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    key = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'ledger_transfer'::regclass"
    names = {"key": copy.one(key), "name": copy.one("SELECT quote_ident(current_database())")}
    copy.raw(statement.format(**names))
    assert list(audit(copy, capsys)[1]) == ["A24"]


@pytest.mark.parametrize(("checks", "one", "other"), PAIRS, ids=lambda x: getattr(x, "__name__", ""))
def test_two_frauds_at_once_are_both_found(
    copy: Copy, capsys: pytest.CaptureFixture[str], checks: set[str], one: Fraud, other: Fraud
) -> None:
    more = [*(one(copy) or []), *(other(copy) or [])]
    assert set(audit(copy, capsys, *more)[1]) == checks


def test_every_check_has_a_fraud() -> None:
    caught = {check for check, _ in (*FRAUDS, *MUTANTS)}
    assert set(TITLES) - {"R"} == caught


def test_times_of_a_history_that_was_made_at_once_are_not_compared(
    copy: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_before_it_was_booked(copy)
    today = datetime.now(UTC)
    for moment, found in ((today - timedelta(days=9), {"A22"}), (today + timedelta(days=1), set())):
        assert set(audit(copy, capsys, "--times-from", moment.isoformat())[1]) == found
    with pytest.raises(SystemExit):
        main([*copy.arguments(), "--times-from", "yesterday"])
