"""A programme's budget: the decisions that gave it, a new one, and the second person's yes or no."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import BudgetDecision, Programme
from wallet.services import budgets, programmes, series
from wallet.services.refused import Refused
from wallet.web.desk.filters import called, in_euros
from wallet.web.desk.forms import BudgetForm, ReasonForm
from wallet.web.desk.gate import DeskRequest, May, allowed, desk, not_allowed, page, posted


@desk(May.ENTER)
def show(request: DeskRequest, programme: int) -> HttpResponse:
    """Where a programme's money is, and which decisions gave it. A new decision is written down here."""
    own = get_object_or_404(Programme, muni=request.muni, number=programme)
    form = BudgetForm(posted(request), initial={"budget_id": uuid4()})
    if request.method == "POST" and May.SET_BUDGET not in allowed(request.user):
        return not_allowed(request)
    if request.method == "POST" and form.is_valid():
        try:
            budgets.propose(programme=own, staff=request.user, now=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("This budget now waits for another person to approve it."))
            return redirect("desk:programme", programme)
    context = {
        "one": programmes.pictures([own])[0],
        "decisions": list(budgets.history(own)),
        "form": form,
        "reason_form": ReasonForm(),
        "windows": max(
            (len(series.same_decision(one)) for one in own.budgets.filter(status="waiting")), default=0
        ),
        "me": request.user.pk,
        "today": timezone.localdate(),
    }
    return page(request, "desk/programme.html", context)


@desk(May.SET_BUDGET, only_post=True)
def approve(request: DeskRequest, budget_id: UUID) -> HttpResponse:
    """The second person says yes: the budget is booked."""
    budget = _own(request, budget_id)
    whole = "series" in request.POST
    try:
        if whole:
            series.approve_budgets(budget=budget, staff=request.user, now=timezone.now())
        else:
            budgets.approve(budget=budget, staff=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        if whole:
            messages.success(request, _("The budget of each window was approved."))
            return redirect("desk:programmes")
        words = _("%(amount)s was added to the budget of %(programme)s.")
        messages.success(
            request, words % {"amount": in_euros(budget.amount), "programme": called(budget.programme)}
        )
    return redirect("desk:programme", budget.programme.number)


@desk(May.SET_BUDGET, only_post=True)
def refuse(request: DeskRequest, budget_id: UUID) -> HttpResponse:
    """The second person says no, or the maker withdraws."""
    budget = _own(request, budget_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write why you refuse this budget. Nothing was changed."))
        return redirect("desk:programme", budget.programme.number)
    try:
        reason = form.cleaned_data["reason"]
        budgets.refuse(budget=budget, staff=request.user, reason=reason, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Refused. Nothing was booked."))
    return redirect("desk:programme", budget.programme.number)


def _own(request: DeskRequest, budget_id: UUID) -> BudgetDecision:
    """A decision of this municipality, or 404."""
    rows = BudgetDecision.objects.select_related("programme", "made_by")
    return get_object_or_404(rows, pk=budget_id, muni=request.muni)
