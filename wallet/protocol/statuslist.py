"""The status list (`statuslist+jwt`, Token Status List draft §5): one bit for each pass, 1 is withdrawn.

1. Claims in this order: sub, iat, exp, ttl, status_list {bits, lst}. sub is the list's own URL; bits is 1.
2. lst is base64url of the zlib-compressed bits; place n is bit n % 8 (lowest first) of byte n // 8.
3. Unpacking stops at 1 MiB: a small text that unpacks to a huge one is refused before it does harm.
4. A place beyond the end counts as withdrawn: no list, no trust.

Spec 03.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from wallet.protocol.signing import PrivateKey, PublicKey, header, sign, verify
from wallet.protocol.strict import (
    U32,
    Claims,
    Malformed,
    Shape,
    b64,
    expect,
    mapping,
    text,
    unb64,
    whole,
)

TYP = "statuslist+jwt"
MAX_BYTES = 1 << 20
MAX_TOKEN_BYTES = 2 << 20

_SHAPE: Shape = {
    "sub": text(1, 220),
    "iat": whole(0, U32),
    "exp": whole(0, U32),
    "ttl": whole(1, U32),
    "status_list": mapping,
}
_LIST: Shape = {"bits": whole(1, 1), "lst": text(1, MAX_TOKEN_BYTES)}


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list. Times are epoch seconds, `ttl` seconds; `bits` are the unpacked bytes."""

    uri: str
    iat: int
    exp: int
    ttl: int
    bits: bytes

    def withdrawn(self, idx: int) -> bool:
        """Say whether the pass at place `idx` was withdrawn."""
        byte, bit = divmod(idx, 8)
        return not 0 <= byte < len(self.bits) or bool(self.bits[byte] >> bit & 1)


def fill(places: int, withdrawn: Iterable[int]) -> bytes:
    """Write the bits of a list with `places` places. Raises Malformed for a place outside it."""
    bits = bytearray(-(-places // 8))
    for idx in withdrawn:
        if not 0 <= idx < places:
            raise Malformed("no such place in this list")
        bits[idx // 8] |= 1 << idx % 8
    return bytes(bits)


def pack(bits: bytes) -> str:
    """Compress bits to `lst`."""
    return b64(zlib.compress(bits, level=9))


def unpack(lst: str, most: int = MAX_BYTES) -> bytes:
    """Unpack `lst`, to at most `most` bytes. Raises Malformed."""
    unpacker = zlib.decompressobj()
    try:
        bits = unpacker.decompress(unb64(lst), most)
    except zlib.error as error:
        raise Malformed("not a zlib stream") from error
    if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
        raise Malformed("the list is cut off, too long, or has something behind it")
    return bits


def write(new: StatusList, key: PrivateKey) -> str:
    """Sign a list with the status key."""
    claims: Claims = {
        "sub": new.uri,
        "iat": new.iat,
        "exp": new.exp,
        "ttl": new.ttl,
        "status_list": {"bits": 1, "lst": pack(new.bits)},
    }
    expect(claims, _SHAPE)
    return sign(claims, key, header(TYP, key.public.thumbprint))


def check(token: str, key: PublicKey, uri: str) -> StatusList:
    """Check the list that was fetched from `uri`. Raises Malformed or BadSignature."""
    claims = verify(token, key, header(TYP, key.thumbprint), MAX_TOKEN_BYTES)
    expect(claims, _SHAPE)
    expect(claims["status_list"], _LIST)
    if claims["sub"] != uri:
        raise Malformed("this is another list")
    bits = unpack(claims["status_list"]["lst"])
    return StatusList(uri, claims["iat"], claims["exp"], claims["ttl"], bits)
