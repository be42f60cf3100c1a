"""Receipts, commitments and the right to be forgotten."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import LogError, merkle, proof, receipt

ID = UUID("0198c0de-0000-7000-8000-000000000001")
HIDDEN = receipt.merchant_commitment("1042", b"m" * 32)
TRANSFER = receipt.Transfer(14, 7, "kleding", "redeem", 1250, "2026-11-23", HIDDEN)


def test_a_transfer_names_no_holder_and_no_merchant() -> None:
    assert set(receipt.canonical.decode(TRANSFER.canonical().encode())) == {
        "v", "t", "muni", "batch", "fund", "kind", "amount", "date", "merchant",
    }  # fmt: skip
    assert "1042" not in TRANSFER.canonical()
    assert receipt.parse_transfer(TRANSFER.canonical()) == TRANSFER


def test_the_salt_needs_the_key_of_the_holder() -> None:
    assert receipt.salt(b"a" * 32, ID) != receipt.salt(b"b" * 32, ID)
    assert len(receipt.salt(b"a" * 32, ID)) == 32


def test_a_salt_of_another_length_is_refused() -> None:
    for salt in (b"", b"x" * 31, b"x" * 33):
        with pytest.raises(receipt.ReceiptError):
            receipt.commitment(TRANSFER.canonical(), salt)
        with pytest.raises(receipt.ReceiptError):
            receipt.merchant_commitment("1", salt)


@given(st.sets(st.binary(min_size=32, max_size=32), min_size=1, max_size=80))
def test_every_commitment_of_a_batch_has_a_path_to_its_root(values: set[bytes]) -> None:
    made = receipt.Commitments.of(list(values))
    assert receipt.Commitments.parse(made.addendum()) == made
    for value in values:
        assert receipt._fold(value, made.inner_path(value)) == made.root()


def test_commitments_out_of_order_doubled_or_torn_are_refused() -> None:
    one, two = b"1" * 32, b"2" * 32
    for addendum in (two + one, one + one, one + two[:-1]):
        with pytest.raises(receipt.ReceiptError):
            receipt.Commitments.parse(addendum)
    with pytest.raises(receipt.ReceiptError):
        receipt.Commitments.of([one, one])


def test_an_addendum_is_named_by_its_bytes() -> None:
    made = receipt.Commitments.of([b"1" * 32])
    assert receipt.addendum_path(made.addendum_hash()).startswith("addenda/")
    assert made.root() == merkle.leaf_hash(b"1" * 32)


GOOD = {"canonical": "", "salt": "", "inner_path": [], "tlog_proof": ""}
CHANGES: list[dict[str, object]] = [{"canonical": 1}, {"inner_path": [1]}, {"inner_path": ""}, {"more": 1}]


@pytest.mark.parametrize("raw", ["", "[]", "{}", "1", b"\xff", *(json.dumps(GOOD | c) for c in CHANGES)])
def test_a_receipt_file_in_another_form_is_refused(raw: str | bytes) -> None:
    with pytest.raises(LogError):
        receipt.parse(raw)


@pytest.mark.parametrize("text", ["\ud800", "é"])
def test_a_text_that_is_not_ascii_is_refused_in_words(text: str) -> None:
    """JSON can carry half of a character; no bytes can."""
    for read in (receipt.parse_transfer, receipt.parse_settled, proof.parse):
        with pytest.raises(LogError):
            read(text)
    for head in (f"{proof.HEADER}\nindex 0\n\n{text}", f"{proof.HEADER}\nextra {text}\nindex 0\n\n"):
        with pytest.raises(LogError):
            proof.parse(head)


def test_a_receipt_file_goes_back_and_forth() -> None:
    one = receipt.Receipt("{}", "00", ("l" + "0" * 64,), "text")
    assert receipt.parse(json.dumps(one.json())) == one
