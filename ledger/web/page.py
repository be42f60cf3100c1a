"""`/log/`: what the public log is, how it stands, and how to check it. Programs read the files."""

from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.views.decorators.http import require_safe

from ledger import api
from ledger.web.texts import TEXTS


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page, in the reader's language."""
    language = "en" if (getattr(request, "LANGUAGE_CODE", "") or "nl").startswith("en") else "nl"
    url, log = api.log_url(), api.public_view(settings.MUNICIPALITY)
    context = {
        "language": language,
        "text": TEXTS[language],
        "log_url": url,
        "command": f"python -m ledger.audit {url} --policy policy.txt",
        "policy_url": api.policy_url(),
        "log": log,
        "batches": [
            (line, [_euro(line.redeemed), _euro(line.refunded), _euro(line.owed)]) for line in log.batches
        ],
    }
    return render(request, "ledger/log.html", context)


def _euro(cents: int) -> str:
    """An amount as the reader's language writes it, with a space that does not break."""
    return "€\u00a0" + number_format(Decimal(cents) / 100, decimal_pos=2, force_grouping=True)
