"""The words on the screens, by their keys in the catalogues: a better sentence breaks no story."""

from __future__ import annotations

import gettext
import json
from typing import Any

from tests.running import ROOT

LOCALES = ROOT / "frontend/src/locales"


class Words:
    """The catalogue of the wallet or the till in one language."""

    def __init__(self, app: str, language: str) -> None:
        self._texts: dict[str, Any] = json.loads((LOCALES / f"{app}.{language}.json").read_text())

    def __call__(self, key: str, **values: object) -> str:
        """The sentence, with `values` filled in; `n` chooses the plural."""
        found = self._texts[key]
        if isinstance(found, dict):
            found = found["one" if values.get("n") == 1 else "other"]
        return str(found).format(**values)


def desk_words(language: str) -> gettext.NullTranslations:
    """The catalogue of the desk in one language."""
    return gettext.translation("django", ROOT / "wallet/locale", [language])
