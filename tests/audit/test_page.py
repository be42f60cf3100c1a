"""The page for a councillor: it loads nothing, says the verdict, and escapes what it was given."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ledger.audit.__main__ import main
from ledger.audit.page import LANGUAGES
from tests.audit.folder import Folder


class _Page(HTMLParser):
    """Tags that were opened and closed, and what could load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [name for name, _ in attrs if name in ("src", "href", "srcset", "style", "onload")]
        self.headings += [tag] if re.fullmatch("h[1-6]", tag) else []
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(log: Folder, language: str) -> tuple[int, str]:
    home = log.path.parent
    arguments = [str(log.path), "--policy", str(home / "policy"), "--html", str(home / "page.html")]
    code = main([*arguments, "--language", language])
    return code, (home / "page.html").read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_loads_nothing(log: Folder, language: str) -> None:
    code, text = page(log, language)
    found = _Page(text)
    assert (code, found.open, found.loads) == (0, [], [])
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "<script" not in text
    assert "url(" not in text
    assert found.headings[:2] == ["h1", "h2"]
    assert f'<html lang="{language}">' in text
    assert {"nl": "In orde", "en": "In order"}[language] in text
    assert "€ 49.879,88" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_said_with_whom_to_call(log: Folder, language: str) -> None:
    log.change(3, lambda leaf: leaf["funds"][0].update(redeemed=999_999))
    log.write()
    code, text = page(log, language)
    assert code == 1
    assert {"nl": "Niet in orde", "en": "Not in order"}[language] in text
    assert {"nl": "Bel hierover", "en": "Call about this"}[language] in text
    assert "The pots of fund kleding do not add up." in text
    assert {"nl": "Vertrouw deze bedragen niet", "en": "Do not trust these amounts"}[language] in text


def test_words_of_others_stay_words(log: Folder) -> None:
    log.leaves[1] = b"<script>alert(1)</script>"
    log.write()
    assert "<script" not in page(log, "en")[1]
