"""The phones' shells: the same for everybody, strict, and renewed when anything in them changes."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from wallet.web import shell

BUILD = {
    "src/wallet/main.tsx": {
        "file": "assets/wallet-11111111.js",
        "imports": ["_shared.js"],
        "dynamicImports": ["src/locales/wallet.nl.json"],
        "css": ["assets/wallet-22222222.css"],
    },
    "src/till/main.tsx": {"file": "assets/till-33333333.js", "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared-44444444.js", "css": ["assets/base-55555555.css"]},
    "src/locales/wallet.nl.json": {"file": "assets/wallet.nl-66666666.js"},
}


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sw-template.js").write_text((shell.FRONTEND / "sw-template.js").read_text())
    monkeypatch.setattr(shell, "FRONTEND", tmp_path)
    _build(tmp_path, BUILD)
    return tmp_path


def _build(frontend: Path, manifest: dict[str, object]) -> None:
    (frontend / "dist" / ".vite").mkdir(parents=True, exist_ok=True)
    (frontend / "dist" / ".vite" / "manifest.json").write_text(json.dumps(manifest))


def _policy(header: str) -> dict[str, str]:
    parts = (directive.strip().partition(" ") for directive in header.split(";"))
    return {name: value for name, _, value in parts}


def test_the_shell_names_the_files_of_its_own_app(client: Client, frontend: Path) -> None:
    page = client.get("/wallet/").content.decode()
    assert '<script type="module" src="/static/assets/wallet-11111111.js">' in page
    assert 'rel="modulepreload" href="/static/assets/shared-44444444.js"' in page
    assert "/static/assets/wallet-22222222.css" in page
    assert "/static/assets/base-55555555.css" in page
    assert "till-33333333" not in page


def test_the_shell_sets_no_cookie_and_holds_nothing_inline(client: Client, frontend: Path) -> None:
    answer = client.get("/wallet/")
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-cache"
    page = answer.content.decode()
    assert "style=" not in page
    assert "onload" not in page
    assert page.count("<script") == 1


def test_the_policy_lets_only_our_own_files_in(client: Client, frontend: Path) -> None:
    found = _policy(client.get("/wallet/")["Content-Security-Policy"])
    assert found["default-src"] == "'none'"
    assert found["script-src"] == "'self'"
    assert found["require-trusted-types-for"] == "'script'"
    assert found["trusted-types"] == "app"
    till = _policy(client.get("/till/")["Content-Security-Policy"])
    assert till["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert {k: v for k, v in till.items() if k != "script-src"} == {
        k: v for k, v in found.items() if k != "script-src"
    }


def test_the_worker_lists_every_file_of_its_app(client: Client, frontend: Path) -> None:
    answer = client.get("/wallet/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    source = answer.content.decode()
    files = {BUILD[key]["file"] for key in BUILD if key != "src/till/main.tsx"}
    assert all(f'"/static/{file}"' in source for file in files)
    assert 'const SHELL = "/wallet/"' in source
    assert "till-33333333" not in source
    assert "__" not in source


def test_a_new_build_is_a_new_worker(client: Client, frontend: Path) -> None:
    before = client.get("/wallet/sw.js").content
    assert client.get("/wallet/sw.js").content == before
    _build(frontend, BUILD | {"src/locales/wallet.nl.json": {"file": "assets/wallet.nl-77777777.js"}})
    shell._read.cache_clear()
    assert client.get("/wallet/sw.js").content != before


def test_without_a_build_the_answer_says_what_to_do(client: Client, frontend: Path) -> None:
    (frontend / "dist" / ".vite" / "manifest.json").unlink()
    answer = client.get("/till/")
    assert answer.status_code == 503
    assert "npm run build" in answer.content.decode()


@pytest.mark.parametrize("app", ["wallet", "till"])
def test_a_phone_can_install_the_app(client: Client, app: str) -> None:
    manifest = client.get(f"/{app}/manifest.webmanifest").json()
    assert manifest["scope"] == manifest["start_url"] == f"/{app}/"
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        name = icon["src"].removeprefix("/static/")
        assert (shell.FRONTEND / "public" / name).is_file()


def test_phones_and_desk_show_the_same_mark() -> None:
    house = (settings.BASE_DIR / "wallet" / "static" / "house.svg").read_text()
    _ground, *face = re.findall(r"<(?:rect|circle|path)\b[^>]*/>", house)
    assert len(face) == 3
    logo = (shell.FRONTEND / "src" / "ui" / "Logo.tsx").read_text().replace(" />", "/>")
    icons = [(shell.FRONTEND / "public" / "icons" / f"{app}.svg").read_text() for app in ("wallet", "till")]
    assert all(stroke in drawing for drawing in (logo, *icons) for stroke in face)
