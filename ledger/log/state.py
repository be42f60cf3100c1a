"""State S: what a leaf says of every fund and of every account of the books (spec 07-log, section 4).

1. Opening + movements = closing, and every opening is the closing that was published before.
2. What leaves one account arrives in another, so assets are liabilities in every leaf.
Nobody needs access to check that.

`Standing` is where things stand, `Sums` how they came there since the leaf before: cents, all of it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ledger.log.canonical import EntryError, check_code, check_counts

Flows = Mapping[str, Counter[str]]
"""Cents by the name of a movement (and `n`, payments), by fund or by one of `ELSEWHERE`."""

BANK, GUARANTEE = "", "guarantee"
ELSEWHERE = (BANK, GUARANTEE)
"""Movements outside the funds: of the bank, and of offline payments that no fund could pay."""


def _signs(text: str) -> dict[str, int]:
    return {word[1:]: -1 if word[0] == "-" else 1 for word in text.split()}


# What moves each balance, by the name of the movement. Its sign is that of the balance.
BUDGET = _signs("+allocated -granted -corrected +lapsed +swept -closed -carried")
POTS = _signs("+granted +corrected -redeemed +refunded -swept")
_PAYABLE = _signs("+redeemed -refunded -paid +returned")
_GUARANTEE = _signs("+paid -given_back -carried")
_BANK = {
    "bank": _signs("+funded +returned +unexplained_in +taken_back -booked -unexplained_out -sent_back"),
    "receivable": _signs("+allocated -closed -funded -assigned"),
    "suspense": _signs("+unexplained_out -matched -taken_back -written_off"),
    "in_transit": _signs("+sent -failed -booked -matched"),
    "unidentified": _signs("+unexplained_in -assigned -recovered -sent_back -kept"),
    "write_off": _signs("+written_off -kept"),
}


def _moved(line: Any, signs: Mapping[str, int]) -> int:
    return sum(sign * int(getattr(line, name)) for name, sign in signs.items())


@dataclass(frozen=True)
class Held:
    """Where one fund stands: not yet given to a holder, and what holders can spend."""

    fund: str
    budget: int
    pots: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_code(self.fund)
        check_counts(self)


@dataclass(frozen=True)
class Standing:
    """Where everything stands after a leaf. `guarantee` and `write_off` are costs, the city's to carry."""

    payable: int = 0
    guarantee: int = 0
    bank: int = 0
    receivable: int = 0
    suspense: int = 0
    in_transit: int = 0
    unidentified: int = 0
    write_off: int = 0
    funds: tuple[Held, ...] = ()

    def check(self) -> None:
        """Raise EntryError on a fund out of range, or when assets are not liabilities."""
        for held in self.funds:
            held.check()
        if [h.fund for h in self.funds] != sorted({h.fund for h in self.funds}):
            raise EntryError("The funds stand in order, each once.")
        if self.gap():
            raise EntryError("Assets are not liabilities.")

    def held(self, fund: str) -> Held:
        """Where a fund stands; at nothing when it was not heard of."""
        return next((h for h in self.funds if h.fund == fund), Held(fund, 0, 0))

    def gap(self) -> int:
        """Assets minus liabilities: 0 when every cent is somewhere."""
        assets = self.bank + self.receivable + self.suspense + self.guarantee + self.write_off
        owed = sum(h.budget + h.pots for h in self.funds)
        return assets - owed - self.payable - self.in_transit - self.unidentified

    def after(self, sums: "Sums") -> "Standing":
        """Where things stand after a leaf with these sums."""
        funds = {h.fund: h for h in self.funds}
        funds |= {f.fund: Held(f.fund, f.budget_closing, f.pots_closing) for f in sums.funds}
        return Standing(
            payable=sums.payable.closing,
            guarantee=sums.guarantee.closing,
            funds=tuple(funds[name] for name in sorted(funds)),
            **{name: getattr(sums.bank, f"{name}_closing") for name in _BANK},
        )


