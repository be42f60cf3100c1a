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
from wallet.services import imports
from wallet.services.imports import Report
from wallet.services.refused import Refused
from wallet.web.desk.forms import BookForm, ImportForm
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted

PROBLEMS_SHOWN = 100


@desk(May.TOP_UP)
def choose(request: DeskRequest) -> HttpResponse:
    """Choose programme and file; answer with the dry run."""
    now = timezone.now()
    form = ImportForm(
        posted(request), request.FILES or None, muni=request.muni.pk, today=timezone.localdate(now)
    )
    if request.method != "POST" or not form.is_valid():
        return page(request, "desk/import.html", {"form": form})
    file = form.cleaned_data["file"]
    # One byte more than allowed is enough to see that it is too much.
    data = file.read(imports.FILE_BYTES + 1)
    report = imports.dry_run(data, form.cleaned_data["programme"], now, file.name or "")
    return _report_page(request, report, data, BookForm(expected=report.confirmation))


def _report_page(request: DeskRequest, report: Report, data: bytes, form: BookForm) -> HttpResponse:
    context = {
        "report": report,
        "shown": report.problems[:PROBLEMS_SHOWN],
        "wrong_rows": len({problem.row for problem in report.problems if problem.row}),
        "file": base64.b64encode(data).decode() if len(data) <= imports.FILE_BYTES else "",
        "form": form,
    }
    return page(request, "desk/import_report.html", context)


def _again(request: DeskRequest) -> tuple[Report, bytes]:
    """Read the file that the dry run's page carries once more."""
    own = Programme.objects.select_related("muni").filter(muni=request.muni)
    programme = get_object_or_404(own, pk=request.POST.get("programme") or 0)
    try:
        data = base64.b64decode(request.POST.get("file", ""), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    name = request.POST.get("file_name", "")
    return imports.dry_run(data, programme, timezone.now(), name), data


@desk(May.TOP_UP, only_post=True)
def book(request: DeskRequest) -> HttpResponse:
    """Book all rows as one decision, after the number of rows was typed over."""
    report, data = _again(request)
    form = BookForm(request.POST, expected=report.confirmation)
    if not form.is_valid() or report.problems:
        return _report_page(request, report, data, form)
    try:
        batch = imports.book(
            report=report,
            decision_ref=form.cleaned_data["decision_ref"],
            reason=form.cleaned_data["reason"],
            staff=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        form.refuse(refused)
        return _report_page(request, report, data, form)
    return redirect("desk:batch", batch.pk)


@desk(May.TOP_UP, only_post=True)
def wrong_rows(request: DeskRequest) -> HttpResponse:
    """Only the rows to fix, as a file."""
    report, _data = _again(request)
    return _csv("\ufeff" + imports.wrong_rows(report), _("rows-to-fix.csv"))


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
