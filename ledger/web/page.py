"""`/log/`: what the public log is, how it stands, and how to check it. Programs read the files."""

from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger import api
from ledger.showcase import Line
from ledger.web.texts import TEXTS

BAR_WIDTH, CHART_HEIGHT = 10, 100  # in the chart's own units
ROOM_FOR = 10  # bars, also when there are fewer batches: a single one is no wall


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page, in the reader's language."""
    language = "en" if (getattr(request, "LANGUAGE_CODE", "") or "nl").startswith("en") else "nl"
    url, log = api.log_url(), api.public_view(settings.MUNICIPALITY)
    context = {
        "language": language,
        "text": TEXTS[language],
        "texts": TEXTS,
        "command": f"python -m ledger.audit {url} --policy policy.txt",
        "policy_url": api.policy_url(),
        "log": log,
        "batches": [(line, _amounts(line, TEXTS[language])) for line in log.batches],
        "bars": _bars(log.batches),
        "chart": (_room(log.batches) * BAR_WIDTH, CHART_HEIGHT),
    }
    return render(request, "ledger/log.html", context)


def _amounts(line: Line, text: dict[str, str]) -> list[tuple[str, str]]:
    """A batch's amounts, each with the name of its column."""
    cents = (line.redeemed, line.refunded, line.owed)
    return [
        (text[name], _euro(one)) for name, one in zip(("redeemed", "refunded", "owed"), cents, strict=True)
    ]


def _room(lines: list[Line]) -> int:
    """How many bars the chart is wide."""
    return max(ROOM_FOR, len(lines))


def _bars(lines: list[Line]) -> list[tuple[int, int, int]]:
    """Left, top and height of a bar for what each batch paid: the newest stands on the right."""
    most = max((line.redeemed for line in lines), default=0) or 1
    heights = [CHART_HEIGHT * line.redeemed // most for line in lines]
    return [
        ((_room(lines) - nth) * BAR_WIDTH, CHART_HEIGHT - height, height)
        for nth, height in enumerate(heights, start=1)
    ]


def _euro(cents: int) -> str:
    """An amount as it stands on every receipt, in each language: `€ 1.234,50`."""
    return f"€\u00a0{Decimal(cents) / 100:,.2f}".translate(str.maketrans(",.", ".,"))
