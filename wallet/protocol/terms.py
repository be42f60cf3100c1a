"""The terms of a programme: a small vocabulary of tagged, frozen records.

1. A programme's terms are a list of records `[tag, field, …]`, stored and exchanged as JSON.
2. Tags and the order of fields are for ever. A new kind of rule is a new record at the end of this file
   (and of spec 05), never a change of an old one.
3. An unknown tag, a record twice or a field out of range is refused: no rule is skipped in silence.
4. Amounts are in the programme's units: cents when its unit is EUR, tickets when it is TKT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, TypedDict

from wallet.protocol.money import UNITS
from wallet.protocol.strict import U24, U32, Malformed


class Rules(TypedDict):
    """The terms side by side, as `redemption.Facts` and a till's bundle hold them."""

    cur: str
    starts: int
    ends: int
    categories: tuple[str, ...]
    floor: int
    bound_above: int | None
    ceiling: int | None


def _amount(value: object) -> bool:
    return type(value) is int and 0 <= value <= U24


@dataclass(frozen=True, slots=True)
class Unit:
    """What the programme counts: `EUR` (cents) or `TKT` (tickets)."""

    tag: ClassVar[int] = 1
    cur: str

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        return self.cur in UNITS


@dataclass(frozen=True, slots=True)
class Period:
    """When it may be spent: from `starts` up to, not including, `ends` (epoch seconds)."""

    tag: ClassVar[int] = 2
    starts: int
    ends: int

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        return type(self.starts) is int and type(self.ends) is int and 0 <= self.starts < self.ends <= U32


@dataclass(frozen=True, slots=True)
class Categories:
    """In which kinds of shop: the shop's category must be one of `names`."""

    tag: ClassVar[int] = 3
    names: tuple[str, ...]

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        known = all(isinstance(name, str) and 0 < len(name) <= 40 for name in self.names)
        return type(self.names) is tuple and known and 0 < len(self.names) == len(set(self.names))


@dataclass(frozen=True, slots=True)
class Floor:
    """The most that a till may accept in one sale while it is offline."""

    tag: ClassVar[int] = 4
    amount: int

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        return _amount(self.amount)


@dataclass(frozen=True, slots=True)
class BoundAbove:
    """Above this amount the phone must answer the shop's own code (a bound presentation)."""

    tag: ClassVar[int] = 5
    amount: int

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        return _amount(self.amount)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that one sale may take."""

    tag: ClassVar[int] = 6
    amount: int

    def fits(self) -> bool:
        """Say whether the fields are in range."""
        return _amount(self.amount) and self.amount > 0


Term = Unit | Period | Categories | Floor | BoundAbove | Ceiling
_KINDS: dict[int, Callable[..., Term]] = {
    Unit.tag: Unit,
    Period.tag: Period,
    Categories.tag: Categories,
    Floor.tag: Floor,
    BoundAbove.tag: BoundAbove,
    Ceiling.tag: Ceiling,
}


def dump(terms: Iterable[Term]) -> list[list[Any]]:
    """Write terms as JSON rows `[tag, field, …]`, in the order of their tags."""
    rows = [[term.tag, *(_plain(value) for value in astuple(term))] for term in terms]
    return sorted(rows, key=lambda row: row[0])


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def load(rows: Sequence[Sequence[Any]]) -> tuple[Term, ...]:
    """Read terms. Unit and Period must be there. Raises Malformed."""
    terms = tuple(_load_one(row) for row in rows)
    tags = [term.tag for term in terms]
    if len(set(tags)) != len(tags) or not {Unit.tag, Period.tag} <= set(tags):
        raise Malformed("each term once; a unit and a period always")
    return terms


def _load_one(row: Sequence[Any]) -> Term:
    try:
        tag, *fields = row
        term = _KINDS[tag](*(tuple(value) if isinstance(value, list) else value for value in fields))
        fits = term.fits()
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("not a term that is known here") from error
    if not fits:
        raise Malformed(f"term {tag} is out of range")
    return term


def rules(terms: Iterable[Term]) -> Rules:
    """Lay terms side by side; what no term says has no limit, but offline nothing goes without a floor."""
    flat = Rules(cur="", starts=0, ends=0, categories=(), floor=0, bound_above=None, ceiling=None)
    for term in terms:
        match term:
            case Unit(cur):
                flat["cur"] = cur
            case Period(starts, ends):
                flat["starts"], flat["ends"] = starts, ends
            case Categories(names):
                flat["categories"] = names
            case Floor(amount):
                flat["floor"] = amount
            case BoundAbove(amount):
                flat["bound_above"] = amount
            case Ceiling(amount):
                flat["ceiling"] = amount
    return flat
