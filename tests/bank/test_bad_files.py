"""Files that are torn, foreign, huge or hostile: a refusal with a sentence, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.bank import camt053, forms, pain001, pain002, xml
from ledger.bank.refusals import SENTENCES, BankFileError
from tests.bank.orders import MADE, line, order, statement

WHOLE = {
    "camt.053": camt053.write(
        camt053.Statements(
            "camt.053.001.08", "M1", (statement(line(5, other_iban="NL58ABNA0000000001"), line(-2, "R2")),)
        )
    ),
    "pain.002": pain002.write(order(1), "A1", MADE, [pain002.Reject("E1", "AC01")]),
}
each_file = pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><Stmt>&b;</Stmt></Document>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&f;</Document>"""
DTD = b'<!DOCTYPE d SYSTEM "http://bank.example/x.dtd"><Document/>'


def refused(data: bytes) -> BankFileError:
    with pytest.raises(BankFileError) as found:
        forms.read(data)
    return found.value


@pytest.mark.parametrize(("data", "line"), [(BOMB, 2), (OUTSIDE, 2), (DTD, 1)])
def test_entities_and_document_types_are_not_read(data: bytes, line: int) -> None:
    error = refused(data)
    assert (error.code, error.line) == ("not_safe", line)


@each_file
def test_a_file_that_was_cut_off_anywhere_is_refused(data: bytes) -> None:
    for length in range(0, len(data.rstrip()), 7):
        error = refused(data[:length])
        assert error.code == "not_xml"
        assert (error.line or 0) <= data.count(b"\n", 0, length) + 1


@each_file
@settings(max_examples=300)
@given(change=st.data())
def test_a_changed_file_is_read_or_refused_and_nothing_else(data: bytes, change: st.DataObject) -> None:
    at = change.draw(st.integers(0, len(data) - 1))
    much = change.draw(st.integers(0, 40))
    changed = data[:at] + change.draw(st.binary(max_size=12)) + data[at + much :]
    try:
        forms.read(changed)
    except BankFileError as error:
        assert error.text("nl") and error.text("en")


@given(st.binary(max_size=400))
def test_anything_at_all_is_refused(data: bytes) -> None:
    assert refused(data).code in ("not_xml", "not_safe")


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (pain001.write(order(1)), "pain.001.001.09"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"/>', "camt.052.001.08"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.04"/>', "camt.053.001.04"),
        (b"<html><body>Log in</body></html>", "html"),
    ],
)
def test_another_kind_of_file_is_named(data: bytes, form: str) -> None:
    error = refused(data)
    assert (error.code, error.values) == ("not_known", {"form": form})


def test_a_huge_file_is_not_even_parsed() -> None:
    assert refused(b" " * (xml.MAX_BYTES + 1)).code == "too_large"


def test_a_deep_file_is_refused() -> None:
    assert refused(b"<a>" * 100_000).code == "wrong_value"


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_other_encodings_are_read(encoding: str) -> None:
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    text = WHOLE["camt.053"].decode().replace("UTF-8", name)
    assert isinstance(forms.read(text.encode(encoding)), camt053.Statements)


@pytest.mark.parametrize("encoding", ["utf-7", "no-such", "shift_jis", "utf-32"])
def test_encodings_that_no_bank_uses_are_refused(encoding: str) -> None:
    refused(WHOLE["camt.053"].replace(b"UTF-8", encoding.encode()))


def test_every_sentence_is_there_in_two_languages() -> None:
    for code, (english, dutch) in SENTENCES.items():
        assert english != dutch, code
        holes = [{part.split("}")[0] for part in text.split("{")[1:]} for text in (english, dutch)]
        assert holes[0] == holes[1], code
