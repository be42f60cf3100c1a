"""Top-ups from a file: choose it, see what is wrong with it, book it.

The dry run's page carries the file itself, so the desk keeps no copy of a list of people. Booking reads it
again.
"""

import base64
import binascii

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wallet.models import Programme
from wallet.services import imports, series
from wallet.services.imports import Report
from wallet.services.refused import Refused
from wallet.services.series import SeriesReport
from wallet.web.desk.forms import BookForm, ImportForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.series import choices

PROBLEMS_SHOWN = 100


@desk(May.TOP_UP)
def choose(request: DeskRequest) -> HttpResponse:
    """Choose programme and file; answer with the dry run."""
    now = timezone.now()
    today = timezone.localdate(now)
    running = series.running(request.muni, today)
    form = ImportForm(
        posted(request), request.FILES or None, muni=request.muni.pk, today=today, series=choices(running)
    )
    if request.method != "POST" or not form.is_valid():
        return page(request, "desk/import.html", {"form": form})
    file = form.cleaned_data["file"]
    # One byte more than allowed is enough to see that it is too much.
    data = file.read(imports.FILE_BYTES + 1)
    chosen = form.cleaned_data["programme"]
    if isinstance(chosen, str):
        report: Report | SeriesReport = series.dry_run(data, chosen, running[chosen], now, file.name or "")
    else:
        report = imports.dry_run(data, chosen, now, file.name or "")
    return _report_page(request, report, data, BookForm(expected=report.confirmation))


def _report_page(
    request: DeskRequest, report: Report | SeriesReport, data: bytes, form: BookForm
) -> HttpResponse:
    several = report if isinstance(report, SeriesReport) else None
    context = {
        "report": report,
        "one": several.first if several else report,
        "windows": len(several.reports) if several else 0,
        "shown": report.problems[:PROBLEMS_SHOWN],
        "wrong_rows": len({problem.row for problem in report.problems if problem.row}),
        "file": base64.b64encode(data).decode() if len(data) <= imports.FILE_BYTES else "",
        "form": form,
    }
    return page(request, "desk/import_report.html", context)


def _again(request: DeskRequest) -> tuple[Report | SeriesReport, bytes]:
    """Read the file that the dry run's page carries once more."""
    now, name, data = timezone.now(), request.POST.get("file_name", ""), _carried(request)
    windows = series.running(request.muni, timezone.localdate(now)).get(request.POST.get("series", ""))
    if windows:
        return series.dry_run(data, str(windows[0].series), windows, now, name), data
    own = Programme.objects.select_related("muni").filter(muni=request.muni)
    programme = get_object_or_404(own, pk=request.POST.get("programme") or 0)
    return imports.dry_run(data, programme, now, name), data


def _carried(request: DeskRequest) -> bytes:
    try:
        return base64.b64decode(request.POST.get("file", ""), validate=True)
    except (binascii.Error, ValueError):
        return b""


@desk(May.TOP_UP, only_post=True)
def book(request: DeskRequest) -> HttpResponse:
    """Book all rows as one decision, after the number of rows was typed over."""
    report, data = _again(request)
    form = BookForm(request.POST, expected=report.confirmation)
    if not form.is_valid() or report.problems:
        return _report_page(request, report, data, form)
    decision = {"decision_ref": form.cleaned_data["decision_ref"], "reason": form.cleaned_data["reason"]}
    try:
        if isinstance(report, SeriesReport):
            series.book(report=report, staff=request.user, now=timezone.now(), **decision)
            return redirect("desk:batches")
        batch = imports.book(report=report, staff=request.user, now=timezone.now(), **decision)
    except Refused as refused:
        form.refuse(refused)
        return _report_page(request, report, data, form)
    return redirect("desk:batch", batch.pk)


@desk(May.TOP_UP, only_post=True)
def wrong_rows(request: DeskRequest) -> HttpResponse:
    """Only the rows to fix, as a file."""
    report, _data = _again(request)
    wrong = report.for_file() if isinstance(report, SeriesReport) else report
    return _csv("\ufeff" + imports.wrong_rows(wrong), _("rows-to-fix.csv"))


@require_GET
@desk(May.TOP_UP)
def template(request: DeskRequest) -> HttpResponse:
    """An empty file with the right columns."""
    return _csv("\ufeffnummer;bedrag\r\n", "meedoen.csv")


def _csv(text: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
