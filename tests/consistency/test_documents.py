"""The documents say what the code does: settings, refusals, spec numbers, languages."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from wallet.protocol.refusals import MEANINGS, Code

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "frontend/src/locales"
LANGUAGES = ("nl", "en")
SPEC = "\n".join(path.read_text() for path in sorted((ROOT / "docs/spec").glob("*.md")))
OPERATING = ROOT / "docs/OPERATING.md"


def product_text(*suffixes: str) -> dict[str, str]:
    """The product's own files with these endings, by path."""
    folders = (ROOT / name for name in ("config", "wallet", "ledger", "tests", "frontend/src"))
    paths = (path for folder in folders for path in folder.rglob("*") if path.suffix in suffixes)
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def test_every_setting_is_in_the_operators_guide() -> None:
    code = "\n".join(text for path, text in product_text(".py").items() if not path.startswith("tests"))
    names = set(re.findall(r"""(?:os\.environ\.get\(|os\.environ\[|_secret\()\s*"([A-Z][A-Z_]+)\"""", code))
    names -= {"DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED"}
    assert "DATABASE_URL" in names
    guide = OPERATING.read_text()
    assert sorted(name for name in names if f"`{name}`" not in guide) == []


def test_every_refusal_is_in_the_spec() -> None:
    assert [code.value for code in Code if f"`{code.value}`" not in SPEC] == []


def test_the_spec_knows_no_refusal_that_the_code_lacks() -> None:
    table = re.findall(r"^\|\s*`([a-z_]+)`\s*\|\s*(?:4\d\d|503|–|-)", SPEC, flags=re.MULTILINE)
    assert sorted(set(table) - {code.value for code in Code}) == []


def test_every_cited_chapter_of_the_spec_exists() -> None:
    chapters = {path.name[:2] for path in (ROOT / "docs/spec").glob("*.md")}
    text = "\n".join(product_text(".py", ".ts", ".tsx").values())
    cited = set(re.findall(r"docs/spec/(\d\d)", text)) | set(re.findall(r"[Ss]pec (\d\d)\b", text))
    assert cited <= chapters


def catalogue(app: str, language: str) -> dict[str, str | dict[str, str]]:
    """One catalogue of the phones."""
    loaded: dict[str, str | dict[str, str]] = json.loads((LOCALES / f"{app}.{language}.json").read_text())
    return loaded


def texts(entry: str | Mapping[str, str]) -> list[str]:
    """The sentences of an entry: one, or one for each plural form."""
    return [entry] if isinstance(entry, str) else list(entry.values())


@pytest.mark.parametrize("app", ["wallet", "till", "verify"])
def test_both_languages_of_a_phone_say_the_same_things(app: str) -> None:
    dutch, english = (catalogue(app, language) for language in LANGUAGES)
    assert list(dutch) == list(english)
    for key, entry in dutch.items():
        holes = [
            {name for text in texts(said[key]) for name in re.findall(r"\{(\w+)\}", text)}
            for said in (dutch, english)
        ]
        assert holes[0] == holes[1], key
        assert all(text.strip() for text in [*texts(entry), *texts(english[key])]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_till_has_a_sentence_for_each_refusal_it_can_meet(language: str) -> None:
    keys = "\n".join(catalogue("till", language))
    met = [code for code in Code if code not in NEVER_AT_A_TILL]
    assert [code.value for code in met if not re.search(rf"\b{code.value}\b", keys)] == []


# Answers to a phone, and to features that no face offers yet (printed cards, uploads of offline sales).
NEVER_AT_A_TILL = {
    Code.MALFORMED_REQUEST,
    Code.WALLET_AUTH_FAILED,
    Code.USE_DPOP_NONCE,
    Code.UNKNOWN_VOUCHER,
    Code.NOT_LOGGED_YET,
}

WORDS_OF_BLAME = re.compile(r"\b(fraud|fraude|invalid|ongeldig|oops|oeps|sorry)\b", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.json")), ids=lambda path: path.name)
def test_no_sentence_blames_its_reader(path: Path) -> None:
    said = [text for entry in json.loads(path.read_text()).values() for text in texts(entry)]
    assert [text for text in said if WORDS_OF_BLAME.search(text)] == []


def po(language: str) -> Catalog:
    """The desk's catalogue of a language."""
    with (ROOT / f"wallet/locale/{language}/LC_MESSAGES/django.po").open("rb") as file:
        return read_po(file)


def extracted() -> set[str]:
    """Every text that desk and letters mark for translation."""
    python = [path.read_text() for path in (ROOT / "wallet").rglob("*.py")]
    templates = [templatize(path.read_text()) for path in (ROOT / "wallet/templates").rglob("*.html")]
    keywords = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
    found = (extract("python", io.BytesIO(text.encode()), keywords) for text in [*python, *templates])
    return {
        message if isinstance(message, str) else message[0]
        for messages in found
        for _, message, _, _ in messages
        if message and message[0]
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_desk_is_translated(language: str) -> None:
    known = {
        (message.id if isinstance(message.id, str) else message.id[0]): message
        for message in po(language)
        if message.id
    }
    missing = sorted(
        text
        for text in extracted() | set(known)
        if text not in known
        or not known[text].string
        or not all(texts_of(known[text].string))
        or known[text].fuzzy
    )
    assert missing == []


def texts_of(string: str | tuple[str, ...]) -> tuple[str, ...]:
    """The plural forms of a translation."""
    return (string,) if isinstance(string, str) else tuple(string)


def test_every_refusal_has_a_title_and_those_of_the_server_a_status() -> None:
    assert set(MEANINGS) == set(Code)
    assert all(meaning.title for meaning in MEANINGS.values())
    assert all(meaning.status or meaning.local for meaning in MEANINGS.values())
