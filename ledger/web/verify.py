"""Where a browser checks by itself: a receipt, or the whole log. The sums are in frontend/src/verify."""

import json

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_vite.core.exceptions import DjangoViteAssetNotFoundError
from django_vite.templatetags.django_vite import vite_asset

from ledger import api
from ledger.web.frame import reader
from ledger.web.texts import verify as words

# What the phones' pages have as well: a camera, a worker that reads codes, and no script from a text.
POLICY = {
    "worker-src": ["'self'"],
    "media-src": ["'self'", "blob:"],
    "img-src": ["'self'", "data:", "blob:"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["app"],
}


@require_safe
@csp_update(POLICY)
def show(request: HttpRequest) -> HttpResponse:
    """Paste, drop or scan a receipt; or add the whole log up again."""
    who = reader(request)
    url = api.log_url()
    context = {
        "script": _script(),
        "muni": who.muni,
        "funds": json.dumps(who.names()),  # all of them: no browser has to ask for the one that it checks
        "policy_url": f"{who.state.address}/policy" if who.state else "",
        "command": f"python -m ledger.audit {url} --policy policy.txt",
        "receipt_command": "python -m ledger.audit --receipt meedoen-bewijs.json --policy policy.txt",
    }
    return who.render("verify.html", words.TEXTS, context)


def _script() -> str:
    """The tags of the page's script; nothing when the frontend was not built."""
    try:
        return vite_asset("src/verify/main.tsx")
    except DjangoViteAssetNotFoundError:
        return ""
