"""`/log/`: what the public log is, how it stands, and how to check it. Programs read the files."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger import api
from ledger.web.texts import TEXTS


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page, in the reader's language."""
    language = "en" if (getattr(request, "LANGUAGE_CODE", "") or "nl").startswith("en") else "nl"
    url = api.log_url()
    context = {
        "language": language,
        "text": TEXTS[language],
        "log_url": url,
        "command": f"python -m ledger.audit {url} --policy policy.txt",
        "policy_url": api.policy_url(),
        "log": api.public_view(settings.MUNICIPALITY),
    }
    return render(request, "ledger/log.html", context)
