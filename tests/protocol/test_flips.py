"""No single wrong bit goes unseen: each symbol is read, rebuilt and verified as a till would."""

from __future__ import annotations

import pytest

from tests.protocol.conftest import ISS
from wallet.protocol import base45, presentation, qr
from wallet.protocol.keyring import Keyring
from wallet.protocol.refusals import Refused


def flips_that_pass(text: str, ring: Keyring) -> list[int]:
    found = presentation.check(text, ring)
    data = base45.decode(qr.encode(found.pass_, found.proof, text)[4:])
    return [bit for bit in range(len(data) * 8) if passes(flipped(data, bit), ring)]


def flipped(data: bytes, bit: int) -> str:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return "VP1:" + base45.encode(bytes(changed))


def passes(symbol: str, ring: Keyring) -> bool:
    try:
        presentation.check(qr.decode(symbol).rebuild(ISS), ring)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(("which", "bits"), [("presented", 1584), ("bound", 1680)])
def test_threat_tampered_qr(which: str, bits: int, ring: Keyring, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(which)
    found = presentation.check(text, ring)
    assert len(base45.decode(qr.encode(found.pass_, found.proof, text)[4:])) * 8 == bits
    assert flips_that_pass(text, ring) == []


def test_each_single_wrong_character_of_a_card_is_refused() -> None:
    card = qr.encode_card(bytes(range(16)))
    for at in range(5, len(card)):
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567":
            if other != card[at]:
                with pytest.raises(Refused):
                    qr.decode_card(card[:at] + other + card[at + 1 :])
