"""Threats that end at a reader of the till's papers."""

from __future__ import annotations

import base64
import tracemalloc
import zlib

import pytest

from wallet.protocol import statuslist
from wallet.protocol.strict import Malformed

MIB = 1 << 20
UNPACKED = 64 * MIB


def test_threat_decompression_bomb() -> None:
    packer = zlib.compressobj(9)
    block = bytes(MIB)
    packed = b"".join(packer.compress(block) for _ in range(UNPACKED // MIB)) + packer.flush()
    bomb = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    assert len(bomb) < MIB // 8
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            statuslist.unpack(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()
