"""Merchants, their branches and their tills, as the desk makes and stops them. Their banks: `bankaccounts`.

Every change raises the catalogue's number, so that no process accepts a redemption on what it knew before.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Branch, Merchant, Municipality, Staff, Till
from wallet.services import bankaccounts, catalogue, enrol, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

FIRST_NUMBER = 1001


def list_open(muni: int) -> list[dict[str, str | int]]:
    """Number and name of the shops that take passes: a phone tells its holder who asks for money."""
    taking = Merchant.objects.filter(muni=muni, suspended_at=None).order_by("number")
    return [{"number": number, "name": name} for number, name in taking.values_list("number", "name")]


@transaction.atomic
def new_merchant(  # noqa: PLR0913 - what a shop is, who makes it and when
    *,
    muni: Municipality,
    name: str,
    category: str,
    iban: str,
    account_holder: str,
    email: str,
    staff: Staff,
    now: datetime,
    name_check: books.payees.NameCheck = "none",
) -> Merchant:
    """Make a merchant with its open account in the books, and propose its bank account.

    Raises Refused when the IBAN is not right.
    """
    # One merchant at a time gets the next number: the municipality's row is the queue.
    Municipality.objects.select_for_update().get(pk=muni.pk)
    last = Merchant.objects.filter(muni=muni).aggregate(last=Max("number"))["last"]
    number = (last or FIRST_NUMBER - 1) + 1
    payee = books.merchant_party(muni.pk, str(number))
    merchant = Merchant.objects.create(
        muni=muni,
        number=number,
        name=name,
        category=category,
        email=email,
        payable=books.open_account(muni=muni.pk, code=books.Code.MERCHANT_OPEN, party=payee),
    )
    trail.record(staff=staff, verb=Verb.MERCHANT_ADDED, subject=merchant, now=now)
    bankaccounts.propose(
        merchant=merchant, iban=iban, account_holder=account_holder, name_check=name_check, reason="",
        staff=staff, now=now,
    )  # fmt: skip
    catalogue.changed(muni.pk)
    return merchant


@transaction.atomic
def new_branch(*, merchant: Merchant, name: str, address: str, staff: Staff, now: datetime) -> Branch:
    """Add a place where a merchant takes passes."""
    branch = Branch.objects.create(merchant=merchant, name=name, address=address)
    trail.record(staff=staff, verb=Verb.BRANCH_ADDED, subject=branch, now=now)
    catalogue.changed(merchant.muni_id)
    return branch


@transaction.atomic
def new_till(*, branch: Branch, name: str, staff: Staff, now: datetime) -> Till:
    """Add a till to a branch. It pays nothing until it enrols with a code."""
    till = Till.objects.create(muni_id=branch.merchant.muni_id, branch=branch, name=name)
    trail.record(staff=staff, verb=Verb.TILL_ADDED, subject=till, now=now)
    catalogue.changed(till.muni_id)
    return till


@transaction.atomic
def till_code(*, till: Till, staff: Staff, now: datetime) -> str:
    """A new code that lets a device enrol as this till; an older one stops working. Raises Refused."""
    if till.suspended_at:
        raise Refused(_("This till is stopped. Start it again before you make a code."))
    code = enrol.make_till_code(till, now)
    trail.record(staff=staff, verb=Verb.TILL_CODE_SHOWN, subject=till, now=now)
    return code


@transaction.atomic
def suspend_till(*, till: Till, reason: str, staff: Staff, now: datetime) -> None:
    """Stop a till: from now on it redeems nothing."""
    _set_suspended(till, now)
    trail.record(staff=staff, verb=Verb.TILL_SUSPENDED, subject=till, reason=reason, now=now)


@transaction.atomic
def resume_till(*, till: Till, reason: str, staff: Staff, now: datetime) -> None:
    """Let a stopped till redeem again."""
    _set_suspended(till, None)
    trail.record(staff=staff, verb=Verb.TILL_RESUMED, subject=till, reason=reason, now=now)


def _set_suspended(till: Till, at: datetime | None) -> None:
    till.suspended_at = at
    till.save(update_fields=["suspended_at"])
    catalogue.changed(till.muni_id)
