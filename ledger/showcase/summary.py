"""A log, added up: each leaf once, in order. Pure: whoever has the leaves gets the same figures.

1. A batch counts in the month of its last day.
2. Given, spent and allocated are net: what came back is taken off. So what holders still have is given minus
   spent, and what nobody has yet is allocated minus given.
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
    back = line.refunded + line.lapsed
    return Flow(
        n=line.n,
        allocated=line.allocated - line.closed,
        given=line.granted + line.corrected - line.swept - line.lapsed,
        spent=line.redeemed - back,
    )


@dataclass
class Summary:
    """The first `size` leaves of a log. Months are "YYYY-MM", funds their codes, places indexes of leaves."""

    size: int = 0
    opened: entry.Open | None = None
    months: dict[str, dict[str, Flow]] = field(default_factory=dict)
    carried: dict[str, int] = field(default_factory=dict)
    """Per fund what it began with in this log: the closing of the year before (cents)."""
    funds: dict[str, state.FundState] = field(default_factory=dict)
    payable: state.PayableState | None = None
    paid: int = 0
    payments: int = 0
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    batches: dict[int, int] = field(default_factory=dict)
    """Index of each batch's leaf, by its number."""
    cover: entry.Cover | None = None
    wrong: list[str] = field(default_factory=list)

    def add(self, raw: bytes) -> None:
        """Take in the next leaf. Raises canonical.EntryError when it cannot be read."""
        leaf = entry.parse(raw)
        self.places[leaf.t].append(self.size)
        if isinstance(leaf, entry.Batch):
            self._add_batch(leaf)
        elif isinstance(leaf, entry.Cover):
            self.cover = leaf
            self._note(f"Leaf {self.size}: {sentence}" for sentence in leaf.sums())
        elif isinstance(leaf, entry.Open):
            self.opened = leaf
        self.size += 1

    def _add_batch(self, batch: entry.Batch) -> None:
        self._note(f"Leaf {self.size}: {sentence}" for sentence in self._faults(batch))
        self.batches[batch.no] = self.size
        month = self.months.setdefault(batch.to_day[:7], {})
        for line in batch.funds:
            if line.fund not in self.funds:
                self.carried[line.fund] = line.budget_opening + line.pots_opening
            self.funds[line.fund] = line
            month[line.fund] = month.get(line.fund, Flow()) + flow_of(line)
        self.payable = batch.payable
        self.paid += batch.payable.paid - batch.payable.returned
        self.payments += batch.n

    def _faults(self, batch: entry.Batch) -> list[str]:
        """What does not fit. The first batch of a later year goes on from another log: an audit compares."""
        if self.payable is None and self.opened and self.opened.prev:
            return batch.sums()
        return [*batch.sums(), *entry.follows(self.funds, self.payable, batch)]

    def _note(self, found: Iterable[str]) -> None:
        self.wrong = [*self.wrong, *found][:MOST_WRONG]
