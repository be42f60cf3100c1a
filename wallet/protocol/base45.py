"""Base45 (RFC 9285), strictly: two bytes are three characters, a last single byte is two. Spec 03."""

from __future__ import annotations

from wallet.protocol.strict import Malformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Write bytes as base45."""
    return "".join(_write(data[at : at + 2]) for at in range(0, len(data), 2))


def _write(group: bytes) -> str:
    value = int.from_bytes(group, "big")
    high, low = divmod(value, 45)
    if len(group) == 1:
        return ALPHABET[low] + ALPHABET[high]
    return ALPHABET[low] + ALPHABET[high % 45] + ALPHABET[high // 45]


def decode(text: str) -> bytes:
    """Read base45. Raises Malformed on a foreign character, a lone one, or a group that is too large."""
    return b"".join(_read(text[at : at + 3]) for at in range(0, len(text), 3))


def _read(group: str) -> bytes:
    size = len(group) - 1
    try:
        value = 0
        for character in reversed(group):
            value = value * 45 + _VALUES[character]
    except KeyError as error:
        raise Malformed("not a base45 character") from error
    if size == 0 or value >= 256**size:
        raise Malformed("not a base45 group")
    return value.to_bytes(size, "big")
