"""Which static files are collected: what the pages use, and not what comes along with it."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class Static(StaticFilesConfig):
    """Left out: the build's notes, source maps, unused packages."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "*.html",
        ".vite",
        "*.map",
        "redoc",
        "rest_framework",
    ]
