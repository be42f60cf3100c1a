"""Cases: what tills sold without a connection and a person has to look at."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.models import Case
from wallet.services.refused import Refused
from wallet.services.sync import cases
from wallet.web.desk import casewords
from wallet.web.desk.forms import ReasonForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted


class CaseForm(ReasonForm):
    """How a case ends, and why."""

    choice = forms.ChoiceField(label=gettext_lazy("What do you decide?"), widget=forms.RadioSelect)
    field_order = ("choice", "reason")

    def __init__(self, *args: object, case: Case, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        words = casewords.ends()
        self.fields["choice"].choices = [  # type: ignore[attr-defined]
            (one, words[one][0]) for one in cases.choices(case)
        ]


@desk(May.PAY)
def listing(request: DeskRequest) -> HttpResponse:
    """The cases, those that are open unless others are asked for."""
    state = request.GET.get("state", Case.State.OPEN)
    state = state if state in (*Case.State.values, "all") else Case.State.OPEN
    found = cases.listed(request.muni, "" if state == "all" else state)
    shown = Paginator(found, 50).get_page(request.GET.get("page"))
    rows = [(one, casewords.title(one.code)) for one in shown]
    filters = [
        ("open", _("Open")), ("paid", _("Paid after all")), ("closed", _("Closed")), ("all", _("All")),
    ]  # fmt: skip
    context = {"rows": rows, "shown": shown, "state": state, "filters": filters}
    return page(request, "desk/cases.html", context)


@desk(May.PAY)
def show(request: DeskRequest, case_id: UUID) -> HttpResponse:
    """One case, and closing it."""
    case = cases.own(request.muni, case_id)
    if case is None:
        raise Http404
    form = CaseForm(posted(request), case=case)
    if request.method == "POST" and form.is_valid():
        try:
            done = cases.close(case=case, staff=request.user, now=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            if done.state == Case.State.OPEN:
                messages.info(request, _("This waits for another person, because the amount is large."))
            else:
                messages.success(request, _("The case is closed."))
            return redirect("desk:case", case.pk)
    words = casewords.ends()
    context = {
        "case": case,
        "records": list(case.records.order_by("chain", "seq")[:50]),
        "title": casewords.title(case.code),
        "what": casewords.what(case),
        "bears": casewords.bears(case),
        "ended": words[case.choice][1] if case.choice else "",
        "asked_self": case.asked_by_id == request.user.pk,
        "form": form,
    }
    return page(request, "desk/case.html", context)
