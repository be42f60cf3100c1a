"""The phones' HTML shells, their service workers and their install manifests.

1. A shell holds no data of anyone. The one that phones keep for a long time has no language either.
2. A phone that comes from the network is greeted in its language: there is something to read while the app
   is on its way. The style is in the page, and the texts are asked for beside the app, not after it.
3. It runs under a strict policy with Trusted Types: only this site's own hashed files, and the one style
   that the policy names by its hash.
4. The service worker lists every script of its app and carries a hash of the shell, so that a change of
   either reaches the phones. It is served under its app's path and so can touch nothing else.

The files are named by the manifest of the frontend's build.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
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
TILL_POLICY = POLICY | {"script-src": [SELF, "'wasm-unsafe-eval'"]}  # its decoder is WebAssembly
GREETED = ("money", "shop", "privacy")  # the cards of frontend/src/wallet/screens/Welcome.tsx
NOT_BUILT = "The phones' apps are not built: run `npm ci && npm run build` in frontend/.\n"


@dataclass(frozen=True)
class App:
    """One of the two apps: its name in addresses, its name for people, its colour, and what it may load."""

    name: str
    title: str
    colour: str
    policy: dict[str, list[str]]

    @property
    def home(self) -> str:
        """The path of the shell, which is also the reach of the service worker."""
        return f"/{self.name}/"

    @property
    def entry(self) -> str:
        """Its key in the build's manifest."""
        return f"src/{self.name}/main.tsx"


WALLET = App("wallet", "Meedoen", "#0b4f5e", POLICY)
TILL = App("till", "Meedoen kassa", "#1d2430", TILL_POLICY)
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


def _scripts(manifest: Manifest, chunks: list[str]) -> list[str]:
    return [settings.STATIC_URL + file for file in dict.fromkeys(manifest[key]["file"] for key in chunks)]


def _style(app: App, manifest: Manifest) -> str:
    """All rules of an app."""
    files = manifest[app.entry].get("css", [])
    return "".join((FRONTEND / "dist" / file).read_text() for file in files)


def _catalogue(app: App, language: str) -> str:
    """The texts of an app in a language: their place in frontend/, and their key in the build's manifest."""
    return f"src/locales/{app.name}.{language}.json"


def _shell(app: App, manifest: Manifest, language: str = "") -> str:
    """The one page of an app, the same for everybody; in a language, with its texts and first words."""
    entry, *preloads = _scripts(manifest, _chunks(manifest, app.entry, ("imports",)))
    if (catalogue := _catalogue(app, language)) in manifest:
        preloads += _scripts(manifest, [catalogue])
    page = {
        "app": app,
        "entry": entry,
        "greeting": _greeting(language) if app is WALLET and language else None,
        "language": language or settings.LANGUAGE_CODE,
        "preloads": preloads,
        "static": settings.STATIC_URL,
        "style": _style(app, manifest),
    }
    return render_to_string("phones/shell.html", page)


def _greeting(language: str) -> dict[str, Any]:
    """The first words of the wallet to who is new, from the app's own texts."""
    words = json.loads((FRONTEND / _catalogue(WALLET, language)).read_text())
    cards = [(words[f"welcome.{name}.title"], words[f"welcome.{name}.text"]) for name in GREETED]
    return {"title": words["welcome.title"], "lead": words["welcome.lead.plain"], "cards": cards}


def _worker(app: App, manifest: Manifest) -> str:
    """The service worker, with the files of the app and the hash of it all filled in."""
    files = _scripts(manifest, _chunks(manifest, app.entry, ("imports", "dynamicImports")))
    version = hashlib.sha256("\n".join([_shell(app, manifest), *files]).encode()).hexdigest()[:16]
    source = (FRONTEND / "sw-template.js").read_text()
    return (
        source.replace("'__SHELL__'", json.dumps(app.home))
        .replace("'__VERSION__'", json.dumps(version))
        .replace("__FILES__", json.dumps(files))
    )


def _answer(text: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _not_built() -> HttpResponse:
    return HttpResponse(NOT_BUILT, status=503, content_type="text/plain")


@require_safe
@gzip_page
def shell(request: HttpRequest, app: App, greet: bool) -> HttpResponseBase:
    """An app. Its own style is the only thing in the page that the policy lets in beside files."""
    manifest = _manifest()
    if manifest is None:
        return _not_built()
    page = _shell(app, manifest, (get_language() or "") if greet else "")
    digest = base64.b64encode(hashlib.sha256(_style(app, manifest).encode()).digest()).decode()
    policy = app.policy | {"style-src": [SELF, f"'sha256-{digest}'"]}
    return csp(policy)(lambda _: _answer(page, "text/html"))(request)


@require_safe
@gzip_page
def worker(request: HttpRequest, app: App) -> HttpResponse:
    """The service worker of an app."""
    manifest = _manifest()
    return _answer(_worker(app, manifest), "text/javascript") if manifest else _not_built()


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
    path("wallet/", shell, {"app": WALLET, "greet": True}, name="wallet"),
    path("wallet/shell", shell, {"app": WALLET, "greet": False}),
    path("wallet/sw.js", worker, {"app": WALLET}),
    path("wallet/manifest.webmanifest", install, {"app": WALLET}),
    path("till/", shell, {"app": TILL, "greet": True}, name="till"),
    path("till/shell", shell, {"app": TILL, "greet": False}),
    path("till/sw.js", worker, {"app": TILL}),
    path("till/manifest.webmanifest", install, {"app": TILL}),
]
