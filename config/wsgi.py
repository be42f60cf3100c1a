"""The WSGI door: `granian --interface wsgi config.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_way = get_wsgi_application()

from wallet.web.till.straight import Straight  # noqa: E402 - once Django is set up

application = Straight(django_way)

# A request makes many short-lived objects and hardly a cycle. Looking for cycles less often, and never in
# what was loaded at the start, spares a twentieth of a redemption's work.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
