"""The log's files, for anybody and any program: read-only, from the folder that a web server may serve too.

C2SP tlog-tiles; docs/spec/07-log.md. A tile, an addendum or an anchor never changes under its name.
"""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"


@require_safe
def checkpoint(request: HttpRequest, muni: str, year: str) -> HttpResponse:
    """The last checkpoint, with its signatures."""
    return _file(_folder(muni, year) / "checkpoint", TEXT, "max-age=5")


@require_safe
def policy(request: HttpRequest, muni: str, year: str) -> HttpResponse:
    """Whom this municipality asks you to believe. Better get this file from somebody else."""
    return _file(Path(settings.POLICY_FILE), TEXT, "max-age=300")


@require_safe
def changing(request: HttpRequest, muni: str, year: str, name: str) -> HttpResponse:
    """The list of anchors."""
    return _file(_folder(muni, year) / name, TEXT, "max-age=300")


@require_safe
def immutable(request: HttpRequest, muni: str, year: str, name: str) -> HttpResponse:
    """A tile, a bundle of entries, an addendum, or an anchor."""
    return _file(_folder(muni, year) / name, BYTES, "max-age=31536000, immutable")


def _folder(muni: str, year: str) -> Path:
    return Path(settings.LOG_DIR) / f"gm{muni}" / year


def _file(path: Path, kind: str, cache: str) -> HttpResponse:
    try:
        answer = HttpResponse(path.read_bytes(), content_type=kind)
        answer["Cache-Control"] = cache
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        answer = HttpResponse("This file is not in the log.\n", content_type=TEXT, status=404)
        answer["Cache-Control"] = "no-store"  # it may come
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
