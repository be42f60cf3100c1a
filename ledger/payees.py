"""Where a payee is paid: versions of a bank account, each made by one person and approved by another.

1. An approved version rests PAYEE_REST_DAYS before it is used, a payee's first one as well: a shop that was
   made up is as bad as an account that was swapped. What is due meanwhile waits and is paid later.
2. While a new version rests, the one before it is still paid. Once it is usable it is the only one.
3. An account that the bank refused or sent money back from is blocked for good. To pay again somebody looks,
   proposes a version (it may be the same account), and another person approves it.

`payee` is the party of the payee's accounts. Actors are names as the caller's trail knows them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from ledger import books
from ledger.bank import latin
from ledger.models import PayeeAccount

NameCheck = Literal["match", "close", "no", "none"]
NAME_LETTERS = 70


class AccountRefused(Exception):  # noqa: N818 - it says what happened
    """The books do not take this account, or this step of it. Nothing changed."""


class WrongIban(AccountRefused):
    """No bank has this account, or it is outside SEPA."""


class WrongName(AccountRefused):
    """No bank can read this name."""


class NameDoesNotFit(AccountRefused):
    """The bank says that the account is not this name's."""


class SamePerson(AccountRefused):
    """Who made it does not approve it."""


class AlreadyDecided(AccountRefused):
    """It was approved, refused or blocked before."""


class StillOpen(AccountRefused):
    """Another proposal of this payee waits for its approval."""


def check_iban(text: str) -> str:
    """The IBAN in its compact form, check digits and bank proven. Raises WrongIban."""
    try:
        found = IBAN(text, validate_bban=True)
    except SchwiftyException as error:
        raise WrongIban("The letters and digits do not fit.") from error
    if not found.in_sepa_zone:
        raise WrongIban("This account is outside SEPA.")
    return str(found.compact)


def check_name(text: str) -> str:
    """A name as the bank can know it, with single spaces. Raises WrongName."""
    name = " ".join(text.split())
    if not latin.write(name, NAME_LETTERS) or len(name) > NAME_LETTERS:
        raise WrongName("A name has 1 to 70 letters.")
    return name


def propose(
    muni: int,
    payee: UUID,
    name: str,
    iban: str,
    actor: str,
    now: datetime,
    *,
    name_check: NameCheck = "none",
    checked_at: datetime | None = None,
) -> PayeeAccount:
    """A new version of where a payee is paid; it waits for another person.

    `name_check` is what the bank's verification of payee said at `checked_at` (`none`: not asked). The same
    proposal again answers the one that waits. Raises WrongIban, WrongName or StillOpen.
    """
    said = {"name": check_name(name), "iban": check_iban(iban), "name_check": name_check}
    with books.locked(muni):
        open_one = waiting(muni).filter(payee=payee).first()
        if open_one is None:
            return PayeeAccount.objects.create(
                muni=muni, payee=payee, made_by=actor, made_at=now, checked_at=checked_at, **said
            )
    if actor == open_one.made_by and said.items() <= vars(open_one).items():
        return open_one
    raise StillOpen("Another proposal waits.")


def approve(account: PayeeAccount, actor: str, now: datetime) -> PayeeAccount:
    """Approve a version; it is usable after the rest. Approving it again changes nothing.

    Raises SamePerson, NameDoesNotFit or AlreadyDecided.
    """
    if actor == account.made_by:
        raise SamePerson("Another person approves.")
    if account.name_check == "no":
        raise NameDoesNotFit("The bank does not know the account by this name.")
    with books.locked(account.muni):
        row = PayeeAccount.objects.get(pk=account.pk)
        if row.approved_by == actor:
            return row
        _require_open(row)
        row.approved_by, row.approved_at = actor, now
        row.usable_from = now + timedelta(days=settings.PAYEE_REST_DAYS)
        row.save(update_fields=["approved_by", "approved_at", "usable_from"])
        return row


