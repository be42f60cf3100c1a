"""One house style: the desk wears the same tokens as the phones, and every picture it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wallet.web.desk.forms import CATEGORIES, ICONS, categories, icons

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "wallet/templates").rglob("*.html"))


def tokens(path: str) -> dict[str, str]:
    """The custom properties of a style sheet's first block, which is the light side."""
    block = re.search(r":root \{(.*?)\n\}", (ROOT / path).read_text(), re.DOTALL)
    assert block
    found = dict(re.findall(r"(--[\w-]+): ([^;]+);", block[1]))
    assert len(found) > 20
    return found


def test_desk_and_phones_share_their_tokens() -> None:
    assert tokens("wallet/static/desk.css").items() <= tokens("frontend/src/ui/tokens.css").items()


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("--ink", "--paper"),
        ("--ink-soft", "--surface"),
        ("--ink-soft", "--paper"),
        ("--action", "--surface"),
        ("--action", "--paper"),
        ("--action-ink", "--action"),
        ("--action-pressed", "--action-soft"),
        ("--good", "--good-soft"),
        ("--warn-ink", "--warn-soft"),
        ("--bad", "--surface"),
        ("--bad", "--bad-soft"),
    ],
)
def test_text_stands_out_seven_to_one(text: str, ground: str) -> None:
    known = tokens("wallet/static/desk.css")
    light, dark = sorted((luminance(known[name]) for name in (text, ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7


def test_every_picture_that_a_page_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "wallet/static/icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'icon="(\w+)"', path.read_text())}
    assert named | set(ICONS) <= drawn


def test_every_choice_has_its_word() -> None:
    assert [code for code, _ in categories()] == list(CATEGORIES)
    assert [code for code, _ in icons()] == list(ICONS)


BY_DJANGO = {"403_csrf.html", "404.html", "500.html"}  # which names them itself


def test_every_template_is_used() -> None:
    sources = [*TEMPLATES, *(ROOT / "wallet").rglob("*.py")]
    text = {path: path.read_text() for path in sources}
    names = {path: str(path.relative_to(ROOT / "wallet/templates")) for path in TEMPLATES}
    unused = {
        name for path, name in names.items()
        if not any(f'"{name}"' in body for other, body in text.items() if other != path)
    }  # fmt: skip
    assert unused == BY_DJANGO
