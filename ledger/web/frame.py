"""What all public pages share: the reader's language, the log that is looked at, and the frame around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ledger.showcase import reading, state
from ledger.showcase.summary import Summary
from ledger.web import sentences
from ledger.web.texts import LANGUAGES, frame

Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Reader:
    """Who reads which log: the request, its language, and how the log stands (None: nothing is published)."""

    request: HttpRequest
    language: str
    state: state.State | None
    muni: int

    def render(
        self, template: str, texts: Texts, context: Mapping[str, Any], status: int = 200, **fill: object
    ) -> HttpResponse:
        """A page in the reader's language; `fill` goes into the holes of its texts."""
        words = {**frame.TEXTS[self.language], **texts[self.language]}
        shared = {
            "language": self.language,
            "languages": LANGUAGES,
            "text": {key: words[key].format(**fill) for key in words} if fill else words,
            "state": self.state,
            "here": template.removesuffix(".html"),
        }
        return render(self.request, f"ledger/{template}", {**shared, **context}, status=status)

    def names(self) -> dict[str, str]:
        """What each fund is called, in the reader's language."""
        return {code: both[self.language == "en"] for code, both in reading.fund_names(self.muni).items()}

    def fund(self, code: str, names: Mapping[str, str]) -> str:
        """One fund's name."""
        return sentences.fund_name(code, names, self.language)

    def lost(self) -> HttpResponse:
        """A page for an address that leads to no line."""
        return self.render("lost.html", frame.TEXTS, {}, status=404)


def reader(request: HttpRequest, muni: str | None = None, year: str | None = None) -> Reader:
    """The reader of the log at this address, or of the log that takes leaves now."""
    language = "en" if (getattr(request, "LANGUAGE_CODE", "") or "nl").startswith("en") else "nl"
    number = settings.MUNICIPALITY if muni is None else int(muni)
    found = state.current(number) if year is None else state.of(number, year)
    return Reader(request, language, found, number)


def summary(of: state.State) -> Summary:
    """The leaves under the log's last signed state, added up."""
    return reading.summary(of.log, of.size)
