"""Series of dated windows: a new one, and tickets of all its windows for one holder."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import GrantBatch, Holder, Programme
from wallet.services import series
from wallet.services.refused import Refused
from wallet.web.desk.filters import series_called
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.seriesforms import SeriesForm, SeriesTopUpForm

Windows = dict[str, list[Programme]]


@desk(May.ADD_PROGRAMME)
def add(request: DeskRequest) -> HttpResponse:
    """A new series."""
    now = timezone.now()
    form = SeriesForm(posted(request), today=timezone.localdate(now))
    if request.method == "POST" and form.is_valid():
        try:
            series.new_series(muni=request.muni, staff=request.user, now=now, **form.rules())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("The budget of each window now waits for another person to approve it."))
            return redirect("desk:programmes")
    return page(request, "desk/series_new.html", {"form": form})


@desk(May.TOP_UP)
def top_up(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """First the form, then what it would do in each window, then it is done."""
    holder = get_object_or_404(Holder, pk=holder_id, muni=request.muni, erased_at=None)
    running = series.running(request.muni, timezone.localdate())
    form = SeriesTopUpForm(posted(request), initial={"form_id": uuid4()}, choices=choices(running))
    context = {"holder": holder, "form": form}
    if request.method != "POST" or not form.is_valid() or request.POST.get("step") == "change":
        return page(request, "desk/series_top_up.html", context)
    windows = running[form.cleaned_data["series"]]
    if request.POST.get("step") == "book":
        return _book(request, holder, windows, form)
    steps = series.preview(holder, windows, form.cleaned_data["amount"])
    for step in steps:
        if step.wrong:
            form.add_error("amount", f"{step.programme}: {step.wrong}")
    if form.errors:
        return page(request, "desk/series_top_up.html", context)
    context |= {"steps": steps, "four_eyes": any(step.four_eyes for step in steps), **form.cleaned_data}
    return page(request, "desk/series_preview.html", context)


def _book(
    request: DeskRequest, holder: Holder, windows: list[Programme], form: SeriesTopUpForm
) -> HttpResponse:
    data = {name: value for name, value in form.cleaned_data.items() if name != "series"}
    try:
        made = series.top_up(holder=holder, windows=windows, staff=request.user, now=timezone.now(), **data)
    except Refused as refused:
        form.refuse(refused)
        return page(request, "desk/series_top_up.html", {"holder": holder, "form": form})
    if any(batch.status == GrantBatch.Status.WAITING for batch in made):
        messages.info(request, _("This top-up now waits for another person to approve it."))
    else:
        messages.success(request, _("The tickets of %(n)s windows are there now.") % {"n": len(made)})
    return redirect("desk:holder", holder.pk)


def choices(running: Windows) -> list[tuple[str, str]]:
    """The series that run, in the reader's language, with how many windows are left."""
    return [(name, f"{series_called(windows[0])} ({len(windows)})") for name, windows in running.items()]
