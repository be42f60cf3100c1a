"""State S, made anew from the transfers of each batch, to lay beside what its leaf says (spec 06, State S).

The names of the movements are written down here once more: the product's own may be wrong.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from ledger.audit import chart
from ledger.audit.sums import Flow, Sealed
from ledger.audit.tables import local_day
from ledger.log import entry, state

_GROUP = {
    chart.FUND: "budget", chart.DISTRIBUTION: "budget", chart.POT: "pots", chart.SLICES: "pots",
    chart.MERCHANT_OPEN: "payable", chart.MERCHANT_DUE: "payable", chart.GUARANTEE: "guarantee",
    chart.BANK: "bank", chart.RECEIVABLE: "receivable", chart.SUSPENSE: "suspense",
    chart.IN_TRANSIT: "in_transit", chart.UNIDENTIFIED: "unidentified", chart.WRITE_OFF: "write_off",
}  # fmt: skip

# What a movement between two groups is called; one within a group is seen by nobody.
_NAMES = {
    ("receivable", "budget"): "allocated",
    ("budget", "receivable"): "closed",
    ("budget", "pots"): "granted",
    ("pots", "budget"): "swept",
    ("pots", "payable"): "redeemed",
    ("payable", "pots"): "refunded",
    ("payable", "budget"): "lapsed",
    ("guarantee", "payable"): "covered",
    ("payable", "guarantee"): "uncovered",
    ("budget", "guarantee"): "carried",
    ("payable", "in_transit"): "sent",
    ("in_transit", "payable"): "failed",
    ("in_transit", "bank"): "booked",
    ("in_transit", "suspense"): "matched",
    ("bank", "payable"): "returned",
    ("unidentified", "payable"): "recovered",
    ("bank", "receivable"): "funded",
    ("unidentified", "receivable"): "assigned",
    ("bank", "unidentified"): "unexplained_in",
    ("suspense", "bank"): "unexplained_out",
    ("unidentified", "bank"): "sent_back",
    ("bank", "suspense"): "taken_back",
    ("write_off", "suspense"): "written_off",
    ("unidentified", "write_off"): "kept",
}

Moves = dict[str, Counter[str]]
"""Cents by the name of a movement, by fund or by one of `state.ELSEWHERE`."""


@dataclass
class States:
    """Where the public stands, and what it has not been shown yet."""

    public: state.Standing = field(default_factory=state.Standing)
    pending: Moves = field(default_factory=dict)

    def take(self, flows: Iterable[Flow]) -> None:
        """Add what a batch moved."""
        for flow in flows:
            elsewhere = state.GUARANTEE if flow.committed else state.BANK
            key = str(flow.fund) if flow.fund is not None else elsewhere
            moves = self.pending.setdefault(key, Counter())
            moves["n"] += flow.n if flow.committed else 0
            way = (_GROUP[flow.debit], _GROUP[flow.credit])
            if flow.kind == chart.CORRECT:
                moves["corrected"] += flow.amount if way[0] == "budget" else -flow.amount
            elif way in _NAMES:
                moves[_NAMES[way]] += flow.amount

    def show(self, leaf: state.Sums) -> state.Sums:
        """What a leaf should say that shows these lines and no others."""
        lines = {line.fund for line in leaf.funds} | {state.BANK}
        if leaf.guarantee.opening != leaf.guarantee.closing or any(_moves(leaf.guarantee)):
            lines.add(state.GUARANTEE)
        shown = {key: moves for key, moves in self.pending.items() if key in lines}
        self.pending = {key: moves for key, moves in self.pending.items() if key not in lines}
        sums = state.proceed(self.public, shown)
        self.public = self.public.after(sums)
        return sums


def _moves(line: state.GuaranteeState) -> list[int]:
    return [getattr(line, f.name) for f in fields(line) if f.name not in ("opening", "closing")]


def differences(
    batch: Sealed, flows: list[Flow], addendum: str, states: States, leaf: entry.Batch
) -> list[str]:
    """The names of what a batch's leaf says otherwise than its row and its transfers."""
    states.take(flows)
    wanted: dict[str, Any] = {
        "muni": batch.muni,
        "no": batch.no,
        "n": batch.n,
        "from_day": local_day(batch.from_at).isoformat(),
        "to_day": local_day(batch.to_at).isoformat(),
        "tx_root": batch.tx_root.hex(),
        "commitments": addendum,
        **state.lines_of(states.show(leaf)),
    }
    committed = sum(flow.n for flow in flows if flow.committed)
    wrong = _others(wanted, leaf)
    return wrong + (["n"] if committed != batch.n and "n" not in wrong else [])


def end_differences(states: States, leaf: entry.Close) -> list[str]:
    """The names of what the end of a log says otherwise: it shows all that no batch has shown."""
    wrong = _others(state.lines_of(states.show(leaf)), leaf)
    held_back = any(any(moves.values()) for moves in states.pending.values())
    return wrong + (["funds"] if held_back and "funds" not in wrong else [])


def _others(wanted: dict[str, Any], leaf: entry.Leaf) -> list[str]:
    return [name for name, value in wanted.items() if getattr(leaf, name) != value]
