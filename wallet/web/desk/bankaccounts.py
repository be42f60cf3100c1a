"""A shop's bank account: proposed with a reason, approved or refused by another person."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wallet.services import bankaccounts
from wallet.services.refused import Refused
from wallet.web.desk.bankforms import BankAccountForm
from wallet.web.desk.forms import ReasonForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.merchants import merchant_page, own_merchant


@desk(May.ADD_MERCHANT)
def propose(request: DeskRequest, number: int) -> HttpResponse:
    """Another account for a shop."""
    merchant = own_merchant(request, number)
    form = BankAccountForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            bankaccounts.propose(
                merchant=merchant, staff=request.user, now=timezone.now(), **form.cleaned_data
            )
            messages.info(request, _("This account now waits for another person to approve it."))
            return redirect("desk:merchant", merchant.number)
        except Refused as refused:
            form.refuse(refused)
    return page(request, "desk/account_new.html", {"form": form, "merchant": merchant})


@desk(May.ADD_MERCHANT, only_post=True)
def approve(request: DeskRequest, number: int, account: int) -> HttpResponse:
    """The second person says yes."""
    merchant = own_merchant(request, number)
    try:
        approved = bankaccounts.approve(
            merchant=merchant, account=account, staff=request.user, now=timezone.now()
        )
        day = date_format(timezone.localtime(approved.usable_from), "j F Y")
        messages.success(
            request, _("Approved. The shop is paid on this account from %(day)s.") % {"day": day}
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect("desk:merchant", merchant.number)


@desk(May.ADD_MERCHANT, only_post=True)
def refuse(request: DeskRequest, number: int, account: int) -> HttpResponse:
    """The second person says no, or who proposed it withdraws."""
    merchant = own_merchant(request, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return merchant_page(request, merchant, form)
    try:
        reason = form.cleaned_data["reason"]
        bankaccounts.refuse(
            merchant=merchant, account=account, reason=reason, staff=request.user, now=timezone.now()
        )
        messages.success(request, _("Refused. Nothing is paid on this account."))
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect("desk:merchant", merchant.number)