@dataclass(frozen=True)
class FundState:
    """One fund since its line before (`n` payments).

    `budget` is what is not yet given to a holder, `pots` what holders can still spend.
    `corrected` is signed: plus goes from budget to pots. `lapsed` are refunds that come after
    a voucher's end and go back to the budget; `refunded` those that go back to the pots.
    `carried` is what the fund pays of the guarantee's cost.
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
    carried: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_code(self.fund)
        check_counts(self, signed=("corrected",))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        wrong = []
        if self.budget_opening + _moved(self, BUDGET) != self.budget_closing:
            wrong.append(f"The budget of fund {self.fund} does not add up.")
        if self.pots_opening + _moved(self, POTS) != self.pots_closing:
            wrong.append(f"The pots of fund {self.fund} do not add up.")
        return wrong


@dataclass(frozen=True)
class PayableState:
    """What is owed to merchants; below zero when refunds exceed redemptions."""

    opening: int = 0
    closing: int = 0
    redeemed: int = 0
    refunded: int = 0
    paid: int = 0
    returned: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self, signed=("opening", "closing"))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        fits = self.opening + _moved(self, _PAYABLE) == self.closing
        return [] if fits else ["What is owed to merchants does not add up."]


@dataclass(frozen=True)
class GuaranteeState:
    """What offline payments cost that no pot could pay: `paid` to shops, `given_back`, `carried` by funds."""

    opening: int = 0
    closing: int = 0
    paid: int = 0
    given_back: int = 0
    carried: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self, signed=("opening", "closing"))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        fits = self.opening + _moved(self, _GUARANTEE) == self.closing
        return [] if fits else ["The guarantee does not add up."]


@dataclass(frozen=True)
class BankState:
    """The bank's side: the account itself, what the council still has to pay in, and what is on its way.

    `suspense` left the bank unexplained, `unidentified` came in unexplained. Each movement is named once;
    docs/spec/07-log.md says from where to where.
    """

    bank_opening: int = 0
    bank_closing: int = 0
    receivable_opening: int = 0
    receivable_closing: int = 0
    suspense_opening: int = 0
    suspense_closing: int = 0
    in_transit_opening: int = 0
    in_transit_closing: int = 0
    unidentified_opening: int = 0
    unidentified_closing: int = 0
    write_off_opening: int = 0
    write_off_closing: int = 0
    allocated: int = 0
    closed: int = 0
    funded: int = 0
    assigned: int = 0
    sent: int = 0
    failed: int = 0
    booked: int = 0
    matched: int = 0
    returned: int = 0
    recovered: int = 0
    unexplained_in: int = 0
    unexplained_out: int = 0
    sent_back: int = 0
    taken_back: int = 0
    written_off: int = 0
    kept: int = 0

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self, signed=tuple(f"{name}_{end}" for name in _BANK for end in ("opening", "closing")))

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        return [
            f"The account {name} does not add up."
            for name, signs in _BANK.items()
            if getattr(self, f"{name}_opening") + _moved(self, signs) != getattr(self, f"{name}_closing")
        ]


_BANK_MOVES = sorted({name for signs in _BANK.values() for name in signs})
_FUND_MOVES = sorted(BUDGET | POTS)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The sums of a leaf. `budgets` and `pots` are the closings of all funds, with a line or without."""

    budgets: int
    pots: int
    payable: PayableState
    guarantee: GuaranteeState
    bank: BankState
    funds: tuple[FundState, ...] = field(default=())

    def check_lines(self) -> None:
        """Raise EntryError on a field out of range."""
        names = [line.fund for line in self.funds]
        if names != sorted(set(names)):
            raise EntryError("The funds of a leaf stand in order, each once.")
        for line in self._lines:
            line.check()

    @property
    def _lines(self) -> list[FundState | PayableState | GuaranteeState | BankState]:
        return [*self.funds, self.payable, self.guarantee, self.bank]

    def sums(self) -> list[str]:
        """What does not add up within this leaf, one sentence each (spec 07-log, section 4)."""
        wrong = [sentence for line in self._lines for sentence in line.sums()]
        return wrong + [sentence for sentence, one, other in self._pairs() if one != other]

    def _pairs(self) -> list[tuple[str, int, int]]:
        payable, guarantee, bank = self.payable, self.guarantee, self.bank

        def funds(*names: str) -> int:
            return sum(int(getattr(line, name)) for line in self.funds for name in names)

        back = bank.failed + bank.returned + bank.recovered
        assets = bank.bank_closing + bank.receivable_closing + bank.suspense_closing
        owed = payable.closing + bank.in_transit_closing + bank.unidentified_closing
        return [
            ("What left the pots is not what is owed to merchants.",
             funds("redeemed") + guarantee.paid, payable.redeemed),
            ("What came back from merchants is not what was refunded.",
             funds("refunded", "lapsed") + guarantee.given_back, payable.refunded),
            ("What was sent to the bank is not what was paid to merchants.", bank.sent, payable.paid),
            ("What came back from the bank is not what is owed again.", back, payable.returned),
            ("What the council decided is not what the funds got.", funds("allocated"), bank.allocated),
            ("What was closed is not what the council got back.", funds("closed"), bank.closed),
            ("What the funds carried is not what the guarantee got.", funds("carried"), guarantee.carried),
            ("Assets are not liabilities.", assets + guarantee.closing + bank.write_off_closing,
             self.budgets + self.pots + owed),
        ]  # fmt: skip


