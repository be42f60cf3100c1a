"""What fits nothing: the open items of the bank, and what they turned out to be.

1. An unmatched debit stands in suspense (1900), an unmatched credit in 2400, until it is cleared once.
2. `again` clears what a later file made sure. All else a person says, with a reason.
3. Money is lost or kept only by two people: that needs an override, and so a leaf in the public log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from django.db.models import QuerySet
from django.utils import timezone

from ledger import books, matching, overrides, transit
from ledger.models import BankClearing, BankLine, Code, Kind, Override, Payout


class Cleared(StrEnum):
    """What an open line can turn out to be."""

    BOOKED = "booked"  # a debit was payments of ours
    RETURNED = "returned"  # a credit was a payment that came back
    FUNDING = "funding"  # a credit was the municipality's own money
    REVERSED = "reversed"  # a debit and one or more credits cancel each other
    WRITTEN_OFF = "written off"  # a debit that nobody explains: a loss
    KEPT = "kept"  # a credit that nobody claims


class ClearingRefused(Exception):  # noqa: N818 - it says what happened
    """The line is not open, or this is not what it can be. Nothing changed."""


@dataclass(frozen=True)
class OpenItem:
    """Something that waits: a line of the bank (cents, plus when it came in) or a payout that was sent."""

    line: BankLine | None
    payout: Payout | None
    amount: int
    since: datetime
    days: int


def open_items(muni: int, now: datetime) -> list[OpenItem]:
    """What waits, oldest first: lines that fit nothing, and payouts that no statement shows yet."""
    lines = [
        _item(now, moment(line), open_amount(line) if line.credit else -open_amount(line), line=line)
        for line in open_lines(muni)
    ]
    sent = _on_their_way(muni).select_related("file")
    waiting = [_item(now, payout.file.exported_at, payout.amount, payout=payout) for payout in sent]
    return sorted([*lines, *waiting], key=lambda item: item.since)


def _item(
    now: datetime, since: datetime, amount: int, line: BankLine | None = None, payout: Payout | None = None
) -> OpenItem:
    return OpenItem(line, payout, amount, since, max(0, (now - since).days))


def open_lines(muni: int) -> QuerySet[BankLine]:
    """Lines that fit nothing and are not cleared, in the order of the account; with their matches."""
    rows = BankLine.objects.filter(muni=muni, matches__how=matching.How.UNMATCHED, clearing=None)
    return rows.order_by("statement", "pos").prefetch_related("matches")


def open_amount(line: BankLine) -> int:
    """Cents of a line that fitted nothing."""
    return sum(match.amount for match in line.matches.all() if match.how == matching.How.UNMATCHED)


def count_open(muni: int) -> int:
    """How many items are open."""
    return open_lines(muni).count() + _on_their_way(muni).count()


def _on_their_way(muni: int) -> QuerySet[Payout]:
    return Payout.objects.filter(muni=muni, status=transit.Status.SENT)


def moment(line: BankLine) -> datetime:
    """Noon of the day on which the bank booked it."""
    return timezone.make_aware(datetime.combine(line.booked_on, time(12)))


# --- a person says what it was ------------------------------------------------------------------------------
def clear(
    line: BankLine,
    as_what: Cleared,
    actor: str,
    reason: str,
    now: datetime,
    *,
    paid: Sequence[Payout] = (),
    others: Sequence[BankLine] = (),
    override: Override | None = None,
) -> None:
    """Say what an open line was. All of its open amount is cleared at once.

    BOOKED and RETURNED name the payouts that were `paid`, which add up to it; REVERSED the `others`, open
    lines of the other direction that add up to it; WRITTEN_OFF and KEPT an `override` for
    `override_for(line)`. Raises ClearingRefused.
    """
    if not reason.strip():
        raise ClearingRefused("Say why.")
    by = _By(actor, reason, now)
    with books.locked(line.muni):
        amount = _require_open(line)
        if line.credit != (as_what in _CREDITS) and as_what != Cleared.REVERSED:
            raise ClearingRefused("That is not what this line can be.")
        if as_what in (Cleared.BOOKED, Cleared.RETURNED):
            _clear_payouts(line, amount, paid, by)
        elif as_what == Cleared.REVERSED:
            _clear_reversed(line, amount, others, by)
        else:
            if as_what != Cleared.FUNDING:
                _require_override(line, override)
            _close(line, [_clearing(line, _WAYS[as_what], amount, by)], by)
        transit.finish_batches(line.muni)


_CREDITS = {Cleared.RETURNED, Cleared.FUNDING, Cleared.KEPT}
_WAYS = {
    Cleared.FUNDING: (Kind.FUNDING, Code.UNIDENTIFIED, Code.RECEIVABLE),
    Cleared.WRITTEN_OFF: (Kind.UNMATCHED, Code.WRITE_OFF, Code.SUSPENSE),
    Cleared.KEPT: (Kind.UNMATCHED, Code.UNIDENTIFIED, Code.WRITE_OFF),
}


@dataclass(frozen=True)
class _By:
    """Who says it, why, and when."""

    actor: str
    reason: str
    now: datetime


def override_for(line: BankLine) -> str:
    """What an override must name to let a line be written off or kept."""
    return f"bank-line/{line.pk}"


def _require_override(line: BankLine, override: Override | None) -> None:
    if not overrides.lets_pass(override, line.muni, override_for(line)):
        raise ClearingRefused("Two people decide this.")


def _require_open(line: BankLine) -> int:
    """The open cents of a line. Raises ClearingRefused when there are none."""
    match = line.matches.filter(how=matching.How.UNMATCHED).first()
    if match is None or BankClearing.objects.filter(line=line).exists():
        raise ClearingRefused("This line is not open.")
    return match.amount


def _clear_payouts(line: BankLine, amount: int, paid: Sequence[Payout], by: _By) -> None:
    """A debit was these payouts that are sent, or a credit these that are booked."""
    wanted = transit.Status.BOOKED if line.credit else transit.Status.SENT
    rows = Payout.objects.filter(pk__in=[one.pk for one in paid], muni=line.muni, status=wanted)
    found = list(rows.select_related("account").order_by("pk"))
    if sum(payout.amount for payout in found) != amount or len(found) != len(paid):
        raise ClearingRefused("These payouts are not this amount, or not on their way.")
    if line.credit:
        code, back = line.return_code, Code.UNIDENTIFIED
        postings = [transit.returned(one, back, code, by.actor, moment(line)) for one in found]
    else:
        postings = [transit.booked(one, Code.SUSPENSE, by.actor, line.ref, moment(line)) for one in found]
    _close(line, postings, by)


def _clear_reversed(line: BankLine, amount: int, others: Sequence[BankLine], by: _By) -> None:
    """Debits and credits cancel each other: what went through the bank's account did so twice."""
    amounts = {line.pk: amount} | {other.pk: _require_open(other) for other in others}
    rest = sum(amounts.values()) - amount
    if rest != amount or any(other.muni != line.muni or other.credit == line.credit for other in others):
        raise ClearingRefused("These lines do not cancel each other.")
    for one in (line, *others):
        way = (Code.UNIDENTIFIED, Code.BANK) if one.credit else (Code.BANK, Code.SUSPENSE)
        _close(one, [_clearing(one, (Kind.UNMATCHED, *way), amounts[one.pk], by)], by)


