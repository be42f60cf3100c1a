"""What is written is read back, for any value in range."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.conftest import HOLDER, ISS, ISSUER
from wallet.protocol import base45, money, pass_, presentation, qr
from wallet.protocol.pass_ import DAY, Pass
from wallet.protocol.presentation import Proof
from wallet.protocol.refusals import Refused
from wallet.protocol.strict import U16, U24, U32, Malformed, b64, compact, read_json, unb64


def sized(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(b64)


@st.composite
def passes(draw: st.DrawFn) -> Pass:
    first = draw(st.integers(0, U16 - 1))
    once = draw(st.booleans())
    return Pass(
        iss=ISS,
        kid=ISSUER.public.short_kid,
        iat=first * DAY,
        exp=draw(st.integers(first + 1, U16)) * DAY,
        jti=draw(sized(12)),
        holder=HOLDER.public.jwk,
        list_no=draw(st.integers(0, U16)),
        idx=draw(st.integers(0, U24)),
        prg=draw(st.integers(1, U16)),
        ofl=draw(st.integers(0, U24)) if once else 0,
        once=once,
    )


steps = st.integers(0, presentation.STEP_MAX).map(lambda step: step * 30)
amounts = st.integers(1, U24)
proofs = st.builds(Proof, steps, amounts) | st.builds(Proof, steps, amounts, st.integers(1, U32), sized(8))


@settings(max_examples=60)
@given(passes(), proofs)
def test_a_presentation_survives_its_symbol(given_pass: Pass, proof: Proof) -> None:
    text = presentation.present(pass_.issue(given_pass, ISSUER), proof, HOLDER)
    assert qr.decode(qr.encode(given_pass, proof, text)).rebuild(ISS) == text


@given(st.binary(max_size=300))
def test_base45_goes_round(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet=base45.ALPHABET, max_size=40))
def test_base45_has_one_text_for_one_value(text: str) -> None:
    try:
        data = base45.decode(text)
    except Malformed:
        return
    assert base45.encode(data) == text


@given(st.binary(max_size=300))
def test_base64url_goes_round(data: bytes) -> None:
    assert unb64(b64(data)) == data


@given(st.text(max_size=20))
def test_base64url_has_one_text_for_one_value(text: str) -> None:
    try:
        data = unb64(text)
    except Malformed:
        return
    assert b64(data) == text


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_as_a_symbol(text: str) -> None:
    for read in (qr.decode, qr.decode_short, qr.decode_question, qr.decode_card):
        for prefix in ("", "VP1:", "VP2:", "VPQ1:", "VPC1:"):
            with pytest.raises(Refused):
                read(prefix + text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_json_goes_round(value: dict[str, Any]) -> None:
    assert read_json(compact(value)) == value


@given(st.integers(1, 99_999_999))
def test_euros_go_round(cents: int) -> None:
    if cents > money.MAX_AMOUNT:
        with pytest.raises(money.NotAnAmount):
            money.require_amount(cents)
        return
    text = f"{cents // 100},{cents % 100:02d}"
    assert money.parse(text, money.EUR) == money.parse(text.replace(",", "."), money.EUR) == cents
    shown = money.format_amount(cents, money.EUR)
    assert shown.removeprefix("€\u00a0").replace(".", "") == text


@pytest.mark.parametrize(
    "text",
    ["", "0", "0,00", "-1", "+1", "1,5", "1.234,56", "1 000", "1e3", "01", "١٢", "12,50,", "1,234", "€ 5"],
)
def test_an_amount_that_could_be_read_in_two_ways_is_not_read(text: str) -> None:
    with pytest.raises(money.NotAnAmount):
        money.parse(text, money.EUR)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None, 1 << 24])
def test_only_a_whole_number_above_zero_is_an_amount(value: object) -> None:
    with pytest.raises(money.NotAnAmount):
        money.require_amount(value)


def test_tickets_and_minus_are_written_plainly() -> None:
    assert money.format_amount(3, money.TKT) == "3"
    assert money.format_amount(-250, money.EUR) == "\u2212\u00a0€\u00a02,50"
    assert money.format_amount(123456789, money.EUR) == "€\u00a01.234.567,89"
    with pytest.raises(money.NotAnAmount):
        money.parse("1,50", money.TKT)
