"""State S: what all sealed transfers come to, and what the public has seen of it (docs/spec/06-books.md).

1. S after a batch is S before it plus the batch's transfers; nothing is counted from anywhere else.
2. Each transfer counts twice, by the codes of its accounts and by the name of its movement (granted,
   redeemed, …). The two must agree, and a movement without a name is refused, so none can hide.
3. What too few payments made is not shown at once: it waits (`pending`) until enough have come together,
   or until the year closes. What was shown (`public`) goes on from leaf to leaf.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.log import canonical, state
from ledger.models import DEBIT_SIDE, Batch, Code, Kind, LogEntry


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


_GROUPS = {
    "budget": (Code.FUND, Code.DISTRIBUTION),
    "pots": (Code.POT, Code.SLICES),
    "payable": (Code.MERCHANT_OPEN, Code.MERCHANT_DUE),
    "guarantee": (Code.GUARANTEE,),
    "bank": (Code.BANK,),
    "receivable": (Code.RECEIVABLE,),
    "suspense": (Code.SUSPENSE,),
    "in_transit": (Code.IN_TRANSIT,),
    "unidentified": (Code.UNIDENTIFIED,),
    "write_off": (Code.WRITE_OFF,),
}
_GROUP = {code: name for name, codes in _GROUPS.items() for code in codes}

# What a movement from one group to another is called. Within a group nothing happens that S can see.
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
_CORRECTIONS = {("budget", "pots"): 1, ("pots", "budget"): -1}
# What a few people did must not be seen: these wait for company.
_PERSONAL = ("granted", "corrected", "swept", "redeemed", "refunded", "lapsed", "covered", "uncovered")


@dataclass
class State:
    """Cents: the balance of each code, where all stands, where it stands in public, what is not shown."""

    codes: Counter[int] = field(default_factory=Counter)
    truth: state.Standing = field(default_factory=state.Standing)
    public: state.Standing = field(default_factory=state.Standing)
    pending: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, totals: dict[str, Any]) -> "State":
        """The state that a batch kept."""
        return cls(
            codes=Counter({int(code): amount for code, amount in totals["codes"].items()}),
            truth=canonical.record(state.Standing, totals["truth"]),
            public=canonical.record(state.Standing, totals["public"]),
            pending={key: Counter(flow) for key, flow in totals["pending"].items()},
        )

    def json(self) -> dict[str, Any]:
        """The state as a batch keeps it."""
        return {
            "codes": dict(self.codes),
            "truth": state.standing_json(self.truth),
            "public": state.standing_json(self.public),
            "pending": {key: dict(flow) for key, flow in self.pending.items()},
        }

    def check(self) -> None:
        """Raise BooksBroken unless assets equal liabilities and every movement has a name (I12, I13)."""
        assets = sum(amount for code, amount in self.codes.items() if code in DEBIT_SIDE)
        pairs = {"Assets and liabilities": (2 * assets, sum(self.codes.values()))}
        for name, codes in _GROUPS.items():
            pairs[name] = (_standing(self.truth, name), sum(self.codes[code] for code in codes))
        broken = [f"{what}: {one} is not {other}" for what, (one, other) in pairs.items() if one != other]
        if broken:
            raise BooksBroken("; ".join(broken))

    def shown(self) -> "State":
        """This state once all of it was shown."""
        return State(self.codes, self.truth, self.truth)


def read_after(last: Batch | None) -> State:
    """S after the last batch; a year that was closed since then has shown the rest of it."""
    if last is None:
        return State()
    found = State.read(last.totals)
    later = LogEntry.objects.filter(log__muni=last.muni, id__gt=last.entry_id)
    return found.shown() if later.filter(source__startswith="close:").exists() else found


def _standing(standing: state.Standing, group: str) -> int:
    if group in ("budget", "pots"):
        return sum(int(getattr(held, group)) for held in standing.funds)
    return int(getattr(standing, group))


def add(before: State, moves: Iterable[Move], least: int = 1) -> tuple[state.Sums, State]:
    """What the leaf says after `moves`, and S. A line shows what at least `least` payments did together.

    Raises BooksBroken.
    """
    codes = Counter(before.codes)
    flows: dict[str, Counter[str]] = {}
    for move in moves:
        codes[move.debit] += move.amount if move.debit in DEBIT_SIDE else -move.amount
        codes[move.credit] += -move.amount if move.credit in DEBIT_SIDE else move.amount
        _count(flows, move)
    pending = _merged(before.pending, flows)
    show = {key: flow for key, flow in pending.items() if _may_be_shown(key, flow, least)}
    sums = state.proceed(before.public, show)
    after = State(
        codes=codes,
        truth=before.truth.after(state.proceed(before.truth, flows)),
        public=before.public.after(sums),
        pending={key: flow for key, flow in pending.items() if key not in show},
    )
    after.check()
    return sums, after


def rest(last: State) -> state.Sums:
    """What a year's last leaf says: all that was not shown. Raises BooksBroken when that is not all."""
    sums = state.proceed(last.public, last.pending)
    if last.public.after(sums) != last.truth:
        raise BooksBroken("What was shown and what waits are together not what there is.")
    return sums


def _count(flows: dict[str, Counter[str]], move: Move) -> None:
    key = str(move.fund) if move.fund is not None else state.GUARANTEE if move.committed else state.BANK
    flow = flows.setdefault(key, Counter())
    flow["n"] += move.committed
    way = (_GROUP[move.debit], _GROUP[move.credit])
    if move.kind == Kind.CORRECT:
        flow["corrected"] += _CORRECTIONS[way] * move.amount
    elif way in _NAMES:
        flow[_NAMES[way]] += move.amount
    elif way[0] != way[1]:
        raise BooksBroken(f"A movement from {move.debit} to {move.credit} has no name.")


def _merged(before: Mapping[str, Counter[str]], flows: Mapping[str, Counter[str]]) -> dict[str, Counter[str]]:
    merged = {key: Counter(flow) for key, flow in before.items()}
    for key, flow in flows.items():
        merged.setdefault(key, Counter()).update(flow)
    return {key: flow for key, flow in merged.items() if any(flow.values())}


def _may_be_shown(key: str, flow: Counter[str], least: int) -> bool:
    return key == state.BANK or flow["n"] >= least or not any(flow[name] for name in _PERSONAL)