def refuse(account: PayeeAccount, actor: str, now: datetime) -> PayeeAccount:
    """Refuse a version that waits; who made it may withdraw it so. Raises AlreadyDecided."""
    with books.locked(account.muni):
        row = PayeeAccount.objects.get(pk=account.pk)
        if row.refused_by == actor:
            return row
        _require_open(row)
        row.refused_by, row.refused_at = actor, now
        row.save(update_fields=["refused_by", "refused_at"])
        return row


def block(account: PayeeAccount, reason: str, at: datetime) -> None:
    """Pay nothing to this version any more, from now on; the first reason stands.

    `at` is when it happened: of money that came back the bank's own day, which is before the books knew.
    """
    with books.locked(account.muni):
        row = PayeeAccount.objects.get(pk=account.pk)
        if row.blocked_at is None:
            row.blocked_at, row.blocked_reason = at, reason
            row.save(update_fields=["blocked_at", "blocked_reason"])


def _require_open(row: PayeeAccount) -> None:
    if row.approved_at or row.refused_at or row.blocked_at:
        raise AlreadyDecided("Somebody decided this before.")


def find(muni: int, payee: UUID, id: int) -> PayeeAccount | None:
    """A version of this payee's account, by its number."""
    return PayeeAccount.objects.filter(muni=muni, payee=payee, pk=id).first()


def usable(muni: int, payees: Iterable[UUID], now: datetime) -> dict[UUID, PayeeAccount]:
    """The account that each payee is paid on now; payees without one are left out."""
    newest = _newest(muni, now, payees)
    return {payee: row for payee, row in newest.items() if row.blocked_at is None}


def waiting(muni: int) -> QuerySet[PayeeAccount]:
    """Proposals that wait for another person."""
    return PayeeAccount.objects.filter(muni=muni, approved_at=None, refused_at=None, blocked_at=None)


def attention(muni: int, now: datetime) -> dict[UUID, Literal["waiting", "blocked"]]:
    """Payees somebody should look at: a proposal waits for approval, or the last account was blocked."""
    rows = PayeeAccount.objects.filter(muni=muni, refused_at=None, blocked_at=None)
    proposed = set(waiting(muni).values_list("payee", flat=True))
    resting = set(rows.filter(usable_from__gt=now).values_list("payee", flat=True))
    blocked = {payee for payee, row in _newest(muni, now).items() if row.blocked_at} - resting - proposed
    return {payee: "waiting" if payee in proposed else "blocked" for payee in proposed | blocked}


def _newest(muni: int, now: datetime, payees: Iterable[UUID] | None = None) -> dict[UUID, PayeeAccount]:
    """The version of each payee (None: of all) whose rest ended last, blocked or not."""
    rows = PayeeAccount.objects.filter(muni=muni, usable_from__lte=now)
    if payees is not None:
        rows = rows.filter(payee__in=list(payees))
    return {row.payee: row for row in rows.order_by("usable_from", "pk")}


@dataclass(frozen=True)
class Accounts:
    """A payee's accounts at a moment: the one that is paid, one that rests, and one that waits."""

    current: PayeeAccount | None
    resting: PayeeAccount | None
    waiting: PayeeAccount | None
    blocked: PayeeAccount | None
    """Set when nothing can be paid because the last account was blocked."""


def accounts(muni: int, payee: UUID, now: datetime) -> Accounts:
    """What a desk shows of a payee."""
    rows = list(PayeeAccount.objects.filter(muni=muni, payee=payee, refused_at=None).order_by("pk"))
    last = _newest(muni, now, [payee]).get(payee)
    open_rows = [row for row in rows if not row.blocked_at]
    return Accounts(
        current=last if last and not last.blocked_at else None,
        resting=next((row for row in open_rows if row.usable_from and row.usable_from > now), None),
        waiting=next((row for row in open_rows if not row.approved_at), None),
        blocked=last if last and last.blocked_at else None,
    )