def follows(before: Standing, sums: Sums) -> list[str]:
    """What does not go on from where things stood; one sentence each, [] when all does."""
    openings = {
        "What is owed to merchants": (sums.payable.opening, before.payable),
        "The guarantee": (sums.guarantee.opening, before.guarantee),
    }
    for name in _BANK:
        openings[f"The account {name}"] = (getattr(sums.bank, f"{name}_opening"), getattr(before, name))
    broken = [what for what, (opening, closing) in openings.items() if opening != closing]
    for line in sums.funds:
        held = before.held(line.fund)
        if (line.budget_opening, line.pots_opening) != (held.budget, held.pots):
            broken.append(f"Fund {line.fund}")
    wrong = [f"{what} does not start where it ended before." for what in broken]
    after = before.after(sums)
    totals = (sum(h.budget for h in after.funds), sum(h.pots for h in after.funds))
    return (
        wrong if totals == (sums.budgets, sums.pots) else [*wrong, "All funds together are something else."]
    )


def proceed(before: Standing, flows: Flows) -> Sums:
    """The sums of a leaf that goes on from `before` with these movements."""
    every = sum(flows.values(), Counter[str]())
    payable = {
        "redeemed": every["redeemed"] + every["covered"],
        "refunded": every["refunded"] + every["lapsed"] + every["uncovered"],
        "paid": every["sent"],
        "returned": every["failed"] + every["returned"] + every["recovered"],
    }
    guarantee = {"paid": every["covered"], "given_back": every["uncovered"], "carried": every["carried"]}
    bank = {name: every[name] for name in _BANK_MOVES}
    for name, signs in _BANK.items():
        opening = getattr(before, name)
        bank |= {f"{name}_opening": opening, f"{name}_closing": opening + _total(bank, signs)}
    lines = tuple(_fund(before.held(fund), flows[fund]) for fund in sorted(flows) if fund not in ELSEWHERE)
    moved = {line.fund for line in lines}
    rest = [held for held in before.funds if held.fund not in moved]
    return Sums(
        budgets=sum(h.budget for h in rest) + sum(line.budget_closing for line in lines),
        pots=sum(h.pots for h in rest) + sum(line.pots_closing for line in lines),
        payable=PayableState(before.payable, before.payable + _total(payable, _PAYABLE), **payable),
        guarantee=GuaranteeState(
            before.guarantee, before.guarantee + _total(guarantee, _GUARANTEE), **guarantee
        ),
        bank=BankState(**bank),
        funds=lines,
    )


def _total(moves: Mapping[str, int], signs: Mapping[str, int]) -> int:
    return sum(sign * moves[name] for name, sign in signs.items())


def _fund(held: Held, flow: Counter[str]) -> FundState:
    moves = {name: flow[name] for name in _FUND_MOVES}
    return FundState(
        held.fund,
        flow["n"],
        budget_opening=held.budget,
        budget_closing=held.budget + _total(moves, BUDGET),
        pots_opening=held.pots,
        pots_closing=held.pots + _total(moves, POTS),
        **moves,
    )


def lines_of(sums: Sums) -> dict[str, Any]:
    """The sums as keyword arguments of a leaf that carries them."""
    return {name: getattr(sums, name) for name in Sums.__dataclass_fields__}


def standing_json(standing: Standing) -> dict[str, Any]:
    """A standing as JSON."""
    return {**asdict(standing), "funds": [asdict(held) for held in standing.funds]}
