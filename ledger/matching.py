"""What a line of the bank is: decided from what it says and from the payouts as they stand now.

1. Our own reference decides (EndToEndId); then the reference of a whole file (PmtInfId) with its sum; then
   amount and account together, when they fit one payout only.
2. A debit fits a payout that is sent, a return one that is booked, each with the same amount.
3. What is not sure is unmatched: a person sees it, or a later file makes it sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from ledger.models import BankLine, BankMatch, Payout

How = BankMatch.How
_Status = Payout.Status


@dataclass(frozen=True)
class Match:
    """What a line, or a part of it, was: `amount` in cents."""

    how: How
    amount: int
    payout: Payout | None = None


def decide(line: BankLine) -> list[Match]:
    """What a line was; the amounts add up to the line's."""
    payouts = _returned(line) if line.credit else _booked(line)
    how = How.RETURNED if line.credit else How.BOOKED
    found = [Match(how, payout.amount, payout) for payout in payouts]
    rest = line.amount - sum(match.amount for match in found)
    if rest:
        found.append(Match(How.FUNDING if not found and _is_funding(line) else How.UNMATCHED, rest))
    return found


def _is_funding(line: BankLine) -> bool:
    own = settings.FUNDING_IBAN.replace(" ", "")
    return line.credit and bool(own) and line.other_iban == own and not line.return_code


def _returned(line: BankLine) -> list[Payout]:
    booked = Payout.objects.filter(muni=line.muni, status=_Status.BOOKED, amount=line.amount)
    if line.end_to_end:
        return _named(booked, line.end_to_end)
    return _only(booked, line) if line.return_code else []


def _booked(line: BankLine) -> list[Payout]:
    sent = Payout.objects.filter(muni=line.muni, status=_Status.SENT)
    found = _named(sent.filter(amount=line.amount), line.end_to_end)
    if found or line.end_to_end:
        return found
    return _whole_file(line) or _only(sent.filter(amount=line.amount), line)


def _named(payouts: QuerySet[Payout], end_to_end: str) -> list[Payout]:
    try:
        return list(payouts.filter(pk=UUID(hex=end_to_end)))
    except ValueError:
        return []


def _whole_file(line: BankLine) -> list[Payout]:
    """The payouts that a debit for a whole file paid: all that were not refused before.

    A bank may also debit the whole sum and give the refused part back; then the rest is unmatched.
    """
    if not line.batch_ref.endswith("P"):
        return []
    rows = Payout.objects.filter(muni=line.muni, file__msg_id=line.batch_ref[:-1])
    sent = list(rows.filter(status=_Status.SENT))
    paid, refused = _sum(sent), _sum(rows.filter(status=_Status.FAILED))
    return sent if line.amount in (paid, paid + refused) else []


def _sum(payouts: Sequence[Payout] | QuerySet[Payout]) -> int:
    return sum(payout.amount for payout in payouts)


def _only(payouts: QuerySet[Payout], line: BankLine) -> list[Payout]:
    """The one payout to the line's account; when there are more nobody knows which."""
    found = list(payouts.filter(account__iban=line.other_iban)[:2]) if line.other_iban else []
    return found if len(found) == 1 else []
