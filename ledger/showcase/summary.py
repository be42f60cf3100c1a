"""A log, added up: each leaf once, in order. Pure: whoever has the leaves gets the same figures.

1. A batch counts in the month of its last day, what the last leaf of a log still shows in December.
2. Given, spent and allocated are net: what came back is taken off. So what holders still have is given minus
   spent, and what nobody has yet is allocated minus given. What a fund carries of the guarantee was spent.
3. A leaf whose sums do not fit, or that does not go on from the one before, is noted in `wrong`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.log import entry, state

MOST_WRONG = 20


@dataclass(frozen=True)
class Flow:
    """What moved, in cents, and in how many payments (`n`)."""

    n: int = 0
    allocated: int = 0
    given: int = 0
    spent: int = 0

    def __add__(self, other: "Flow") -> "Flow":
        return Flow(
            self.n + other.n,
            self.allocated + other.allocated,
            self.given + other.given,
            self.spent + other.spent,
        )


def total(flows: Iterable[Flow]) -> Flow:
    """All of them together."""
    return sum(flows, Flow())


def flow_of(line: state.FundState) -> Flow:
    """What a fund's line says that moved."""
    return Flow(
        n=line.n,
        allocated=line.allocated - line.closed,
        given=line.granted + line.corrected - line.swept - line.lapsed + line.carried,
        spent=line.redeemed - line.refunded - line.lapsed + line.carried,
    )


@dataclass
class Summary:
    """The first `size` leaves of a log. Months are "YYYY-MM", funds their codes, places indexes of leaves."""

    size: int = 0
    months: dict[str, dict[str, Flow]] = field(default_factory=dict)
    began: state.Standing = field(default_factory=state.Standing)
    """Where things stood when this log began: where the log before it ended."""
    stands: state.Standing = field(default_factory=state.Standing)
    paid: int = 0
    """What went to shops through the bank (cents), less what came back."""
    payments: int = 0
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    cover: entry.Cover | None = None
    wrong: list[str] = field(default_factory=list)

    def add(self, raw: bytes) -> None:
        """Take in the next leaf. Raises canonical.EntryError when it cannot be read."""
        leaf = entry.parse(raw)
        self.places[leaf.t].append(self.size)
        match leaf:
            case entry.Open() if leaf.state:
                self.began = self.stands = leaf.state
            case entry.Batch():
                self.payments += leaf.n
                self._add_sums(leaf, leaf.to_day[:7])
            case entry.Close():
                self._add_sums(leaf, f"{leaf.year}-12")
            case entry.Cover():
                self.cover = leaf
                self._note(leaf.sums())
        self.size += 1

    def began_with(self, fund: str) -> int:
        """What a fund had when this log began (cents)."""
        held = self.began.held(fund)
        return held.budget + held.pots

    def _add_sums(self, sums: state.Sums, when: str) -> None:
        self._note([*sums.sums(), *state.follows(self.stands, sums)])
        month = self.months.setdefault(when, {})
        for line in sums.funds:
            month[line.fund] = month.get(line.fund, Flow()) + flow_of(line)
        self.stands = self.stands.after(sums)
        self.paid += sums.payable.paid - sums.payable.returned

    def _note(self, found: Iterable[str]) -> None:
        named = [f"Leaf {self.size}: {sentence}" for sentence in found]
        self.wrong = [*self.wrong, *named][:MOST_WRONG]
