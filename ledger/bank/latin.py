"""The letters that every SEPA bank understands (EPC217-08): others are written in the nearest of them."""

import re
import unicodedata

_NEAREST = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
    "ł": "l", "Ł": "L", "þ": "th", "Þ": "TH", "ð": "d", "ı": "i", "&": "+", "’": "'", "‘": "'", "`": "'",
    "_": "-", "–": "-", "—": "-", "€": "EUR", "@": "(at)", "[": "(", "]": ")", ";": ",", "“": "'", "”": "'",
    '"': "'",
}  # fmt: skip
_OTHER = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def write(text: str, most: int) -> str:
    """`text` in that alphabet, at most `most` characters long; what has no letter becomes a full stop."""
    near = "".join(_NEAREST.get(letter, letter) for letter in text)
    plain = "".join(c for c in unicodedata.normalize("NFKD", near) if not unicodedata.combining(c))
    known = _OTHER.sub(".", " ".join(plain.split()))
    # A slash at either end, or two of them, mean something else to a bank.
    return re.sub(r"/{2,}", "/", known)[:most].strip("/ ")
