"""Personal data that must never be in public bytes: how each kind looks.

1. Bank accounts (IBAN, by the form of its country and its check digits), citizen service numbers (nine digits
   that pass the eleven test), e-mail addresses, mobile numbers.
2. Names from a list of the auditor's own: two words or more, also written as in a code ("jan-jansen").
3. Numbers that are no text (amounts, times) and hashes are no personal data, however they look; a leaf
   has no lists of numbers.
"""

import re
import unicodedata
from collections.abc import Iterator

# The form after the two check digits; n is a digit, a a letter, c either.
_FORMS = {
    "nl": "a4n10", "be": "n12", "de": "n18", "fr": "n10c11n2", "lu": "n3c13", "at": "n16", "es": "n20",
    "it": "a1n10c12", "pt": "n21", "pl": "n24", "ie": "a4n14", "gb": "a4n14", "dk": "n14", "se": "n20",
    "fi": "n14", "ee": "n16", "lv": "a4c13", "lt": "n16",
}  # fmt: skip
_CLASSES = {"n": "[0-9]", "a": "[a-z]", "c": "[a-z0-9]"}


def _form(country: str, form: str) -> str:
    parts = re.findall(r"([nac])(\d+)", form)
    letters = [country[0], country[1], "[0-9]", "[0-9]"]
    letters += [_CLASSES[kind] for kind, count in parts for _ in range(int(count))]
    return "[ .-]?".join(letters)


_FREE, _END = r"(?<![0-9a-z])", r"(?![0-9a-z])"
_TEXT = r'(?<!":)(?<!":-)' + _FREE  # after a key and a colon stands a number of JSON: an amount, not a text
_IBAN = re.compile(f"{_FREE}(?:{'|'.join(_form(*item) for item in _FORMS.items())}){_END}".encode())
_BSN = re.compile(f"{_TEXT}[0-9]{{9}}{_END}".encode())
_EMAIL = re.compile(rb"[a-z0-9._+-]+@[a-z0-9-]+\.[a-z]{2,}")
_MOBILE = re.compile(rf"{_TEXT}(?:\+31|0031|0)6[ -]?[0-9]{{8}}{_END}".encode())
_WORDS = re.compile(rb"[a-z]{2,}(?:[ ._/-]+[a-z]{2,})+")
_HASH = re.compile(rb'"[0-9a-f]{32}(?:[0-9a-f]{32})?"')
# Cheap to look for, and most bytes have none of them: only then the forms above are tried.
_LIKE_IBAN = re.compile(rb"[a-z]{2}[ .-]?[0-9][ .-]?[0-9][ .-]?[a-z0-9][ .-]?[a-z0-9]")
_DIGITS = re.compile(rb"[0-9]{8}")

_BARE = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def is_iban(text: str) -> bool:
    """Do the check digits fit (ISO 13616, mod 97)?"""
    plain = re.sub(r"[ .-]", "", text).upper()
    digits = "".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def is_bsn(text: str) -> bool:
    """Does it pass the eleven test of citizen service numbers?"""
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True))
    return total % 11 == 0 and int(text) > 0


def names_of(lines: list[str]) -> frozenset[str]:
    """Names as `find` looks for them: lower case, words joined by one space; single words are left out.

    What is public has no accents, so they go here as well.
    """
    plain = (" ".join(re.findall(r"[a-z]{2,}", _unaccented(line))) for line in lines)
    return frozenset(name for name in plain if " " in name)


def too_short(lines: list[str]) -> int:
    """How many names `names_of` leaves out: one word stands everywhere by chance."""
    return sum(1 for line in lines if line.strip() and not names_of([line]))


def _unaccented(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_BARE)


def find(raw: bytes, names: frozenset[str] = frozenset()) -> Iterator[str]:
    """What kinds of personal data these bytes hold; never the data itself."""
    text = _HASH.sub(b'""', raw.lower())
    if _LIKE_IBAN.search(text) and any(is_iban(found.decode()) for found in _IBAN.findall(text)):
        yield "a bank account number"
    if b"@" in text and _EMAIL.search(text):
        yield "an e-mail address"
    if _DIGITS.search(text):
        if any(is_bsn(found.decode()) for found in _BSN.findall(text)):
            yield "a citizen service number"
        if _MOBILE.search(text):
            yield "a mobile phone number"
    if names and any(_named(found.decode(), names) for found in _WORDS.findall(text)):
        yield "a name from the list"


def _named(text: str, names: frozenset[str]) -> bool:
    words = re.findall(r"[a-z]+", text)
    runs = (words[a:b] for a in range(len(words)) for b in range(a + 2, min(len(words), a + 6) + 1))
    return any(" ".join(run) in names for run in runs)
