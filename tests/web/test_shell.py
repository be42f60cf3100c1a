"""The phones' shells: the same for everybody, strict, and renewed when anything in them changes."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from wallet.web import shell

BUILD = {
    "src/wallet/main.tsx": {
        "file": "assets/wallet-11111111.js",
        "imports": ["_shared.js"],
        "dynamicImports": ["src/locales/wallet.nl.json", "src/locales/wallet.en.json"],
        "css": ["assets/wallet-22222222.css"],
    },
    "src/till/main.tsx": {"file": "assets/till-33333333.js", "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared-44444444.js"},
    "src/locales/wallet.nl.json": {"file": "assets/wallet.nl-66666666.js"},
    "src/locales/wallet.en.json": {"file": "assets/wallet.en-88888888.js"},
}
STYLE = ".card > h2 { color: teal }"


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(shell.FRONTEND / "sw-template.js", tmp_path)
    shutil.copytree(shell.FRONTEND / "src" / "locales", tmp_path / "src" / "locales")
    monkeypatch.setattr(shell, "FRONTEND", tmp_path)
    _build(tmp_path, BUILD)
    return tmp_path


def _build(frontend: Path, manifest: dict[str, object]) -> None:
    (frontend / "dist" / ".vite").mkdir(parents=True, exist_ok=True)
    (frontend / "dist" / ".vite" / "manifest.json").write_text(json.dumps(manifest))
    (frontend / "dist" / "assets").mkdir(exist_ok=True)
    (frontend / "dist" / "assets" / "wallet-22222222.css").write_text(STYLE)


def _policy(header: str) -> dict[str, str]:
    parts = (directive.strip().partition(" ") for directive in header.split(";"))
    return {name: value for name, _, value in parts}


def test_the_shell_names_the_files_of_its_own_app(client: Client, frontend: Path) -> None:
    page = client.get("/wallet/").content.decode()
    assert '<script type="module" src="/static/assets/wallet-11111111.js">' in page
    assert 'rel="modulepreload" href="/static/assets/shared-44444444.js"' in page
    assert "till-33333333" not in page


def test_the_style_is_in_the_page_and_the_policy_names_it(client: Client, frontend: Path) -> None:
    answer = client.get("/wallet/")
    assert f"<style>{STYLE}</style>" in answer.content.decode()
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert _policy(answer["Content-Security-Policy"])["style-src"] == f"'self' 'sha256-{digest}'"
    assert "stylesheet" not in answer.content.decode()


@pytest.mark.parametrize(("language", "other"), [("nl", "en"), ("en", "nl")])
def test_who_is_new_is_greeted_in_the_language_of_the_phone(
    client: Client, frontend: Path, language: str, other: str
) -> None:
    page = client.get("/wallet/", headers={"accept-language": f"{language}, {other};q=0.5"}).content.decode()
    mine, not_mine = (BUILD[f"src/locales/wallet.{tag}.json"]["file"] for tag in (language, other))
    assert f'<html lang="{language}">' in page
    assert f'rel="modulepreload" href="/static/{mine}"' in page
    assert str(not_mine) not in page
    words = json.loads((frontend / "src" / "locales" / f"wallet.{language}.json").read_text())
    assert words["welcome.title"] in page
    assert words["welcome.privacy.text"] in page


def test_the_shell_that_phones_keep_has_no_language(client: Client, frontend: Path) -> None:
    pages = [client.get("/wallet/shell", headers={"accept-language": tag}).content for tag in ("nl", "en")]
    assert pages[0] == pages[1]
    page = pages[0].decode()
    assert "wallet.nl" not in page
    assert '<div id="app"></div>' in page


def test_the_shell_sets_no_cookie_and_holds_no_script(client: Client, frontend: Path) -> None:
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
    own = {"script-src", "style-src"}
    assert {k: v for k, v in till.items() if k not in own} == {k: v for k, v in found.items() if k not in own}


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


def test_a_new_style_is_a_new_worker(client: Client, frontend: Path) -> None:
    before = client.get("/wallet/sw.js").content
    (frontend / "dist" / "assets" / "wallet-22222222.css").write_text(STYLE.replace("teal", "navy"))
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
