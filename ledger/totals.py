"""State S: what all sealed transfers together come to, per fund and per account code (docs/spec/06-books.md).

1. S after a batch is S before it plus the batch's transfers; nothing is counted from anywhere else.
2. Each transfer counts twice, by its codes and by its name (granted, redeemed, …). The two must agree, so
   a movement without a name cannot hide.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ledger.log import state
from ledger.models import DEBIT_SIDE, Code, Kind


class BooksBroken(Exception):  # noqa: N818 - it says what is the matter
    """An invariant does not hold. Nothing is sealed until somebody has looked."""


@dataclass(frozen=True)
class Move:
    """One transfer as S sees it: codes and fund of its accounts, cents, and whether it has a commitment."""

    kind: Kind
    debit: Code
    credit: Code
    fund: int | None
    amount: int
    committed: bool


@dataclass
class State:
    """Cents: per fund (budget, pots), owed to merchants, and the balance of each code."""

    funds: dict[str, tuple[int, int]] = field(default_factory=dict)
    payable: int = 0
    codes: Counter[int] = field(default_factory=Counter)

    @classmethod
    def read(cls, totals: dict[str, Any]) -> "State":
        """The state that a batch kept."""
        codes = Counter({int(code): amount for code, amount in totals["codes"].items()})
        return cls({k: (b, p) for k, (b, p) in totals["funds"].items()}, totals["payable"], codes)

    def json(self) -> dict[str, Any]:
        """The state as a batch keeps it."""
        return {"funds": self.funds, "payable": self.payable, "codes": dict(self.codes)}

    def check(self) -> None:
        """Raise BooksBroken unless assets equal liabilities and every movement has a name (I12, I13)."""
        assets = sum(amount for code, amount in self.codes.items() if code in DEBIT_SIDE)
        budget, pots = (sum(line[i] for line in self.funds.values()) for i in (0, 1))
        pairs = {
            "Assets and liabilities": (2 * assets, sum(self.codes.values())),
            "Budgets": (budget, self.codes[Code.FUND] + self.codes[Code.DISTRIBUTION]),
            "Pots": (pots, self.codes[Code.POT] + self.codes[Code.SLICES]),
            "Merchants": (self.payable, self.codes[Code.MERCHANT_OPEN] + self.codes[Code.MERCHANT_DUE]),
        }
        broken = [f"{what}: {one} is not {other}" for what, (one, other) in pairs.items() if one != other]
        if broken:
            raise BooksBroken("; ".join(broken))


_BUDGET = {Code.FUND, Code.DISTRIBUTION}
_POTS = {Code.POT, Code.SLICES}
_PAYABLE = {Code.MERCHANT_OPEN, Code.MERCHANT_DUE}


def _group(code: Code) -> str:
    groups = {"budget": _BUDGET, "pots": _POTS, "payable": _PAYABLE}
    return next((name for name, codes in groups.items() if code in codes), "outside")


# What a movement from one group to another is called in a fund's line, and its sign there.
_FUND_NAMES = {
    ("outside", "budget"): ("allocated", 1),
    ("budget", "outside"): ("closed", 1),
    ("budget", "pots"): ("granted", 1),
    ("pots", "budget"): ("swept", 1),
    ("pots", "payable"): ("redeemed", 1),
    ("payable", "pots"): ("refunded", 1),
    ("payable", "budget"): ("lapsed", 1),
}
_CORRECTIONS = {("budget", "pots"): ("corrected", 1), ("pots", "budget"): ("corrected", -1)}
_PAYABLE_NAMES = {
    ("pots", "payable"): "redeemed",
    ("payable", "pots"): "refunded",
    ("payable", "budget"): "refunded",
    ("payable", "outside"): "paid",
    ("outside", "payable"): "returned",
}


@dataclass(frozen=True)
class Lines:
    """What a batch leaf says about the sums, and the state after it."""

    funds: tuple[state.FundState, ...]
    payable: state.PayableState
    after: State


def add(before: State, moves: Iterable[Move]) -> Lines:
    """S after `moves`. Raises BooksBroken, or canonical.EntryError when a line does not add up."""
    codes, owed = Counter(before.codes), Counter[str]()
    flows: dict[str, Counter[str]] = defaultdict(Counter)
    for move in moves:
        codes[move.debit] += move.amount if move.debit in DEBIT_SIDE else -move.amount
        codes[move.credit] += -move.amount if move.credit in DEBIT_SIDE else move.amount
        way = (_group(move.debit), _group(move.credit))
        if move.fund is not None:
            _add_to_fund(flows[str(move.fund)], move, way)
        if way in _PAYABLE_NAMES:
            owed[_PAYABLE_NAMES[way]] += move.amount
    funds = {fund: _fund_line(fund, before.funds.get(fund, (0, 0)), flows[fund]) for fund in sorted(flows)}
    payable = _payable_line(before.payable, owed)
    closing = {fund: (line.budget_closing, line.pots_closing) for fund, line in funds.items()}
    after = State(before.funds | closing, payable.closing, codes)
    after.check()
    return Lines(tuple(funds.values()), payable, after)


def _add_to_fund(flow: Counter[str], move: Move, way: tuple[str, str]) -> None:
    flow["n"] += move.committed
    names = _CORRECTIONS if move.kind == Kind.CORRECT else _FUND_NAMES
    if way in names:
        name, sign = names[way]
        flow[name] += sign * move.amount


def _fund_line(fund: str, opening: tuple[int, int], flow: Counter[str]) -> state.FundState:
    budget = flow["allocated"] - flow["granted"] - flow["corrected"]
    budget += flow["lapsed"] + flow["swept"] - flow["closed"]
    pots = flow["granted"] + flow["corrected"] - flow["redeemed"] + flow["refunded"] - flow["swept"]
    n = flow.pop("n")
    return state.FundState(
        fund=fund,
        n=n,
        budget_opening=opening[0],
        budget_closing=opening[0] + budget,
        pots_opening=opening[1],
        pots_closing=opening[1] + pots,
        **flow,
    )


def _payable_line(opening: int, owed: Counter[str]) -> state.PayableState:
    closing = opening + owed["redeemed"] - owed["refunded"] - owed["paid"] + owed["returned"]
    return state.PayableState(opening=opening, closing=closing, **owed)
