"""Shops: the list, a new one, its branches and tills, and the code that lets a till in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Branch, Merchant, Till
from wallet.services import bankaccounts, codes, merchants, symbol, trail
from wallet.services.refused import Refused
from wallet.web.desk.forms import BranchForm, MerchantForm, ReasonForm, TillForm, categories
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted


@desk(May.ENTER)
def listing(request: DeskRequest) -> HttpResponse:
    """All shops, with how many tills they have, and whose bank account wants a look."""
    own = (
        Merchant.objects.filter(muni=request.muni)
        .annotate(tills=Count("branches__tills"))
        .order_by("name", "number")
    )
    words = dict(categories())
    shown = Paginator(own, 50).get_page(request.GET.get("page"))
    marks = bankaccounts.attention(list(shown), timezone.now())
    rows = [
        (merchant, words.get(merchant.category, merchant.category), marks.get(merchant.number))
        for merchant in shown
    ]
    return page(request, "desk/merchants.html", {"rows": rows, "shown": shown})


@desk(May.ADD_MERCHANT)
def add(request: DeskRequest) -> HttpResponse:
    """A new shop with its first branch and till."""
    form = MerchantForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("desk:merchant", _new(request, **form.cleaned_data).number)
        except Refused as refused:
            form.refuse(refused)
    return page(request, "desk/merchant_new.html", {"form": form})


@transaction.atomic
def _new(request: DeskRequest, branch: str, address: str, till: str, **details: str) -> Merchant:
    by = {"staff": request.user, "now": timezone.now()}
    merchant = merchants.new_merchant(muni=request.muni, **details, **by)  # type: ignore[arg-type]
    place = merchants.new_branch(merchant=merchant, name=branch, address=address, **by)  # type: ignore[arg-type]
    merchants.new_till(branch=place, name=till, **by)  # type: ignore[arg-type]
    return merchant


def own_merchant(request: DeskRequest, number: int) -> Merchant:
    """A shop of this municipality, or 404."""
    return get_object_or_404(Merchant, number=number, muni=request.muni)


@desk(May.ENTER)
def show(request: DeskRequest, number: int) -> HttpResponse:
    """A shop with its bank account, its branches and tills."""
    return merchant_page(request, own_merchant(request, number), ReasonForm())


def merchant_page(request: DeskRequest, merchant: Merchant, form: ReasonForm) -> HttpResponse:
    """The shop's page; `form` is the one that refuses a bank account."""
    accounts = bankaccounts.of(merchant, timezone.now())
    context = {
        "merchant": merchant,
        "category": dict(categories()).get(merchant.category, merchant.category),
        "branches": list(merchant.branches.prefetch_related("tills").order_by("name")),
        "accounts": accounts,
        "own": accounts.waiting and bankaccounts.proposed_by(request.user, accounts.waiting),
        "why": trail.why(merchant, trail.Verb.ACCOUNT_PROPOSED),
        "form": form,
    }
    return page(request, "desk/merchant.html", context)


@desk(May.ADD_MERCHANT)
def add_branch(request: DeskRequest, number: int) -> HttpResponse:
    """Another place of a shop."""
    merchant = own_merchant(request, number)
    form = BranchForm(posted(request))
    if request.method == "POST" and form.is_valid():
        merchants.new_branch(merchant=merchant, staff=request.user, now=timezone.now(), **form.cleaned_data)
        return redirect("desk:merchant", merchant.number)
    context = {"form": form, "merchant": merchant}
    return page(request, "desk/branch_new.html", context)


@desk(May.ADD_TILL)
def add_till(request: DeskRequest, branch_id: int) -> HttpResponse:
    """Another till of a branch."""
    own = Branch.objects.select_related("merchant").filter(merchant__muni=request.muni)
    branch = get_object_or_404(own, pk=branch_id)
    form = TillForm(posted(request))
    if request.method == "POST" and form.is_valid():
        merchants.new_till(branch=branch, staff=request.user, now=timezone.now(), **form.cleaned_data)
        return redirect("desk:merchant", branch.merchant.number)
    context = {"form": form, "branch": branch, "merchant": branch.merchant}
    return page(request, "desk/till_new.html", context)


def _till(request: DeskRequest, till_id: UUID) -> Till:
    own = Till.objects.select_related("branch__merchant")
    return get_object_or_404(own, pk=till_id, muni=request.muni)


@desk(May.ADD_TILL, only_post=True)
def till_code(request: DeskRequest, till_id: UUID) -> HttpResponse:
    """A new code for a till, shown this once, with the QR code that opens the till with it."""
    till = _till(request, till_id)
    try:
        code = merchants.till_code(till=till, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("desk:merchant", till.branch.merchant.number)
    address = f"{settings.BASE_URL}/till/#code={code.replace('-', '')}"
    path, side = symbol.svg_path(address)
    context = {
        "till": till, "code": code, "path": path, "side": side, "days": codes.LIFE_DAYS,
        "till_page": f"{settings.BASE_URL}/till/",
    }  # fmt: skip
    return page(request, "desk/till_code.html", context)


@desk(May.ADD_TILL)
def suspend_till(request: DeskRequest, till_id: UUID) -> HttpResponse:
    """Stop a till, or start a stopped one, with a reason."""
    till = _till(request, till_id)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        change = merchants.resume_till if till.suspended_at else merchants.suspend_till
        stopped = till.suspended_at is None
        change(till=till, reason=form.cleaned_data["reason"], staff=request.user, now=timezone.now())
        messages.success(request, _("The till is stopped.") if stopped else _("The till works again."))
        return redirect("desk:merchant", till.branch.merchant.number)
    return page(request, "desk/till_suspend.html", {"form": form, "till": till})
