"""On which bank account a shop is paid. The books keep the accounts; here is what the desk does with them.

One person proposes an account, another approves it, and it rests some days before it is used. What is due to
a shop without a usable account waits.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Merchant, Municipality, Staff
from wallet.services import trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


def of(merchant: Merchant, now: datetime) -> books.payees.Accounts:
    """The account that a shop is paid on, one that rests, and one that waits for a second person."""
    return books.payees.accounts(merchant.muni_id, _payee(merchant), now)


def attention(merchants: Sequence[Merchant], now: datetime) -> dict[int, str]:
    """Shops among these (by number) whose account is `waiting` for approval, or `blocked`."""
    found = {muni: books.payees.attention(muni, now) for muni in {one.muni_id for one in merchants}}
    marks = {one.number: found[one.muni_id].get(_payee(one)) for one in merchants}
    return {number: mark for number, mark in marks.items() if mark}


def count_to_approve(muni: Municipality, staff: Staff) -> int:
    """How many accounts wait for this person: somebody else proposed them."""
    return books.payees.waiting(muni.pk).exclude(made_by=staff.actor).count()


def proposed_by(staff: Staff, account: books.PayeeAccount) -> bool:
    """Did this person propose the account?"""
    return account.made_by == staff.actor


def require_iban(text: str) -> str:
    """The IBAN in its compact form. Raises Refused."""
    return _checked(books.payees.check_iban, text)


def require_name(text: str) -> str:
    """The name of who holds an account. Raises Refused."""
    return _checked(books.payees.check_name, text)


def _checked(check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except books.payees.AccountRefused as error:
        raise _refused(error) from error


@transaction.atomic
def propose(
    *,
    merchant: Merchant,
    iban: str,
    account_holder: str,
    name_check: books.payees.NameCheck,
    reason: str,
    staff: Staff,
    now: datetime,
) -> books.PayeeAccount:
    """Propose where a shop is paid from some day on. Raises Refused.

    `name_check`: what the bank's verification of payee said of IBAN and name; `none` when nobody asked.
    """
    try:
        account = books.payees.propose(
            merchant.muni_id,
            _payee(merchant),
            account_holder,
            iban,
            staff.actor,
            now,
            name_check=name_check,
            checked_at=None if name_check == "none" else now,
        )
    except books.payees.AccountRefused as error:
        raise _refused(error) from error
    if account.made_at == now:
        trail.record(staff=staff, verb=Verb.ACCOUNT_PROPOSED, subject=merchant, reason=reason, now=now)
    return account


@transaction.atomic
def approve(*, merchant: Merchant, account: int, staff: Staff, now: datetime) -> books.PayeeAccount:
    """Approve the account that waits. Raises Refused: for who proposed it, and for one that was decided."""
    try:
        approved = books.payees.approve(_waiting(merchant, account), staff.actor, now)
    except books.payees.AccountRefused as error:
        raise _refused(error) from error
    if approved.approved_at == now:
        trail.record(staff=staff, verb=Verb.ACCOUNT_APPROVED, subject=merchant, now=now)
    return approved


@transaction.atomic
def refuse(*, merchant: Merchant, account: int, reason: str, staff: Staff, now: datetime) -> None:
    """Refuse the account that waits, or withdraw one's own. Raises Refused when it was decided before."""
    try:
        refused = books.payees.refuse(_waiting(merchant, account), staff.actor, now)
    except books.payees.AccountRefused as error:
        raise _refused(error) from error
    if refused.refused_at == now:
        trail.record(staff=staff, verb=Verb.ACCOUNT_REFUSED, subject=merchant, reason=reason, now=now)


def _waiting(merchant: Merchant, account: int) -> books.PayeeAccount:
    found = books.payees.find(merchant.muni_id, _payee(merchant), account)
    if found is None:
        raise Refused(_("This account is not there."))
    return found


def _payee(merchant: Merchant) -> UUID:
    return books.merchant_party(merchant.muni_id, str(merchant.number))


def _refused(error: books.payees.AccountRefused) -> Refused:
    match error:
        case books.payees.WrongIban():
            words = _("This IBAN is not right. Check each letter and digit on the bank card.")
            return Refused(words, "iban")
        case books.payees.NameDoesNotFit():
            words = _("The bank does not know this account by this name. Ask the shop and propose it again.")
            return Refused(words, "account_holder")
        case books.payees.WrongName():
            return Refused(_("Write the name as the bank knows it, in 1 to 70 letters."), "account_holder")
        case books.payees.SamePerson():
            return Refused(_("You proposed this account, so another person approves it."))
        case books.payees.StillOpen():
            return Refused(_("Another account waits for approval. Approve or refuse that one first."))
        case _:
            return Refused(_("Somebody decided this before."))
