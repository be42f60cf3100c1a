"""The bank's files and what fitted nothing, as finance works with them: words for people, and a trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledger import api as ledger
from ledger.api import BankFileError
from wallet.models import Merchant, Municipality, OverrideRequest, Staff
from wallet.services import overrides, payments, publiclog, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

Cleared = ledger.clearing.Cleared
FILE_BYTES = ledger.BANK_FILE_BYTES


@transaction.atomic
def take(
    *, muni: Municipality, name: str, data: bytes, staff: Staff, now: datetime
) -> ledger.reconcile.Imported:
    """Read a file of the bank and book what it says. Raises Refused; then nothing changed."""
    try:
        with publiclog.needed():
            done = ledger.reconcile.import_file(muni.pk, name, data, staff.actor, now)
    except BankFileError as error:
        raise Refused(error.text((get_language() or "nl")[:2]), "file") from error
    trail.record(staff=staff, verb=Verb.BANK_FILE_READ, subject=trail.Text("bankfile", name), now=now)
    return done


@dataclass(frozen=True)
class Item:
    """Something that waits: a line of the bank that fits nothing, or a payment that no statement shows yet.

    `amount` in cents, below zero when it left our account.
    """

    line: ledger.BankLine | None
    shop: Merchant | None
    amount: int
    since: datetime
    days: int


def open_items(muni: Municipality, now: datetime) -> list[Item]:
    """What waits, oldest first."""
    found = ledger.clearing.open_items(muni.pk, now)
    shops = payments.shops_of(muni, [item.payout.payee for item in found if item.payout])
    return [
        Item(
            item.line,
            shops.get(item.payout.payee) if item.payout else None,
            item.amount,
            item.since,
            item.days,
        )
        for item in found
    ]


def open_line(muni: Municipality, line_id: int) -> ledger.BankLine | None:
    """A line of the bank that still fits nothing."""
    return ledger.clearing.open_lines(muni.pk).filter(pk=line_id).first()


def is_line(muni: Municipality, line_id: int) -> bool:
    """Is this a line of our bank, open or not?"""
    return ledger.BankLine.objects.filter(muni=muni.pk, pk=line_id).exists()


def open_amount(line: ledger.BankLine) -> int:
    """Cents of a line that fitted nothing, below zero when they left our account."""
    cents = ledger.clearing.open_amount(line)
    return cents if line.credit else -cents


@dataclass(frozen=True)
class Other:
    """An open line that another could cancel; chosen by its id. `amount`: what is open of it, in cents."""

    id: int
    on: date
    amount: int
    text: str


def could_cancel(muni: Municipality, line: ledger.BankLine) -> list[Other]:
    """Open lines of the other direction."""
    found = ledger.clearing.open_lines(muni.pk).exclude(credit=line.credit)
    return [Other(one.pk, one.booked_on, ledger.clearing.open_amount(one), one.text) for one in found]


def count_open(muni: Municipality) -> int:
    """How many items wait."""
    return ledger.clearing.count_open(muni.pk)


def count_open_lines(muni: Municipality) -> int:
    """How many lines of the bank fit nothing yet."""
    return ledger.clearing.open_lines(muni.pk).count()


def statements(muni: Municipality) -> QuerySet[ledger.BankStatement]:
    """The statements of the bank that were read, newest first."""
    return ledger.statements(muni.pk)


@dataclass(frozen=True)
class Choice:
    """A payment that an open line could be; chosen by its id."""

    id: UUID
    shop: Merchant | None
    amount: int
    iban: str


def could_be(muni: Municipality, line: ledger.BankLine) -> list[Choice]:
    """Payments that this line could be: sent ones for a debit, booked ones for a credit."""
    status = "booked" if line.credit else "sent"
    payouts = list(ledger.Payout.objects.filter(muni=muni.pk, status=status).select_related("account"))
    shops = payments.shops_of(muni, [payout.payee for payout in payouts])
    return [Choice(one.pk, shops.get(one.payee), one.amount, one.account.iban) for one in payouts]


@dataclass(frozen=True)
class Explained:
    """What somebody says that an open line was: the payments that it paid, or the lines that it cancels."""

    as_what: str
    reason: str
    paid: Sequence[UUID] = ()
    others: Sequence[int] = ()


@transaction.atomic
def clear(
    *, muni: Municipality, line: ledger.BankLine, said: Explained, staff: Staff, now: datetime
) -> OverrideRequest | None:
    """Close an open line. Losing or keeping money waits for another person: answers that request.

    Raises Refused.
    """
    code = _ALONE_NEVER.get(Cleared(said.as_what))
    if code is None:
        _clear(line, said, staff, now)
        return None
    name = ledger.clearing.override_for(line)
    return overrides.ask(muni=muni, what=name, code=code, reason=said.reason, staff=staff, now=now)


# What one person alone never says, and its word in the public log.
_ALONE_NEVER = {Cleared.WRITTEN_OFF: "written-off", Cleared.KEPT: "kept"}


def _clear(
    line: ledger.BankLine,
    said: Explained,
    staff: Staff,
    now: datetime,
    override: ledger.Override | None = None,
) -> None:
    payouts = list(ledger.Payout.objects.filter(muni=line.muni, pk__in=said.paid))
    lines = ledger.clearing.open_lines(line.muni).filter(pk__in=said.others)
    try:
        ledger.clearing.clear(
            line,
            Cleared(said.as_what),
            staff.actor,
            said.reason,
            now,
            paid=payouts,
            others=list(lines),
            override=override,
        )
    except ledger.clearing.ClearingRefused as error:
        words = _("That does not fit this line. The amounts must be the same. Nothing was changed.")
        raise Refused(words) from error
    about = trail.Text("bankline", line.ref)
    trail.record(staff=staff, verb=Verb.LINE_CLEARED, subject=about, reason=said.reason, now=now)


@transaction.atomic
def let_pass(*, muni: Municipality, request: OverrideRequest, staff: Staff, now: datetime) -> None:
    """The second person approves; an open line is then written off or kept at once. Raises Refused."""
    kind, _slash, key = request.what.partition("/")
    if kind == "payout":
        payments.require_unwitnessed(muni, int(key))
        overrides.approve(request=request, staff=staff, now=now)
        return
    line = open_line(muni, int(key))
    if line is None:
        raise Refused(_("This line was cleared already. Nothing was changed."))
    made = overrides.approve(request=request, staff=staff, now=now)
    what = next(what for what, code in _ALONE_NEVER.items() if code == request.code)
    _clear(line, Explained(what, request.reason), staff, now, made)
