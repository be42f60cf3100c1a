"""The phones' HTML shells, their service workers and their install manifests.

1. A shell holds no data of anyone and no language: it is cached on phones for a long time.
2. It runs under a strict policy with Trusted Types: only this site's own hashed files, nothing inline.
3. The service worker lists every file of its app and carries a hash of the shell, so that a change of
   either reaches the phones. It is served under its app's path and so can touch nothing else.

The files are named by the manifest of the frontend's build.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

FRONTEND = settings.BASE_DIR / "frontend"
POLICY: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:", "blob:"],
    "connect-src": [SELF],
    "font-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "media-src": [SELF, "blob:"],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["app"],
}
TILL_POLICY = POLICY | {"script-src": [SELF, "'wasm-unsafe-eval'"]}
NOT_BUILT = "The phones' apps are not built: run `npm ci && npm run build` in frontend/.\n"


@dataclass(frozen=True)
class App:
    """One of the two apps: its name in addresses, its name for people, and its colour."""

    name: str
    title: str
    colour: str

    @property
    def home(self) -> str:
        """The path of the shell, which is also the reach of the service worker."""
        return f"/{self.name}/"

    @property
    def entry(self) -> str:
        """Its key in the build's manifest."""
        return f"src/{self.name}/main.tsx"


WALLET = App("wallet", "Meedoen", "#0b4f5e")
TILL = App("till", "Meedoen kassa", "#1d2430")
Manifest = dict[str, dict[str, Any]]


def _manifest() -> Manifest | None:
    """What the build made, by source file; None when there was no build."""
    built = FRONTEND / "dist" / ".vite" / "manifest.json"
    return _read(built, built.stat().st_mtime_ns) if built.is_file() else None


@cache
def _read(built: Path, changed: int) -> Manifest:
    found: Manifest = json.loads(built.read_text())
    return found


def _chunks(manifest: Manifest, entry: str, kinds: tuple[str, ...]) -> list[str]:
    """The chunks that `entry` needs, itself first, following these kinds of imports."""
    found: dict[str, None] = {}
    todo = [entry]
    while todo:
        key = todo.pop(0)
        if key not in found:
            found[key] = None
            todo += [name for kind in kinds for name in manifest[key].get(kind, [])]
    return list(found)


def _files(manifest: Manifest, chunks: list[str]) -> Iterator[str]:
    for key in chunks:
        yield manifest[key]["file"]
        yield from manifest[key].get("css", [])


def _urls(files: Iterator[str], ending: str = "") -> list[str]:
    return [settings.STATIC_URL + file for file in dict.fromkeys(files) if file.endswith(ending)]


def _shell(app: App, manifest: Manifest) -> str:
    """The one page of an app, the same for everybody."""
    first = _chunks(manifest, app.entry, ("imports",))
    entry, *preloads = _urls(_files(manifest, first), ".js")
    styles = _urls(_files(manifest, first[::-1]), ".css")  # what is shared first: the app's own rules win
    page = {"app": app, "entry": entry, "preloads": preloads, "styles": styles, "static": settings.STATIC_URL}
    return render_to_string("phones/shell.html", page)


def _worker(app: App, manifest: Manifest) -> str:
    """The service worker, with the files of the app and the hash of it all filled in."""
    files = _urls(_files(manifest, _chunks(manifest, app.entry, ("imports", "dynamicImports"))))
    version = hashlib.sha256("\n".join([_shell(app, manifest), *files]).encode()).hexdigest()[:16]
    source = (FRONTEND / "sw-template.js").read_text()
    return (
        source.replace("'__SHELL__'", json.dumps(app.home))
        .replace("'__VERSION__'", json.dumps(version))
        .replace("__FILES__", json.dumps(files))
    )


def _serve(app: App, write: Callable[[App, Manifest], str], kind: str) -> HttpResponse:
    manifest = _manifest()
    if manifest is None:
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain")
    return HttpResponse(write(app, manifest), content_type=kind, headers={"Cache-Control": "no-cache"})


@require_safe
@csp(POLICY)
def wallet(request: HttpRequest) -> HttpResponse:
    """The citizen's app."""
    return _serve(WALLET, _shell, "text/html; charset=utf-8")


@require_safe
@csp(TILL_POLICY)
def till(request: HttpRequest) -> HttpResponse:
    """The shop's app. Its decoder is WebAssembly."""
    return _serve(TILL, _shell, "text/html; charset=utf-8")


@require_safe
def worker(request: HttpRequest, app: App) -> HttpResponse:
    """The service worker of an app."""
    return _serve(app, _worker, "text/javascript; charset=utf-8")


@require_safe
def install(request: HttpRequest, app: App) -> HttpResponse:
    """What a phone needs to put the app on its home screen."""
    icons = [_icon(app, size, purpose) for size in (192, 512) for purpose in ("any", "maskable")]
    return JsonResponse(
        {
            "id": app.home,
            "name": app.title,
            "short_name": app.title,
            "start_url": app.home,
            "scope": app.home,
            "display": "standalone",
            "background_color": "#faf6ef",
            "theme_color": app.colour,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )


def _icon(app: App, size: int, purpose: str) -> dict[str, str]:
    source = f"{settings.STATIC_URL}icons/{app.name}-{size}.png"
    return {"src": source, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


urlpatterns: list[URLPattern] = [
    path("wallet/", wallet, name="wallet"),
    path("wallet/sw.js", worker, {"app": WALLET}),
    path("wallet/manifest.webmanifest", install, {"app": WALLET}),
    path("till/", till, name="till"),
    path("till/sw.js", worker, {"app": TILL}),
    path("till/manifest.webmanifest", install, {"app": TILL}),
]