def _clearing(line: BankLine, way: tuple[Kind, Code, Code], amount: int, by: _By) -> books.Posting:
    return _posting(line, "cleared", way, amount, by)


def posting(line: BankLine, how: matching.How, amount: int, actor: str) -> books.Posting:
    """What a line (or a part of it, in cents) that is no payout does when it is first read."""
    if how == matching.How.FUNDING:
        way = (Kind.FUNDING, Code.BANK, Code.RECEIVABLE)
    elif line.credit:
        way = (Kind.UNMATCHED, Code.BANK, Code.UNIDENTIFIED)
    else:
        way = (Kind.UNMATCHED, Code.SUSPENSE, Code.BANK)
    return _posting(line, "read", way, amount, _By(actor, "", moment(line)))


def _posting(line: BankLine, step: str, way: tuple[Kind, Code, Code], amount: int, by: _By) -> books.Posting:
    kind, *codes = way
    debit, credit = books.open_accounts([books.AccountKey(line.muni, code) for code in codes])
    once = uuid5(NAMESPACE_URL, f"meedoen:bank:{line.muni}:{line.iban}:{line.ref}")
    return books.Posting(
        id=uuid5(once, step),
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
        ref_type="bank_line",
        ref_id=line.ref,
        actor=by.actor,
        reason=by.reason,
        effective_at=by.now,
    )


def _close(line: BankLine, postings: Sequence[books.Posting], by: _By) -> None:
    books.post(line.muni, postings)
    BankClearing.objects.create(line=line, transfer=postings[0].id, by=by.actor, reason=by.reason, at=by.now)


# --- a later file made it sure ------------------------------------------------------------------------------
def again(muni: int, now: datetime) -> None:
    """Look at every open line again: it may turn out to be payouts."""
    for line in open_lines(muni):
        found = [match.payout for match in matching.decide(line) if match.payout]
        if found and sum(payout.amount for payout in found) == open_amount(line):
            _clear_payouts(line, open_amount(line), found, _By("reconcile", "recognised later", now))
