"""What the pages show, for programs: from anywhere, without a key, under addresses that do not change."""

import csv
import io
from collections.abc import Iterator
from itertools import product

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from ledger.showcase import reading, state
from ledger.showcase.table import ALL, LEAST, table
from ledger.web.frame import reader, summary

MONEY = ("allocated", "given", "spent")
COLUMNS = ("month", "fund", "name", "payments", *MONEY, "hidden")
NONE = {"error": "There is no log of this year."}


@require_safe
def spending_csv(request: HttpRequest, muni: str, year: str) -> HttpResponseBase:
    """Months and funds as CSV (RFC 4180), amounts in cents; empty where hidden."""
    now = reader(request, muni, year).state
    if now is None:
        return _public(JsonResponse(NONE, status=404))
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**row, "hidden": int(bool(row["hidden"]))} for row in _rows(now))
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="gm{muni}-{year}.csv"'
    return _public(answer)


@require_safe
def spending_json(request: HttpRequest, muni: str, year: str) -> HttpResponseBase:
    """The same as JSON; null where hidden."""
    now = reader(request, muni, year).state
    if now is None:
        return _public(JsonResponse(NONE, status=404))
    told = {
        "origin": now.log.origin,
        "size": now.size,
        "root": now.root,
        "least": LEAST,
        "rows": [*_rows(now)],
    }
    return _public(JsonResponse(told))


@require_safe
def all_leaves(request: HttpRequest, muni: str, year: str) -> HttpResponseBase:
    """Every leaf as it is, one a line: line n (from 0) without its end is leaf n."""
    now = reader(request, muni, year).state
    if now is None:
        return _public(JsonResponse(NONE, status=404))
    lines = (raw + b"\n" for _, raw in reading.leaves(now.log, 0, now.size))
    return _public(StreamingHttpResponse(lines, content_type="application/jsonl"))


def _rows(now: state.State) -> Iterator[dict[str, object]]:
    """A row for each month and fund, and for the totals of each (`month` or `fund` empty)."""
    shown, names = table(summary(now).months), reading.fund_names(now.log.muni)
    for month, fund in product((*shown.months, ALL), (*shown.funds, ALL)):
        if (month, fund) not in shown.cells:
            continue
        flow = shown.shown(month, fund)
        public = shown.cells[month, fund].allocated  # the council's, and nobody else's
        figures = [flow.n, public, flow.given, flow.spent] if flow else [None, public, None, None]
        row = dict(zip(("payments", *MONEY), figures, strict=True))
        name = names.get(fund, ("", ""))[0]
        yield {"month": month, "fund": fund, "name": name, **row, "hidden": flow is None}


def _public(answer: HttpResponseBase) -> HttpResponseBase:
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "max-age=60"
    return answer
