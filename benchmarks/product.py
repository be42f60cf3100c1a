"""The product as a benchmark uses it: on a PostgreSQL of its own, with fsync on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.postgres import cluster


@contextmanager
def product(options: Mapping[str, str], **environment: str) -> Iterator[str]:
    """Django set up on a new database with the product's tables, until the block ends; its address.

    `options` are PostgreSQL's, `environment` is added to that of this process.
    """
    with tempfile.TemporaryDirectory(prefix="meedoen-bench-") as var, cluster(**options) as database:
        os.environ |= {
            "DATABASE_URL": database,
            "MEEDOEN_VAR": var,
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **environment,
        }
        for command in (("migrate", "--verbosity", "0"), ("createcachetable",)):
            subprocess.run([sys.executable, "manage.py", *command], check=True)
        set_up()
        yield database


def set_up() -> None:
    """Let Django read its settings from this process's environment."""
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
