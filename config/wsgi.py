"""The WSGI door: `granian --interface wsgi config.wsgi:application`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# A request makes many short-lived objects and hardly a cycle. Looking for cycles less often, and never in
# what was loaded at the start, spares a twentieth of a redemption's work.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
