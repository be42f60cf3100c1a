"""Every kind of symbol, cut, spoiled and made up: read whole or refused, and never a fault of the server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.conftest import FUZZED, Callers, in_order
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES
from wallet.protocol import base45, qr
from wallet.protocol.refusals import Refused

READERS: dict[str, Callable[[str], object]] = {
    "VP1:": qr.decode,
    "VP2:": qr.decode_short,
    "VPQ1:": qr.decode_question,
    "VPC1:": qr.decode_card,
    "VPC2:": qr.decode_signed_card,
}
SIZES = {"VP1:": (198, 210), "VP2:": (84,), "VPQ1:": (19,), "VPC1:": (18,), "VPC2:": (127,)}


@st.composite
def made_up(draw: st.DrawFn) -> str:
    """A symbol of any kind with any bytes, of the right length more often than not."""
    prefix = draw(st.sampled_from(sorted(SIZES)))
    size = draw(st.sampled_from(SIZES[prefix]) | st.integers(0, 260))
    data = draw(st.binary(min_size=size, max_size=size))
    if draw(st.booleans()) and data:
        data = bytes([draw(st.sampled_from([0x10, 0x11, 0x18, 0x19, 0x20, 0x00, 0x30]))]) + data[1:]
    if prefix == "VPC1:":
        return prefix + base64.b32encode(data).decode().rstrip("=")
    return prefix + base45.encode(data)


SYMBOLS = (
    made_up()
    | st.text(max_size=320)
    | st.sampled_from(sorted(SIZES)).flatmap(
        lambda prefix: st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", max_size=320).map(
            prefix.__add__
        )
    )
)


@FUZZED
@given(text=SYMBOLS)
def test_a_symbol_of_any_kind_is_read_or_refused(text: str) -> None:
    for read in READERS.values():
        try:
            read(text)
        except Refused:
            continue


@pytest.mark.django_db
def test_a_till_that_sends_any_symbol_gets_an_answer_in_order(callers: Callers) -> None:
    till, held = callers.till, callers.phone.passes[0]
    real = [
        held.symbol(till.clock(), 500),
        held.short_symbol(till.clock(), 500),
        held.show(till.clock(), 500),
    ]
    before = snapshot()

    @FUZZED
    @given(text=SYMBOLS | spoiled(real), card=SYMBOLS)
    def tried(text: str, card: str) -> None:
        scanned = text
        with suppress(Refused):
            scanned = till.scan(text)
        for subject in ({"pres": scanned}, {"pres": text}, {"card": card}):
            try:
                token = made(callers, subject)
            except ValueError:
                continue  # a till would not sign this
            answer = till.send(token)
            in_order(answer)
            assert answer.status >= 400

    tried()
    assert snapshot() == before


def made(callers: Callers, subject: dict[str, str]) -> str:
    """A record about it. Raises ValueError when it cannot be written."""
    return callers.till.sign(callers.till.draft(1, CLOTHES, **subject))


def spoiled(texts: list[str]) -> st.SearchStrategy[str]:
    """One of these with a letter changed, or cut."""

    def change(text: str, at: int, letter: str, cut: bool) -> str:
        at %= len(text)
        other = letter if letter != text[at] else chr(ord(letter) ^ 1)
        return text[:at] if cut else text[:at] + other + text[at + 1 :]

    letters = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabc $%*+-./:~")
    return st.builds(change, st.sampled_from(texts), st.integers(0, 2000), letters, st.booleans())
