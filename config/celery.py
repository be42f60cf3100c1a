"""The Celery application. Tasks take ids, are enqueued after commit, and may run twice.

Beat only rings: every task looks in the database for what is unfinished.
"""

import os
from pathlib import Path

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("meedoen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A bell that finds nothing to do takes a few ms; a new connection for each, as Celery would have it, fifteen.
# So it stays, as between requests: one that broke is closed before the next task.
app.conf["CELERY_DB_REUSE_MAX"] = 1_000  # tasks
task_prerun.connect(lambda **_: close_old_connections(), weak=False)


def _make_folders() -> None:
    """Make the folders of the filesystem broker and of beat; kombu and shelve do not."""
    Path(app.conf.beat_schedule_filename).parent.mkdir(parents=True, exist_ok=True)
    for key in ("data_folder_in", "control_folder"):
        if key in app.conf.broker_transport_options:
            Path(app.conf.broker_transport_options[key]).mkdir(parents=True, exist_ok=True)


_make_folders()
