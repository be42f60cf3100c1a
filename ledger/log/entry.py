"""Leaves of the log: canonical JSON and the sums that anybody can check (spec 07-log).

1. A leaf is a JSON object in the RFC 8785 form, and of that only what every language agrees
   on: keys and strings of printable ASCII, whole numbers within 2**53, true, false, lists,
   objects. No floats, no null. Parsing writes again and compares.
2. Every leaf has `v` (1) and `t` (its type). Amounts are euro cents, days "YYYY-MM-DD",
   hashes 64 lower-case hex digits.
3. A batch leaf carries the state of each fund that moved and of what is owed to merchants:
   opening + movements = closing, opening = the closing published before, and what left the
   pots is what is owed. Nobody needs access to check that.
"""

import json
import re
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints

from ledger.log import LogError

MAX_INT = (1 << 53) - 1
VERSION = 1
_ASCII = re.compile(r"[ -~]*")
_HASH = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}")

JsonObject = dict[str, Any]


class EntryError(LogError):
    """The leaf is not canonical, misses a field, or says something impossible."""


def canonical(value: JsonObject) -> bytes:
    """The one way to write an object (RFC 8785 profile). Raises EntryError."""
    _check_value(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode(raw: bytes) -> JsonObject:
    """Read a canonical object. Raises EntryError when it is written in any other way."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EntryError("A leaf is not JSON.") from error
    if not isinstance(value, dict) or canonical(value) != raw:
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


@dataclass(frozen=True)
class FundState:
    """One fund since its line before (cents; `n` transfers).

    `budget` is what is not yet given to a holder, `pots` what holders can still spend.
    `corrected` is signed: plus goes from budget to pots. `lapsed` are refunds that come after
    a voucher's end and go back to the budget; `refunded` those that go back to the pots.
    """

    fund: str
    n: int
    budget_opening: int
    budget_closing: int
    pots_opening: int
    pots_closing: int
    allocated: int = 0
    granted: int = 0
    corrected: int = 0
    redeemed: int = 0
    refunded: int = 0
    lapsed: int = 0
    swept: int = 0
    closed: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_code(self.fund)
        _check_counts(self, signed=("corrected",))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        budget = self.allocated - self.granted - self.corrected
        budget += self.lapsed + self.swept - self.closed
        pots = self.granted + self.corrected - self.redeemed + self.refunded - self.swept
        wrong = []
        if self.budget_opening + budget != self.budget_closing:
            wrong.append(f"The budget of fund {self.fund} does not add up.")
        if self.pots_opening + pots != self.pots_closing:
            wrong.append(f"The pots of fund {self.fund} do not add up.")
        return wrong


@dataclass(frozen=True)
class PayableState:
    """What is owed to merchants (cents); below zero when refunds exceed redemptions."""

    opening: int
    closing: int
    redeemed: int = 0
    refunded: int = 0
    paid: int = 0
    returned: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        _check_counts(self, signed=("opening", "closing"))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        moved = self.redeemed - self.refunded - self.paid + self.returned
        fits = self.opening + moved == self.closing
        return [] if fits else ["What is owed to merchants does not add up."]


@dataclass(frozen=True)
class Previous:
    """The last checkpoint of the log of the year before; `root` is hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True)
class Open:
    """First leaf of a log: one municipality (CBS code), one budget year."""

    t: ClassVar[str] = "open"
    muni: int
    year: int
    chart: str
    """SHA-256 (hex) of the table of posting rules in force."""
    prev: Previous | None = None

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        _check_counts(self)
        check_hash(self.chart)
        if self.prev:
            _check_counts(self.prev)
            check_hash(self.prev.root)


