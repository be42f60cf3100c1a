"""The WSGI door: `granian --interface wsgi config.wsgi:application`.

Phones and tills bring no cookie, want no language and read no HTML. Their calls skip the middleware that is
for pages, which would cost a redemption a seventh of its time.
"""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MACHINES = ("/api/v1/redemptions", "/api/v1/tills/", "/api/v1/wallet/", "/status/")

_pages = get_wsgi_application()


def _for_machines() -> WSGIHandler:
    """Django with the middleware of machines: a handler reads the setting once, when it is made."""
    from django.conf import settings  # noqa: PLC0415 - after the settings are named

    pages, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.MACHINE_MIDDLEWARE
    try:
        return WSGIHandler()
    finally:
        settings.MIDDLEWARE = pages


_machines = _for_machines()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    handler = _machines if environ["PATH_INFO"].startswith(MACHINES) else _pages
    return handler(environ, start_response)
