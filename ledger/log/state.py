"""State S: what a batch leaf says of each fund and of what is owed to merchants (spec 07-log).

Opening + movements = closing, opening = the closing published before, and what left the pots is what is
owed. Nobody needs access to check that.
"""

from dataclasses import dataclass

from ledger.log.canonical import check_code, check_counts


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
        check_counts(self, signed=("corrected",))

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
        check_counts(self, signed=("opening", "closing"))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        moved = self.redeemed - self.refunded - self.paid + self.returned
        fits = self.opening + moved == self.closing
        return [] if fits else ["What is owed to merchants does not add up."]