@dataclass(frozen=True)
class Batch:
    """A sealed batch: `n` commitments under `tx_root` (hex), and the state after it."""

    t: ClassVar[str] = "batch"
    muni: int
    no: int
    from_day: str
    to_day: str
    n: int
    merchants: int
    """Merchants with a transfer in the batch, rounded down to tens."""
    tx_root: str
    commitments: str
    """SHA-256 (hex) of the addendum that holds the commitments."""
    payable: PayableState
    funds: tuple[FundState, ...] = field(default=())

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        _check_counts(self)
        _check_days(self.from_day, self.to_day)
        check_hash(self.tx_root)
        check_hash(self.commitments)
        if self.no < 1 or self.n < 1:
            raise EntryError("Batches and their transfers are counted from one.")
        if self.merchants % 10:
            raise EntryError("The number of merchants is rounded down to tens.")
        names = [line.fund for line in self.funds]
        if names != sorted(set(names)):
            raise EntryError("The funds of a batch stand in order, each once.")
        for line in self._lines:
            line.check()

    @property
    def _lines(self) -> list[FundState | PayableState]:
        return [*self.funds, self.payable]

    def sums(self) -> list[str]:
        """What does not add up within this leaf, one sentence each (spec 07-log, section 4)."""
        wrong = [sentence for line in self._lines for sentence in line.sums()]
        if sum(f.redeemed for f in self.funds) != self.payable.redeemed:
            wrong.append("What left the pots is not what is owed to merchants.")
        if sum(f.refunded + f.lapsed for f in self.funds) != self.payable.refunded:
            wrong.append("What came back from merchants is not what was refunded.")
        return wrong


@dataclass(frozen=True)
class Grant:
    """A top-up of many pots at once: `n` pots, `total` cents, the decision's hash (hex)."""

    t: ClassVar[str] = "grant"
    muni: int
    fund: str
    batch: str
    n: int
    total: int
    decision: str
    four_eyes: bool

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        _check_counts(self)
        check_code(self.fund)
        check_code(self.batch)
        check_hash(self.decision)
        if self.n < 1 or self.total < self.n:
            raise EntryError("A grant gives at least one pot at least one cent.")


Leaf = Open | Batch | Grant
_LEAVES: dict[str, type[Leaf]] = {"open": Open, "batch": Batch, "grant": Grant}


def build(leaf: Leaf) -> bytes:
    """The bytes of a leaf. Raises EntryError when a field or a sum is wrong."""
    leaf.check()
    check_sums(leaf)
    fields_ = {k: v for k, v in asdict(leaf).items() if v is not None}
    return canonical({"v": VERSION, "t": leaf.t, **_plain(fields_)})


def parse(raw: bytes) -> Leaf:
    """Read one leaf; its sums are not looked at, see `check_sums`.

    Raises EntryError; a type of leaf that is not known is an error as well.
    """
    value = decode(raw)
    kind, version = value.pop("t", None), value.pop("v", None)
    if not is_version(version) or not isinstance(kind, str) or kind not in _LEAVES:
        raise EntryError(f"A leaf of type {kind!r}, version {version!r}, is not known here.")
    leaf = record(_LEAVES[kind], value)
    leaf.check()
    return leaf


def check_sums(leaf: Leaf) -> None:
    """Raise EntryError when a batch leaf does not add up."""
    if isinstance(leaf, Batch) and (wrong := leaf.sums()):
        raise EntryError(wrong[0])


def follows(funds: dict[str, FundState], payable: PayableState | None, leaf: Batch) -> list[str]:
    """What does not continue from the last published states; one sentence each, [] when all does.

    `funds` maps a fund to its last line, `payable` is the line of the batch before.
    """
    owed = payable.closing if payable else 0
    broken = [] if leaf.payable.opening == owed else ["What is owed to merchants"]
    for line in leaf.funds:
        last = funds.get(line.fund)
        closing = (last.budget_closing, last.pots_closing) if last else (0, 0)
        if (line.budget_opening, line.pots_opening) != closing:
            broken.append(f"Fund {line.fund}")
    return [f"{what} does not start where it ended before." for what in broken]


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
    if hint == tuple[FundState, ...]:
        if not isinstance(value, list):
            raise EntryError(f"The field {name} is not a list.")
        return tuple(record(FundState, item) for item in value)
    return record(Previous if name == "prev" else hint, value)


def _plain(value: JsonObject) -> JsonObject:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in value.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise EntryError("A key of an object is not a string.")
    return value


def _check_counts(what: Any, signed: tuple[str, ...] = ()) -> None:
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


def _check_days(start: str, end: str) -> None:
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
