"""Canonical JSON, and records of it with exactly the fields that they should have (spec 07-log).

1. An object in the RFC 8785 form, and of that only what every language agrees on: keys and
   strings of printable ASCII, whole numbers within 2**53, true, false, lists, objects. No
   floats, no null. Parsing writes again and compares.
2. Amounts are euro cents, days "YYYY-MM-DD", hashes 64 lower-case hex digits.
"""

import json
import re
from dataclasses import fields
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ledger.log import LogError

MAX_INT = (1 << 53) - 1
VERSION = 1
_ASCII = re.compile(r"[ -~]*")
_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")

JsonObject = dict[str, Any]


class EntryError(LogError):
    """The leaf is not canonical, misses a field, or says something impossible."""


def encode(value: JsonObject) -> bytes:
    """The one way to write an object (RFC 8785 profile). Raises EntryError."""
    _check_value(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode(raw: bytes) -> JsonObject:
    """Read a canonical object. Raises EntryError when it is written in any other way."""
    try:
        value: JsonObject = json.loads(raw)
        is_canonical = isinstance(value, dict) and encode(value) == raw
    except EntryError:
        raise
    except (ValueError, RecursionError) as error:  # what can be read may still be too deep to write
        raise EntryError("A leaf is not JSON.") from error
    if not is_canonical:
        raise EntryError("A leaf is not written in the canonical form.")
    return value


def _check_value(value: object) -> None:
    match value:
        case bool():
            return
        case int() if -MAX_INT <= value <= MAX_INT:
            return
        case str() if _ASCII.fullmatch(value):
            return
        case list():
            for item in value:
                _check_value(item)
        case dict():
            for key, item in value.items():
                _check_value(_text(key))
                _check_value(item)
        case _:
            raise EntryError("A leaf holds only printable ASCII, whole numbers, lists, objects.")


Record = TypeVar("Record")


def record(cls: type[Record], value: object) -> Record:
    """An object with exactly the fields of `cls`, each of its type. Raises EntryError."""
    if not isinstance(value, dict):
        raise EntryError(f"{cls.__name__} is not an object.")
    hints = _hints(cls)  # type: ignore[arg-type]  # every class is hashable
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]  # always a dataclass
    needed = {name for name, f in known.items() if f.default is not None}
    if not needed <= value.keys() <= known.keys():
        raise EntryError(f"{cls.__name__} has other fields than {', '.join(sorted(needed))}.")
    return cls(**{name: _typed(name, hints[name], item) for name, item in value.items()})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _typed(name: str, hint: Any, value: Any) -> Any:
    if hint in (int, str, bool):
        if type(value) is not hint:
            raise EntryError(f"The field {name} is not of type {hint.__name__}.")
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise EntryError(f"The field {name} is not a list.")
        return tuple(_typed(name, get_args(hint)[0], item) for item in value)
    if isinstance(hint, UnionType):  # `Previous | None`: a member may be left out, null it never is
        return _typed(name, get_args(hint)[0], value)
    return record(hint, value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise EntryError("A key of an object is not a string.")
    return value


def check_counts(what: Any, signed: tuple[str, ...] = ()) -> None:
    """Raise EntryError when a number that is not `signed` is below zero."""
    for f in fields(what):
        value = getattr(what, f.name)
        if type(value) is int and value < 0 and f.name not in signed:
            raise EntryError(f"The field {f.name} is below zero.")


def check_hash(text: str) -> None:
    """Raise EntryError when this is not a SHA-256 in hex."""
    if not _HASH.fullmatch(text):
        raise EntryError("A hash is 64 lower-case hex digits.")


def check_code(text: str) -> None:
    """Raise EntryError when this is not a code (a fund's name, a batch's reference)."""
    if not _CODE.fullmatch(text):
        raise EntryError("A code is 1 to 64 of a-z, 0-9 and . _ / -")


def check_days(start: str, end: str) -> None:
    """Raise EntryError unless these are two days in order."""
    if not check_day(start) <= check_day(end):
        raise EntryError("A batch ends on a day before it begins.")


def is_version(value: object) -> bool:
    """Is this the number 1? (In Python `true` equals it; in the log it does not.)"""
    return type(value) is int and value == VERSION


def check_day(text: str) -> str:
    """The text, when it is a day written YYYY-MM-DD. Raises EntryError."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise EntryError("A day is written YYYY-MM-DD.") from error
    if day.isoformat() != text:
        raise EntryError("A day is written YYYY-MM-DD.")
    return text
