"""Reading strictly: one text, one meaning.

1. base64url has no padding, no foreign character and no left-over bits (RFC 7515 §2, RFC 4648 §3.5).
2. JSON is compact ASCII, has no double member and only integers: reading and writing gives the same bytes.
3. A claim set has exactly the named members, each of the named type and range; in the named order, too,
   where a reader writes the token again from its parts.

Whoever breaks a rule gets `Malformed`; which refusal that is, the caller knows. Spec 02.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

Claims = dict[str, Any]
Shape = Mapping[str, Callable[[Any], bool]]

_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Malformed(ValueError):  # noqa: N818 - it names what was found, as all refusals do
    """The text is not what this protocol writes. The message is for programmers, not for people."""


def b64(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def unb64(text: str, size: int | None = None) -> bytes:
    """Read canonical base64url; `size` is the exact number of bytes wanted. Raises Malformed."""
    try:
        padded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
        data = binascii.a2b_base64(padded, strict_mode=True)
    except (ValueError, AttributeError) as error:
        raise Malformed("not base64url") from error
    if b64(data) != text or (size is not None and len(data) != size):
        raise Malformed("not canonical base64url of the wanted size")
    return data


def compact(value: Any) -> bytes:
    """Write JSON as this protocol does: compact, ASCII, members in the order given."""
    return _WRITER.encode(value).encode("ascii")


def read_json(data: bytes) -> Claims:
    """Read one JSON object that `compact` would write byte for byte. Raises Malformed."""
    try:
        value = _READER.decode(data.decode("ascii"))
        same = compact(value) == data
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON of this protocol") from error
    if not same or not isinstance(value, dict):
        raise Malformed("not a canonical JSON object")
    return value


def _no_float(text: str) -> NoReturn:
    raise Malformed(f"not an integer: {text[:20]}")


_WRITER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_READER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)


def expect(claims: Claims, shape: Shape, in_order: bool = True) -> None:
    """Demand exactly the members of `shape`, each passing its check. Raises Malformed.

    The order counts (`in_order`) where a reader writes the token again from its parts.
    """
    if claims.keys() != shape.keys() or (in_order and list(claims) != list(shape)):
        raise Malformed("members missing, unknown or in another order")
    for name, fits in shape.items():
        if not fits(claims[name]):
            raise Malformed(f"member {name} is out of range")


def whole(low: int, high: int) -> Callable[[Any], bool]:
    """Make a check for an integer (never a boolean) from `low` up to and including `high`."""
    return lambda value: type(value) is int and low <= value <= high


def text(low: int, high: int) -> Callable[[Any], bool]:
    """Make a check for a string of `low` to `high` characters."""
    return lambda value: type(value) is str and low <= len(value) <= high


def exactly(wanted: str) -> Callable[[Any], bool]:
    """Make a check for one constant string."""
    return lambda value: type(value) is str and value == wanted


def flag(value: Any) -> bool:
    """Check for true or false."""
    return type(value) is bool


def listing(value: Any) -> bool:
    """Check for a JSON array."""
    return type(value) is list


def mapping(value: Any) -> bool:
    """Check for a JSON object."""
    return type(value) is dict


def encoded(size: int) -> Callable[[Any], bool]:
    """Make a check for canonical base64url of exactly `size` bytes."""

    def fits(value: Any) -> bool:
        try:
            return type(value) is str and len(unb64(value)) == size
        except Malformed:
            return False

    return fits


def uuid(value: Any) -> bool:
    """Check for a lower-case UUID with dashes (RFC 9562)."""
    return type(value) is str and _UUID.fullmatch(value) is not None


def number(value: str) -> int:
    """Read a decimal number of at most ten digits without leading zeros. Raises Malformed."""
    if not _NUMBER.fullmatch(value):
        raise Malformed("not a decimal number")
    return int(value)


U16 = (1 << 16) - 1
U24 = (1 << 24) - 1
U32 = (1 << 32) - 1
