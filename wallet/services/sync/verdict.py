"""What is made of a record: the words in which `judge` speaks and `book` writes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from wallet.models import Redemption, TillRecord
from wallet.services.sync.known import Pass
from wallet.services.sync.lines import Line

Outcome = TillRecord.Outcome

LEAKED = "issuer_key_leaked"
TWICE = "double_spend"
TWO_TILLS = "card_two_tills"


@dataclass(frozen=True, slots=True)
class Payment:
    """What is to be paid, in units: `pot` of it by the voucher, the rest by the guarantee.

    `jti` is the pass that is spent by it; None when it was spent before, or never issued. `card` is the card
    when a signed one was shown.
    """

    approved: int
    pot: int
    jti: str | None = None
    owner: Pass | None = None
    rest: bool = False
    card: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is made of a record. `refused` units are the shop's to bear, or held; `case` names what was found.

    `sale` is the payment that is known already, `first` the one that spent the pass before.
    """

    outcome: TillRecord.Outcome
    code: str = ""
    refused: int = 0
    payment: Payment | None = None
    sale: Redemption | None = None
    first: Redemption | None = None
    case: str = ""


def rejected(line: Line, code: str, paid: int = 0, first: Redemption | None = None) -> Verdict:
    """The shop bears what was not `paid` of it."""
    return Verdict(Outcome.REJECTED, code, line.record.amt - paid, case=code, first=first)


def held(line: Line, code: str, paid: int = 0) -> Verdict:
    """What was not `paid` of it is not decided yet."""
    return Verdict(Outcome.HELD, code, line.record.amt - paid, case=code)
